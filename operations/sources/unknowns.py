"""Which metrics and alert types are unknown because a source is missing, for how many days and rooms (P9, A2.6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.metrics.metric_type import MetricType

# What a metric type is made of: by the shape of its collector, or by its query where the shape reads several.
SHAPE_SOURCES = {
    "ledger": "stock", "run_out": "stock", "looks": "checks", "room_days": "checks", "custody": "custody",
    "occupancy": "stays", "vacant": "stays",
}  # fmt: skip
QUERY_SOURCES = {
    "collect_refills": "refills", "collect_requests": "requests", "REQUESTS": "requests", "SCANS": "scans",
    "SCAN_RESULTS": "scans", "PRODUCT_REVENUE": "checks", "collect_series": "series",
}  # fmt: skip
OPTIONAL = ("requests", "scans", "series")  # a hotel that never sent any is not missing them
NO_ROWS, MISSING_DAYS, UNKNOWN_STAYS, UNSEEN = "no_rows", "missing_days", "unknown_stays", "unseen"
OF_UNSEEN_ROOMS = ("tuketim_anomali", "bosta_tuketim_var", "tuketim_artis", "kayit_yok")


@dataclass(frozen=True)
class Unknown:
    """Alerts of some types cannot be raised, nor ruled out: of so many days and rooms, because of a source."""

    source: str
    metric_type: str
    alert_types: tuple[str, ...]
    reason: str
    days: int | None = None
    of_days: int | None = None
    rooms: int | None = None
    of_rooms: int | None = None


def source_of(metric: MetricType) -> str:
    return QUERY_SOURCES.get(metric.source.query) or SHAPE_SOURCES[metric.source.shape]


def unmeasured(metrics: Iterable[MetricType], known: Mapping[str, int | None], days: int) -> list[Unknown]:
    """Metric types without a row on some of the last ``days`` days.

    ``known``: days with rows, None for a type that was never measured. A metric that follows events (a visit, a
    request) may rest for days: it is unknown only when nothing came at all.
    """
    found = []
    for metric in metrics:
        source, seen = source_of(metric), known.get(metric.name)
        if source in OPTIONAL and seen is None:
            continue
        seen = seen or 0
        if seen >= days:
            continue
        if seen and metric.cadence_minutes is None:
            continue
        alerts = tuple(name for name in (metric.alert_type, metric.inconsistency_alert_type) if name)
        reason = MISSING_DAYS if seen else NO_ROWS
        found.append(Unknown(source, metric.name, alerts, reason, days - seen, days))
    return found


def of_stays(rooms: int, days: int, of_days: int, of_rooms: int) -> list[Unknown]:
    """Checks of rooms whose occupancy nobody knew: consumption there accuses nobody."""
    if not rooms:
        return []
    return [Unknown("stays", "tuketim_miktar", ("bosta_tuketim_var",), UNKNOWN_STAYS, days, of_days, rooms, of_rooms)]


def of_checks(unseen: int, rooms: int, days: int) -> list[Unknown]:
    """Rooms that nobody looked into for ``days`` days."""
    return [Unknown("checks", "tuketim_miktar", OF_UNSEEN_ROOMS, UNSEEN, days, None, unseen, rooms)] if unseen else []
