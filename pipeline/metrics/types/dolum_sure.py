"""Minutes from the start to the end of a room check that refilled the minibar (SPEC A3)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="dolum_sure",
    entity_type="staff",
    unit="unit.minutes",
    cadence_minutes=None,
    family="continuous",
    effect_gate_ratio=0.50,
    alert_type="dolum_gecikme",
    actions=("action.ask_attendant", "action.review_workload"),
    model_types=("zscore",),  # a forest of daily features has no say in a single refill
    source=Source("events", "collect_refills"),
    extra_fields=("room_id", "floor_id", "items"),
    daily="median",
)
