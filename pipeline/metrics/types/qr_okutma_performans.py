"""Share of an attendant's scans that succeeded, day by day; a day without a scan has no row (SPEC P1)."""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="qr_okutma_performans",
    entity_type="staff",
    unit="unit.ratio",
    cadence_minutes=24 * 60,
    family="share",
    effect_gate_ratio=0.10,  # one scan in ten fails more than usual
    alert_type="qr_okutma_basarisiz",
    actions=("action.check_codes", "action.check_device"),
    model_types=("zscore",),
    source=Source("daily", "SCAN_RESULTS"),
    direction="lower",
    judged="failed",
    effect_of="exposure",
    scale_floor=5.0,
    extra_fields=("failed",),
    daily="median",
)
