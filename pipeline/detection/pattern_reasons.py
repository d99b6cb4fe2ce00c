"""Why floors, attendants, products and rooms that nobody looked after were told: reasons with their numbers."""

from collections.abc import Callable
from typing import Any

from pipeline.detection.anomaly import Reason

Row = dict[Any, Any]


def _moved(row: Row) -> list[Reason]:
    ratio = float(row["value"]) / max(float(row["expected"]), 1.0)
    figures = {"days": int(row["span_days"]), "ratio": round(ratio, 2)}
    return [Reason("reason.group_shift", figures), Reason("reason.others_that_day")]


def _unserved_floor(row: Row) -> list[Reason]:
    return [Reason("reason.floor_visits", {"count": int(row["value"]), "expected": round(float(row["expected"]), 1)})]


def _unserved_room(row: Row) -> list[Reason]:
    return [Reason("reason.room_gap", {"count": int(row["value"])})]


def _unfilled(row: Row) -> list[Reason]:
    return [Reason("reason.unfilled", {"count": int(row["value"]), "found": int(row["found"])})]


def _custody_loss(row: Row) -> list[Reason]:
    figures = {"lowest": round(float(row["value"]), 1), "before": round(float(row["expected"]), 1)}
    return [Reason("reason.custody_loss", figures)]


PATTERN_REASONS: dict[str, Callable[[Row], list[Reason]]] = {
    "floor_rise": _moved, "floor_fall": _moved, "staff_rise": _moved, "staff_fall": _moved, "product_rise": _moved,
    "custody_loss": _custody_loss, "unserved_floor": _unserved_floor, "unserved_room": _unserved_room,
    "unfilled_floor": _unfilled, "unfilled_room": _unfilled,
}  # fmt: skip
