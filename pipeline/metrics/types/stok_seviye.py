"""The level of the central store, product by product, hour by hour (SPEC A1)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="stok_seviye",
    entity_type="product",
    unit="unit.units",
    cadence_minutes=60,
    family="continuous",
    effect_gate_ratio=0.30,
    alert_type="stok_anomali",
    actions=("action.count_stock", "action.review_movements"),
    model_types=("zscore", "isolation_forest"),
    source=Source("ledger", "collect_stock"),
    extra_fields=("outflow", "inflow", "count_correction"),
    inconsistency_alert_type="stok_tutarsizlik",
    feature_value="outflow",  # stock is judged by its flows, not by its level
)
