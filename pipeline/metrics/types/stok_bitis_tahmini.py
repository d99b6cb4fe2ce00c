"""Days until the store runs out of a product, at the end of every day (SPEC A4.2–3, P1).

The simple arithmetic of level over mean outflow: it needs nothing but what was stored so far. The forecasts with their
intervals live in ``pipeline.forecasting``.
"""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="stok_bitis_tahmini",
    entity_type="product",
    unit="unit.days",
    cadence_minutes=24 * 60,
    family="run_out",
    effect_gate_ratio=1.0,  # days, not a deviation: see the detector
    alert_type="stok_bitiyor",
    actions=("action.order_product", "action.count_stock"),
    model_types=("zscore",),
    source=Source("run_out", "collect_run_out"),
    direction="lower",
    alert_share=0.5,
    extra_fields=("level", "daily_outflow"),
    daily="median",
)
