"""From a test that passed both gates to an anomaly that people can read: severity, reasons, the situation's name."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from pipeline.detection.anomaly import Anomaly, Reason
from pipeline.detection.contract import Family
from pipeline.detection.counterfactual import quiet_value
from pipeline.detection.explain_daily import DAILY_REASONS
from pipeline.detection.pattern_reasons import PATTERN_REASONS
from pipeline.detection.severity import severity_of

# A thousand per cent of almost nothing is still one bottle: the units in excess bound the severity of counts.
EXCESS_STEPS = ((5.0, "kritik"), (3.0, "yuksek"), (0.0, "orta"))
RANK = ("dusuk", "orta", "yuksek", "kritik")
COUNT_FAMILIES = frozenset({"cell", "room", "vacant", "shift"})
OPTIONAL_IDS = ("room_id", "product_id", "staff_id")

Row = dict[Any, Any]


def anomalies(family: Family, metric_type: str, alerts: pd.DataFrame) -> list[Anomaly]:
    """One anomaly for each row of ``alerts`` (rows of the family's tests that alert), in their order."""
    return [_anomaly(family, metric_type, dict(row)) for row in alerts.to_dict("records")]


def _anomaly(family: Family, metric_type: str, row: Row) -> Anomaly:
    ids = {name: int(row[name]) for name in OPTIONAL_IDS if _known(row.get(name))}
    if family.entity_type == "room":
        ids["room_id"] = int(row["entity_id"])
    return Anomaly(
        alert_type=family.alert_type,
        metric_type=metric_type,
        entity_type=family.entity_type,
        entity_id=int(row["entity_id"]),
        interval_start=_instant(row["interval_start"]),
        timestamp=_instant(row["timestamp"]),
        value=float(row["value"]),
        expected=float(row["expected"]),
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        deviation_ratio=float(row["deviation_ratio"]),
        score=float(row["score"]),
        severity="kritik" if row.get("certain") else row.get("severity") or _severity(family.name, row),
        reasons=(_band(row), *REASONS[family.name](row), *_would_pass(family, row)),
        context_signature=_signature(family, row),
        model_id=int(row["model_id"]) if row.get("model_id") else None,
        **ids,
    )


def _severity(family: str, row: Row) -> str:
    by_size = severity_of(float(row["deviation_ratio"]))
    if family not in COUNT_FAMILIES:
        return by_size
    excess = abs(float(row["value"]) - float(row["expected"]))
    bound = next(name for step, name in EXCESS_STEPS if excess >= step)
    return min(by_size, bound, key=RANK.index)


def _signature(family: Family, row: Row) -> str:
    """What "the same situation" means to a verdict: the kind of test, the occupancy, the product or the hour."""
    parts = [f"test={family.name}"]
    if isinstance(row.get("occupancy"), str):
        parts.append(f"occupancy={row['occupancy']}")
    if family.name == "cell":
        parts.append(f"product={int(row['product_id'])}")
    return ";".join(parts)


def _band(row: Row) -> Reason:
    """Recorded against expected; the band only where the value lies outside of it, or it would seem to contradict."""
    value, lower, upper = (float(row[name]) for name in ("value", "lower", "upper"))
    figures = {"value": _figure(value), "expected": _figure(row["expected"])}
    if lower <= value <= upper:
        return Reason("reason.no_band", figures)
    return Reason("reason.band", figures | {"lower": _figure(lower), "upper": _figure(upper)})


def _occupancy(row: Row) -> Reason:
    """Who was there since when, what is usual for them, and what was booked."""
    known = row.get("occupancy") in ("occupied", "vacated")
    if known and _known(row.get("guests")):
        nights = int(row["nights"]) if _known(row.get("nights")) else 1
        params = {
            "guests": int(row["guests"]), "nights": nights,
            "since": {"instant": _instant(row["interval_start"]).isoformat()},
            "usual": _figure(float(row["expected"]) / max(nights, 1)), "value": _figure(row["value"]),
        }  # fmt: skip
        return Reason(f"reason.stay_{row['occupancy']}", params)
    return Reason("reason.vacant" if row.get("occupancy") == "vacant" else "reason.occupancy_unknown")


def _would_pass(family: Family, row: Row) -> list[Reason]:
    """The value that would not have been raised; for what nobody should have taken, the stay that would explain it."""
    limit = quiet_value(row, float(row.get("effect_gate_ratio", family.effect_gate_ratio)))
    found = []
    is_above = float(row["value"]) > float(row["expected"])
    if limit is not None and np.isfinite(limit):
        # What is usual is not raised either, so the nearer of the two limits is the one to tell.
        band = float(row["upper"] if is_above else row["lower"])
        outside = float(row["value"]) > band if is_above else float(row["value"]) < band
        limit = (max if is_above else min)(limit, band) if outside and np.isfinite(band) else limit
    if limit is not None and limit > 0:
        direction = "above" if is_above else "below"
        found.append(Reason(f"reason.quiet_{direction}", {"limit": _figure(limit)}))
    if row.get("occupancy") == "vacant":
        found.append(Reason("reason.quiet_with_stay"))
    return found


def _odds(row: Row) -> Reason:
    """How rare: one in so many intervals like this, capped where no model should be believed."""
    return Reason("reason.rarity", {"one_in": float(min(10.0 ** np.floor(float(row["score"])), 1e6))})


def _consumption(row: Row) -> list[Reason]:
    return [_occupancy(row), _odds(row)]


def _vacant(row: Row) -> list[Reason]:
    return [Reason("reason.vacant"), Reason("reason.vacant_units", {"count": int(row["value"])})]


def _stuck(row: Row) -> list[Reason]:
    return [
        Reason("reason.zero_run", {"count": int(row["visits_in_run"]), "expected": _figure(row["expected"])}),
        _odds(row),
    ]


def _shift(row: Row) -> list[Reason]:
    return [Reason("reason.shift", {"count": int(row["visits_in_run"]), "ratio": _ratio(row)}), _odds(row)]


def _outflow(row: Row) -> list[Reason]:
    return [Reason("reason.outflow", {"flow": _figure(row["flow"]), "usual": _figure(row["usual_flow"])}), _odds(row)]


def _count(row: Row) -> list[Reason]:
    return [
        Reason(
            "reason.count_correction", {"units": _figure(row["correction"]), "usual": _figure(row["usual_correction"])}
        )
    ]


def _negative_stock(row: Row) -> list[Reason]:
    return [Reason("reason.negative_level", {"level": _figure(row["value"])})]


def _negative_custody(row: Row) -> list[Reason]:
    return [Reason("reason.negative_balance", {"balance": _figure(row["value"])})]


def _refill(row: Row) -> list[Reason]:
    items = int(row["items"]) if _known(row.get("items")) else 0
    return [Reason("reason.refill_load", {"count": items}), _odds(row)]


def _drift(row: Row) -> list[Reason]:
    return [Reason("reason.refill_drift", {"days": int(row["span_days"]), "ratio": _ratio(row)}), _odds(row)]


def _repeat(row: Row) -> list[Reason]:
    return [Reason("reason.repeated_checks", {"count": int(row["value"]), "units": _figure(row["units"])})]


def _delivery(row: Row) -> list[Reason]:
    return [
        Reason("reason.delivery", {"units": _figure(row["inflow"]), "usual": _figure(row["usual_flow"])}),
        _odds(row),
    ]


def _plain(row: Row) -> list[Reason]:
    return [_odds(row)]


REASONS: dict[str, Callable[[Row], list[Reason]]] = {
    "cell": _consumption, "room": _consumption, "vacant": _vacant, "stuck": _stuck, "shift": _shift,
    "repeat": _repeat, "delivery": _delivery, "outflow": _outflow, "count": _count,
    "refill": _refill, "drift": _drift, "custody": _plain,
    "stock_negative": _negative_stock, "custody_negative": _negative_custody, "stuck_staff": _stuck,
    **DAILY_REASONS, **PATTERN_REASONS,
}  # fmt: skip


def _ratio(row: Row) -> float:
    return _figure(1.0 + float(row["deviation_ratio"]))


def _figure(value: Any) -> float:
    """Two digits: what people compare, and what JSON keeps short."""
    return round(float(value), 2)


def _known(value: Any) -> bool:
    return value is not None and not pd.isna(value)


def _instant(value: Any) -> datetime:
    return pd.Timestamp(value).to_pydatetime()
