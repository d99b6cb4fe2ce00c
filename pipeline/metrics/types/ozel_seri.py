"""Any series of numbers that the hotel posts or imports, of its own choosing (SPEC P1, custom metrics)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="ozel_seri",
    entity_type="custom_series",
    unit="unit.own",
    cadence_minutes=None,
    family="series",
    effect_gate_ratio=0.01,  # what is much in a unit of its own nobody knows: the engine's alarm layer is the gate
    alert_type="ozel_seri_sapma",
    actions=("action.check_source",),
    model_types=("zscore",),
    source=Source("events", "collect_series"),
    alert_share=0.2,
    daily="median",
)
