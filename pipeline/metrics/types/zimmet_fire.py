"""Units written off of the goods in an attendant's hands, day by day (SPEC P1)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="zimmet_fire",
    entity_type="staff",
    unit="unit.units",
    cadence_minutes=24 * 60,
    family="daily_count",
    effect_gate_ratio=0.20,  # of the units that left the custody that day: the specification's custody loss
    alert_type="zimmet_kayip",
    actions=("action.ask_write_offs", "action.count_custody"),
    model_types=("zscore",),
    source=Source("custody", "written_off"),
    direction="upper",
    effect_of="exposure",
    scale_floor=5.0,
)
