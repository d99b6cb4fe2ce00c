"""Revenue of a room on a day: units consumed × price (SPEC P1). A day without a look into the room has no row.

What one room brings in is explained by its consumption, which raises its own alerts; here the hotel's week does.
"""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="gelir_oda",
    entity_type="room",
    unit="unit.money",
    cadence_minutes=24 * 60,
    family="revenue",
    effect_gate_ratio=0.30,
    alert_type="gelir_dusus",
    actions=("action.check_records", "action.check_prices"),
    model_types=("zscore",),
    source=Source("room_days", "collect_revenue"),
    direction="lower",
    alert_share=0.02,
    extra_fields=("units",),
)
