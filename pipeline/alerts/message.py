"""An anomaly as one sentence: a catalog key and numbers. Names of rooms and people are joined when it is read."""

from dataclasses import dataclass, field
from typing import Any

from pipeline.detection.anomaly import Anomaly, Reason
from pipeline.metrics.registry import METRIC_TYPES

# Alert types that are not a metric type's own: their sentence by entity type, and what to do.
SENTENCES = {
    ("bosta_tuketim_var", "room"): "alert.vacant_consumption",
    ("kayit_yok", "room"): "alert.nothing_recorded_room",
    ("kayit_yok", "staff"): "alert.nothing_recorded_staff",
    ("tuketim_artis", "room"): "alert.consumption_rising",
    ("stok_sayim_farki", "product"): "alert.count_difference",
    ("stok_tutarsizlik", "product"): "alert.stock_negative",
    ("zimmet_tutarsizlik", "staff"): "alert.custody_negative",
    ("dolum_yavaslama", "staff"): "alert.refills_slowing",
}
METRIC_SENTENCES = {
    ("tuketim_miktar", "minibar_slot"): "alert.consumption",
    ("tuketim_miktar", "room"): "alert.room_consumption",
    ("tuketim_miktar", "hotel"): "alert.hotel_consumption",
    ("stok_seviye", "product"): "alert.stock_flow",
    ("dolum_sure", "staff"): "alert.refill",
    ("zimmet_kullanim", "staff"): "alert.custody",
}
ACTIONS = {
    "bosta_tuketim_var": ("action.compare_with_stay", "action.recount_minibar"),
    "kayit_yok": ("action.check_entry", "action.recount_minibar"),
    "tuketim_artis": ("action.recount_minibar", "action.compare_with_stay"),
    "stok_tutarsizlik": ("action.review_movements", "action.count_stock"),
    "stok_sayim_farki": ("action.review_movements", "action.count_stock"),
}


@dataclass(frozen=True)
class Message:
    """``params`` are JSON numbers; the reader adds room, product, staff, hotel, ``at`` and ``since``."""

    message_id: str
    params: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[dict[str, Any], ...] = ()
    actions: tuple[str, ...] = ()


def describe(anomaly: Anomaly) -> Message:
    """What an alert of this anomaly says, with reasons and suggested actions."""
    guests = _guests(anomaly.reasons)
    params = {
        "value": _figure(anomaly.value),
        "expected": _figure(anomaly.expected),
        "lower": _figure(anomaly.lower),
        "upper": _figure(anomaly.upper),
    }
    if guests is not None:
        params["guests"] = guests
    reasons = tuple({"id": reason.message_id, "params": reason.params} for reason in anomaly.reasons)
    return Message(_sentence(anomaly, guests), params, reasons, _actions(anomaly))


def _sentence(anomaly: Anomaly, guests: int | None) -> str:
    own = SENTENCES.get((anomaly.alert_type, anomaly.entity_type))
    if own is not None:
        return own
    sentence = METRIC_SENTENCES.get((anomaly.metric_type, anomaly.entity_type), "alert.deviation")
    if sentence in ("alert.consumption", "alert.room_consumption") and guests is not None:
        return f"{sentence}_guests"
    if sentence == "alert.refill" and anomaly.room_id is not None:
        return "alert.refill_room"
    return sentence


def _actions(anomaly: Anomaly) -> tuple[str, ...]:
    if anomaly.alert_type in ACTIONS:
        return ACTIONS[anomaly.alert_type]
    metric = METRIC_TYPES.get(anomaly.metric_type)
    return metric.actions if metric else ()


def _guests(reasons: tuple[Reason, ...]) -> int | None:
    """How many people the expectation was made for, when the stay was known."""
    return next((int(reason.params["guests"]) for reason in reasons if "guests" in reason.params), None)


def _figure(value: float) -> float:
    """One digit is what people compare."""
    return round(float(value), 1)
