"""What verdicts say about the alerts of a metric type, and what they cannot say (SPEC A6.4).

A verdict is given to an alert that was raised. So verdicts measure *precision*: confirmed / (confirmed + false). They
cannot measure recall, F1 or accuracy, since nobody judged what was not raised; these stay None here and come from
anomalies that were planted. What was expected, and trials, are no answer to "was it right" and are counted apart.
"""

from dataclasses import dataclass

import pandas as pd

from pipeline.detection.evaluation.intervals import wilson


@dataclass(frozen=True)
class VerdictFigures:
    """Of one metric type: alerts raised, those judged right or false, the share of right ones (Wilson interval)."""

    metric_type: str
    alerts: int
    confirmed: int
    false: int
    expected: int

    @property
    def judged(self) -> int:
        return self.confirmed + self.false

    @property
    def precision(self) -> float | None:
        return self.confirmed / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.confirmed, self.judged)

    def is_below(self, floor: float, least_verdicts: int) -> bool:
        """Whether enough verdicts say that the precision has fallen below a floor."""
        return self.precision is not None and self.judged >= least_verdicts and self.precision < floor


def verdict_figures(metric_type: str, judged: pd.DataFrame, alerts: int) -> VerdictFigures:
    """From judged alerts (``db.queries.verdicts.judged``: metric_type, verdict) and the number of all alerts."""
    counts = judged.loc[judged["metric_type"] == metric_type, "verdict"].value_counts().to_dict()
    return VerdictFigures(
        metric_type, alerts, counts.get("dogru", 0), counts.get("yanlis_pozitif", 0), counts.get("beklenen", 0)
    )
