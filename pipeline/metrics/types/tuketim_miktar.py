"""Units of one product consumed in one room between two looks into its minibar (SPEC A2)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="tuketim_miktar",
    entity_type="minibar_slot",
    unit="unit.units",
    cadence_minutes=None,
    family="count",
    effect_gate_ratio=0.40,
    alert_type="tuketim_anomali",
    actions=("action.recount_minibar", "action.check_entry", "action.compare_with_stay"),
    model_types=("negative_binomial",),
    source=Source("looks", "collect_consumption"),
    extra_fields=("occupancy", "guests", "nights", "visit_id"),
    feature_entity_type="room",  # slots are 12 times as many rows, 95 % of them zeros
)
