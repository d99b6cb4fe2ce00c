"""Refill requests of a floor's guests in a day; a day without one is a zero (SPEC P1)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="talep_yogunluk",
    entity_type="floor",
    unit="unit.requests",
    cadence_minutes=24 * 60,
    family="daily_count",
    effect_gate_ratio=1.0,
    alert_type="talep_artis",
    actions=("action.review_workload", "action.review_par"),
    model_types=("zscore",),
    source=Source("daily", "REQUESTS"),
    direction="upper",
    scale_floor=3.0,  # three more than usual, where usually fewer come
    alert_share=0.02,
)
