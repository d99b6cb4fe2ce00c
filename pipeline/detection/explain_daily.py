"""Reasons of the alerts on closed days: requests, scans, write-offs, revenue, occupancy, stock that runs out."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from pipeline.detection.anomaly import Reason

Row = dict[Any, Any]


def _figure(value: Any) -> float:
    return round(float(value), 2)


def _whole(value: Any) -> int:
    return 0 if value is None or pd.isna(value) else round(float(value))


def _write_offs(row: Row) -> list[Reason]:
    return [Reason("reason.write_offs", {"held": _whole(row["exposure"]), "number": _whole(row["value"])})]


def _work(row: Row) -> list[Reason]:
    return [Reason("reason.per_exposure", {"expected": _figure(row["expected"])})]


def _scans(row: Row) -> list[Reason]:
    return [Reason("reason.scans", {"looks": _whole(row["exposure"]), "number": _whole(row["value"])})]


def _failed_scans(row: Row) -> list[Reason]:
    return [Reason("reason.failed_scans", {"scans": _whole(row["exposure"]), "number": _whole(row["value"])})]


def _vacant_looks(row: Row) -> list[Reason]:
    return [Reason("reason.vacant_looks", {"looks": _whole(row["exposure"]), "rooms": _whole(row.get("rooms"))})]


def _request(row: Row) -> list[Reason]:
    return [Reason("reason.request_usual", {"expected": _figure(row["expected"])})]


def _request_floor(row: Row) -> list[Reason]:
    ratio = _figure(1.0 + float(row["deviation_ratio"]))
    return [Reason("reason.request_floor", {"ratio": ratio, "days": _whole(row["span_days"])})]


def _revenue(row: Row) -> list[Reason]:
    return [Reason("reason.revenue_week", {"usual": _figure(row["usual"])})]


def _occupied(row: Row) -> list[Reason]:
    params = {"rooms": _whole(row["exposure"]), "occupied": _whole(row["occupied_rooms"])}
    return [Reason("reason.occupied_rooms", params)]


def _running_out(row: Row) -> list[Reason]:
    reasons = [Reason("reason.run_out", {"level": _whole(row["level"]), "flow": _figure(row["daily_outflow"])})]
    if not pd.isna(row["usual_low"]):
        reasons.append(Reason("reason.run_out_usual", {"usual": _figure(row["usual_low"])}))
    if not pd.isna(row["delivery_gap"]):
        reasons.append(Reason("reason.run_out_rhythm", {"gap": _whole(row["delivery_gap"])}))
    return reasons


def _own_series(row: Row) -> list[Reason]:
    """A value within its band is shown for the course it is part of."""
    return [Reason("reason.series_course")] if bool(row["is_inside"]) else []


DAILY_REASONS: dict[str, Callable[[Row], list[Reason]]] = {
    "ozel_seri": _own_series,
    "zimmet_fire": _write_offs, "talep_yogunluk": _work, "qr_okutma_siklik": _scans,
    "qr_okutma_performans": _failed_scans, "bosta_tuketim": _vacant_looks, "talep_yanit_sure": _request,
    "talep_yanit_floor": _request_floor, "gelir_oda": _revenue, "gelir_urun": _revenue, "doluluk_oran": _occupied,
    "stok_bitis_tahmini": _running_out,
}  # fmt: skip
