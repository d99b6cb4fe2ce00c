"""Minutes from a refill request to its completion (SPEC P1); an open request has not been observed yet."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="talep_yanit_sure",
    entity_type="room",
    unit="unit.minutes",
    cadence_minutes=None,
    family="duration",
    effect_gate_ratio=0.50,
    alert_type="talep_gecikme",
    actions=("action.ask_attendant", "action.review_workload"),
    model_types=("zscore",),
    source=Source("events", "collect_requests"),
    direction="upper",
    extra_fields=("floor_id", "staff_id"),
    daily="median",
)
