"""Whether a new model may replace the one in use, by the alerts that each of them would have raised (SPEC P11)."""

import pandas as pd

from pipeline.detection.thresholds.outcomes import Measured, Outcomes
from pipeline.detection.thresholds.replay import Comparison
from pipeline.training.promotion import Promotion

PRECISION_MARGIN = 0.02  # less precise by more than this is worse
RECALL_MARGIN = 0.05  # of planted anomalies
MORE_ALERTS = 1.2  # times as many a day, once the budget is spent


def promotion(comparison: Comparison, budget_per_day: float) -> Promotion:
    """The old model stays where the new one hides a confirmed anomaly, is less precise, or floods the board.

    What nobody judged and nobody planted decides nothing. ``reason_id`` names the first rule that was broken.
    """
    before, after = comparison.before, comparison.after
    lost = _confirmed(before.outcomes) - _confirmed(after.outcomes)
    precision, recall = (
        (getattr(before.outcomes, name)(), getattr(after.outcomes, name)()) for name in ("precision", "planted_recall")
    )
    rate = (before.incidents_per_day or 0.0, after.incidents_per_day or 0.0)
    figures = {
        "lost_confirmed": len(lost), "precision": _pair(*precision), "recall": _pair(*recall),
        "incidents_per_day": [round(number, 3) for number in rate],
        "appear": len(comparison.difference.appear), "disappear": len(comparison.difference.disappear),
        "stay": len(comparison.difference.stay),
    }  # fmt: skip
    if lost:
        return Promotion(False, "loses_confirmed", figures)
    if _is_worse(*precision, PRECISION_MARGIN):
        return Promotion(False, "less_precise", figures)
    if _is_worse(*recall, RECALL_MARGIN):
        return Promotion(False, "finds_less", figures)
    if rate[1] > max(budget_per_day, MORE_ALERTS * rate[0]):
        return Promotion(False, "too_many_alerts", figures)
    return Promotion(True, "alerts_not_worse", figures)


def _confirmed(outcomes: Outcomes) -> set[tuple[str, pd.Timestamp]]:
    """The confirmed anomalies that these alerts contain."""
    judged = outcomes.judged
    if judged.empty:
        return set()
    found = judged[judged["is_true"].to_numpy(dtype=bool) & judged["is_found"].to_numpy(dtype=bool)]
    return set(zip(found["entity"], found["at"], strict=True))


def _is_worse(before: Measured, after: Measured, margin: float) -> bool:
    return before.value is not None and after.value is not None and after.value < before.value - margin


def _pair(before: Measured, after: Measured) -> list[float | None]:
    return [None if one.value is None else round(one.value, 4) for one in (before, after)]
