"""What every detector takes and gives: metric rows in, a score for every row and families of tests out."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.training.exact import Floats

TEST_COLUMNS = (
    "entity_id", "interval_start", "timestamp", "day", "value", "expected", "lower", "upper",
    "deviation_ratio", "score", "observations",
)  # fmt: skip


@dataclass(frozen=True)
class Context:
    """What a detector must know besides its rows. ``channel`` is the evidence of a fitted model, by row."""

    time_zone: str
    alert_type: str
    min_observations: int = 30
    effect_gate_ratio: float = 0.4
    hotel_id: int = 0
    channel: pd.DataFrame | None = None  # entity_id, timestamp, channel (−log10 of the model's tail), model_id


@dataclass(frozen=True)
class Family:
    """Tests of one kind. Each passes a threshold of its own, because mixing families lets the largest drown the rest.

    ``tests`` has ``TEST_COLUMNS`` and what the explanation needs; ``score`` is NaN while learning or not observed.
    ``certain`` (optional column) marks facts that need no statistics, such as a negative stock.
    """

    name: str
    alert_type: str
    entity_type: str
    effect_gate_ratio: float
    tests: pd.DataFrame
    daily: bool = False  # one test a closed local day instead of one a metric row
    share: float = 1.0  # its part of the alert budget
    is_banded: bool = False  # an alert's value must lie outside the band that is shown with it


@dataclass(frozen=True)
class Detected:
    """``scores``: entity_id, timestamp, detector, expected, lower, upper, score, observations, model_id."""

    scores: pd.DataFrame
    families: tuple[Family, ...] = field(default=())


Detector = Callable[[pd.DataFrame, Context], Detected]


def deviation(values: Floats, expected: Floats, floor: float) -> Floats:
    """Signed size of the effect; the floor keeps tiny expectations from making every unit a thousand percent."""
    return np.asarray((values - expected) / np.maximum(np.abs(expected), floor))
