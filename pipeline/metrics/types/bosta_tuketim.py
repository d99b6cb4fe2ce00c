"""Units found consumed in rooms that were vacant since the look before, by hotel and day (SPEC A2.6, P1).

A room with such units is an alert of ``tuketim_miktar`` (``bosta_tuketim_var``); here three rooms or more of one day
tell whether it happens everywhere. A day without a look into a vacant room, or without known stays, has no row.
"""

from pipeline.metrics.metric_type import MetricType, Source

METRIC = MetricType(
    name="bosta_tuketim",
    entity_type="hotel",
    unit="unit.units",
    cadence_minutes=24 * 60,
    family="daily_count",
    effect_gate_ratio=0.80,
    alert_type="bosta_tuketim_artis",
    actions=("action.compare_with_stay", "action.review_keys"),
    model_types=("zscore",),
    source=Source("vacant", "collect_vacant"),
    direction="upper",
    judged="rooms",
    scale_floor=3.0,
    alert_share=0.02,
    extra_fields=("rooms",),
)
