"""Door codes that an attendant scanned in a day, beside the rooms looked into (SPEC P1)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="qr_okutma_siklik",
    entity_type="staff",
    unit="unit.scans",
    cadence_minutes=24 * 60,
    family="daily_count",
    effect_gate_ratio=0.40,
    alert_type="qr_okutma_eksik",
    actions=("action.ask_scans", "action.check_codes"),
    model_types=("zscore",),
    source=Source("daily", "SCANS"),
    direction="lower",
    alert_share=0.02,
)
