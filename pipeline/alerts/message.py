"""An anomaly as one sentence: a catalog key and numbers. Names of rooms and people are joined when it is read."""

import math
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
    ("tuketim_artis", "floor"): "alert.consumption_rising_floor",
    ("tuketim_artis", "staff"): "alert.consumption_rising_staff",
    ("tuketim_artis", "product"): "alert.consumption_rising_product",
    ("tuketim_dusus", "floor"): "alert.consumption_falling_floor",
    ("tuketim_dusus", "staff"): "alert.consumption_falling_staff",
    ("dolum_eksik", "floor"): "alert.not_served_floor",
    ("dolum_eksik", "room"): "alert.not_served_room",
    ("stok_sayim_farki", "product"): "alert.count_difference",
    ("tekrar_kayit", "hotel"): "alert.repeated_records",
    ("teslimat_sapma", "product"): "alert.delivery",
    ("stok_tutarsizlik", "product"): "alert.stock_negative",
    ("zimmet_tutarsizlik", "staff"): "alert.custody_negative",
    ("dolum_yavaslama", "staff"): "alert.refills_slowing",
    ("talep_yavaslama", "floor"): "alert.requests_slowing",
    ("gelir_dusus", "hotel"): "alert.revenue_hotel",
    ("gelir_dusus", "product"): "alert.revenue_product",
    ("model_kullanilamiyor", "hotel"): "alert.models_unusable",
    ("model_disk_dolu", "hotel"): "alert.model_disk_full",
    ("oturum_supheli", "user"): "alert.sign_in_stolen",
    ("denetim_bozuk", "hotel"): "alert.audit_broken",
    ("kayit_degismis", "hotel"): "alert.rows_changed",
}
# Where one alert type has several causes, the reason tells which sentence says it.
CAUSES = {
    ("reason.unfilled", "floor"): "alert.not_filled_floor",
    ("reason.unfilled", "room"): "alert.not_filled_room",
    ("reason.custody_loss", "staff"): "alert.custody_kept",
    ("reason.series_course", "custom_series"): "alert.series_course",
    ("reason.many_addresses", "user"): "alert.sign_in_everywhere",
}
METRIC_SENTENCES = {
    ("tuketim_miktar", "minibar_slot"): "alert.consumption",
    ("tuketim_miktar", "room"): "alert.room_consumption",
    ("tuketim_miktar", "hotel"): "alert.hotel_consumption",
    ("stok_seviye", "product"): "alert.stock_flow",
    ("dolum_sure", "staff"): "alert.refill",
    ("zimmet_kullanim", "staff"): "alert.custody",
    ("zimmet_fire", "staff"): "alert.write_offs",
    ("doluluk_oran", "hotel"): "alert.occupancy_drop",
    ("bosta_tuketim", "hotel"): "alert.vacant_rising",
    ("talep_yanit_sure", "room"): "alert.request_late",
    ("talep_yogunluk", "floor"): "alert.requests_many",
    ("qr_okutma_siklik", "staff"): "alert.scans_missing",
    ("qr_okutma_performans", "staff"): "alert.scans_failing",
    ("stok_bitis_tahmini", "product"): "alert.running_out",
}
ACTIONS = {
    "bosta_tuketim_var": ("action.compare_with_stay", "action.recount_minibar"),
    "kayit_yok": ("action.check_records", "action.recount_minibar"),
    "tuketim_artis": ("action.recount_minibar", "action.compare_with_stay"),
    "tuketim_dusus": ("action.check_records", "action.recount_minibar"),
    "dolum_eksik": ("action.ask_attendant", "action.review_workload"),
    "tekrar_kayit": ("action.remove_repeats",),
    "teslimat_sapma": ("action.review_movements", "action.count_stock"),
    "stok_tutarsizlik": ("action.review_movements", "action.count_stock"),
    "stok_sayim_farki": ("action.review_movements", "action.count_stock"),
    "model_kullanilamiyor": ("action.look_at_model_files", "action.retrain"),
    "model_disk_dolu": ("action.free_disk", "action.clean_model_files"),
    "oturum_supheli": ("action.ask_user", "action.end_sign_ins"),
    "denetim_bozuk": ("action.verify_audit", "action.ask_who_administers"),
    "kayit_degismis": ("action.look_at_archive", "action.ask_who_administers"),
}
SHARES = ("model_kullanilamiyor", "model_disk_dolu")  # said in percent


@dataclass(frozen=True)
class Message:
    """``params`` are JSON numbers; the reader adds names, the hotel's currency, ``at``, ``day`` and ``since``."""

    message_id: str
    params: dict[str, Any] = field(default_factory=dict)
    reasons: tuple[dict[str, Any], ...] = ()
    actions: tuple[str, ...] = ()


def describe(anomaly: Anomaly) -> Message:
    """What an alert of this anomaly says, with reasons and suggested actions."""
    guests = _guests(anomaly.reasons)
    params: dict[str, Any] = _figures(anomaly)
    if guests is not None:
        params["guests"] = guests
    if anomaly.alert_type == "stok_sayim_farki":
        params["recorded"] = _recorded(anomaly)
    if anomaly.alert_type in SHARES:
        params["percent"] = round(100 * anomaly.value)
    reasons = tuple({"id": reason.message_id, "params": reason.params} for reason in anomaly.reasons)
    return Message(_sentence(anomaly, guests), params, reasons, _actions(anomaly))


def _sentence(anomaly: Anomaly, guests: int | None) -> str:
    asked = ((reason.message_id, anomaly.entity_type) for reason in anomaly.reasons)
    cause = next((CAUSES[one] for one in asked if one in CAUSES), None)
    if cause is not None:
        return cause
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


def _recorded(anomaly: Anomaly) -> int:
    """What the records said before a count; ``expected`` allows for the usual difference already."""
    corrections = (one.params["units"] for one in anomaly.reasons if one.message_id == "reason.count_correction")
    return round(anomaly.value - next(corrections, anomaly.value - anomaly.expected))


def _figures(anomaly: Anomaly) -> dict[str, Any]:
    """Value, expected and band as people compare them: whole units, everything else with one digit.

    The band of units names the whole numbers within it, so that a value outside the band is outside the words too.
    """
    metric = METRIC_TYPES.get(anomaly.metric_type)
    lower, upper = float(anomaly.lower), float(anomaly.upper)
    whole = metric is not None and metric.unit == "unit.units" and math.isfinite(lower) and math.isfinite(upper)
    if whole and math.ceil(lower) <= math.floor(upper):
        lower, upper = math.ceil(lower), math.floor(upper)
    digits = 0 if whole else 1
    figures = {"value": anomaly.value, "expected": anomaly.expected, "lower": lower, "upper": upper}
    return {name: round(float(figure), digits) for name, figure in figures.items()}
