"""Revenue of a product on a day: units consumed × price, over all rooms (SPEC P1)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="gelir_urun",
    entity_type="product",
    unit="unit.money",
    cadence_minutes=24 * 60,
    family="revenue",
    effect_gate_ratio=0.50,
    alert_type="gelir_dusus",
    actions=("action.check_availability", "action.check_prices"),
    model_types=("zscore",),
    source=Source("daily", "PRODUCT_REVENUE"),
    direction="lower",
    alert_share=0.02,
    extra_fields=("units",),
)
