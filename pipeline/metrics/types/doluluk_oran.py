"""Occupied rooms over rooms of a hotel, night by night, as far as its stays are known (SPEC P1)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="doluluk_oran",
    entity_type="hotel",
    unit="unit.ratio",
    cadence_minutes=24 * 60,
    family="continuous",
    effect_gate_ratio=0.40,
    alert_type="doluluk_sapma",  # half of the guests gone overnight: rather an incomplete transfer than a bad season
    actions=("action.check_stays",),
    model_types=("zscore",),
    source=Source("occupancy", "collect_stays"),
    direction="lower",
    scale_floor=0.08,
    extra_fields=("occupied_rooms",),
)
