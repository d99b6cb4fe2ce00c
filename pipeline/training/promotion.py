"""Champion against challenger: whether a new fit replaces the model in use (SPEC P11, third scenario)."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.metrics.metric_type import MetricType
from pipeline.training.fitting import Fitted

if TYPE_CHECKING:
    from db.queries.models import ModelRow

WORSE_MARGIN = 0.10  # of average precision on planted days: within it the newer model wins, it knows newer days


@dataclass(frozen=True)
class Promotion:
    """``reason_id`` says why in a word that a catalog can translate; ``figures`` go to the training log."""

    is_promoted: bool
    reason_id: str
    figures: Mapping[str, Any] = field(default_factory=dict)


class PromotionGate(Protocol):
    """Asked after a fit and before it is saved; ``in_use`` is None when there is no model yet."""

    def decide(
        self, connection: Any, hotel_id: int, metric: MetricType, fitted: Fitted, in_use: "ModelRow | None"
    ) -> Promotion: ...


class PlantedGate:
    """Promotes a fit whose figures are numbers and which finds planted days not clearly worse than the one in use.

    The figures are those of the fit: ``planted_pr_auc``, and that of the model in use on the same days.
    """

    def decide(
        self, connection: Any, hotel_id: int, metric: MetricType, fitted: Fitted, in_use: "ModelRow | None"
    ) -> Promotion:
        if not all(math.isfinite(number) for number in _numbers(fitted.metrics)):
            return Promotion(False, "not_finite")
        if in_use is None:
            return Promotion(True, "first")
        mine, theirs = fitted.metrics.get("planted_pr_auc"), fitted.metrics.get("in_use", {}).get("planted_pr_auc")
        if mine is None or theirs is None:
            return Promotion(True, "not_compared")
        figures = {"challenger": mine, "champion": theirs, "margin": WORSE_MARGIN}
        if mine < theirs - WORSE_MARGIN:
            return Promotion(False, "worse_than_in_use", figures)
        return Promotion(True, "not_worse", figures)


def _numbers(figures: Any) -> Iterator[float]:
    """Every number of nested figures."""
    if isinstance(figures, Mapping):
        for value in figures.values():
            yield from _numbers(value)
    elif isinstance(figures, (int, float)):
        yield float(figures)
