"""Units that an attendant used of the goods in custody, day by day (SPEC P1)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="zimmet_kullanim",
    entity_type="staff",
    unit="unit.units",
    cadence_minutes=24 * 60,
    family="continuous",
    effect_gate_ratio=0.20,
    alert_type="zimmet_anomali",
    actions=("action.count_custody", "action.review_custody"),
    model_types=("zscore", "isolation_forest"),
    source=Source("custody", "used"),
    extra_fields=("issued", "returned", "written_off", "balance"),
    inconsistency_alert_type="zimmet_tutarsizlik",
)
