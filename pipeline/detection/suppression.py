"""Situations that a verdict keeps silent: the same entity, alert and context, up to a size and until a day (A6.3)."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipeline.detection.anomaly import Anomaly

FALSE_POSITIVE, EXPECTED = "yanlis_pozitif", "beklenen"
# How long a verdict speaks for the situation. What was expected (a party, a group) passes sooner than a habit.
SILENT_FOR: Mapping[str, timedelta] = {FALSE_POSITIVE: timedelta(days=30), EXPECTED: timedelta(days=14)}
CLEARLY_LARGER = 2.0  # twice what was dismissed, in units and in proportion, was not dismissed
LARGER, CLEARLY_RARER = 1.25, 3.0  # nor what is larger and a thousand times rarer (−log10 units of evidence)

SITUATION = ["alert_type", "entity_type", "entity_id", "context_signature"]
Situation = tuple[str, str, int, str]  # alert_type, entity_type, entity_id, context_signature


@dataclass(frozen=True)
class Dismissed:
    """One judged alert: its situation and how large a deviation the person called harmless, and in which direction.

    ``excess`` is value − expected in the metric's unit, ``ratio`` the deviation in proportion; both signed. ``score``
    is the evidence, in −log10 units.
    """

    alert_id: int
    situation: Situation
    excess: float
    ratio: float
    score: float = math.inf

    def covers(self, anomaly: Anomaly) -> bool:
        """Whether an anomaly of the situation is no clearly larger than the dismissed one, and on the same side.

        Both measures must be clearly larger: on a busier day the same proportion is more units, and the reverse.
        """
        excess, ratio = anomaly.value - anomaly.expected, anomaly.deviation_ratio
        if np.sign(excess) * np.sign(self.excess) < 0:
            return False
        if anomaly.score >= self.score + CLEARLY_RARER and abs(excess) >= LARGER * abs(self.excess):
            return False
        within_units = abs(excess) < CLEARLY_LARGER * abs(self.excess)
        return within_units or abs(ratio) < CLEARLY_LARGER * abs(self.ratio)


@dataclass(frozen=True)
class Silences:
    """Everything that verdicts keep silent in one hotel at one instant."""

    by_situation: Mapping[Situation, tuple[Dismissed, ...]]

    def hides(self, anomaly: Anomaly) -> int | None:
        """The alert whose verdict keeps the anomaly silent, the newest first; None when it is to be raised."""
        judged = self.by_situation.get(situation_of(anomaly), ())
        return next((one.alert_id for one in reversed(judged) if one.covers(anomaly)), None)


def situation_of(anomaly: Anomaly) -> Situation:
    return (anomaly.alert_type, anomaly.entity_type, anomaly.entity_id, anomaly.context_signature)


def silences(rows: Iterable[Mapping[str, Any]]) -> Silences:
    """From judged alerts (``db.queries.verdicts.silencing``), oldest verdict first."""
    found: dict[Situation, tuple[Dismissed, ...]] = {}
    for row in rows:
        situation = (row["alert_type"], row["entity_type"], row["entity_id"], row["context_signature"] or "")
        dismissed = Dismissed(row["id"], situation, _excess(row), _size(row["deviation_ratio"]), _size(row["score"]))
        found[situation] = (*found.get(situation, ()), dismissed)
    return Silences(found)


def _excess(row: Mapping[str, Any]) -> float:
    """What is not known has no bound: the verdict speaks for every size."""
    if row["metric_value"] is None or row["expected"] is None:
        return math.inf
    return float(row["metric_value"]) - float(row["expected"])


def _size(value: float | None) -> float:
    return math.inf if value is None else float(value)


def silenced(found: pd.DataFrame, dismissed: pd.DataFrame) -> np.ndarray:
    """The same of many at once, for replay: whether a verdict keeps each row of ``found`` silent.

    ``found``: ``SITUATION``, timestamp, value, expected, deviation_ratio, score. ``dismissed``: ``SITUATION``,
    since_at, until_at (the verdict speaks for since_at < timestamp ≤ until_at), excess, ratio, dismissed_score.
    """
    rows = found[SITUATION].assign(
        row=np.arange(len(found)), at=found["timestamp"].to_numpy(),
        found_excess=found["value"].to_numpy(dtype=float) - found["expected"].to_numpy(dtype=float),
        found_ratio=found["deviation_ratio"].to_numpy(dtype=float), found_score=found["score"].to_numpy(dtype=float),
    )  # fmt: skip
    pairs = rows.merge(dismissed, on=SITUATION, how="inner")
    excess, ratio = pairs["excess"].to_numpy(dtype=float), pairs["ratio"].to_numpy(dtype=float)
    own_excess, own_ratio = pairs["found_excess"].to_numpy(dtype=float), pairs["found_ratio"].to_numpy(dtype=float)
    in_time = (pairs["at"] > pairs["since_at"]) & (pairs["at"] <= pairs["until_at"])
    same_side = np.sign(own_excess) * np.sign(excess) >= 0
    within = (np.abs(own_excess) < CLEARLY_LARGER * np.abs(excess)) | (
        np.abs(own_ratio) < CLEARLY_LARGER * np.abs(ratio)
    )
    rarer = pairs["found_score"].to_numpy() >= pairs["dismissed_score"].to_numpy(dtype=float) + CLEARLY_RARER
    within &= ~(rarer & (np.abs(own_excess) >= LARGER * np.abs(excess)))
    hidden = np.zeros(len(found), dtype=bool)
    hidden[pairs.loc[in_time.to_numpy() & same_side & within, "row"].to_numpy(np.int64)] = True
    return hidden


def dismissals(rows: pd.DataFrame) -> pd.DataFrame:
    """What ``silenced`` takes, from judged alerts (``db.queries.verdicts.judged``)."""
    mine = rows[rows["verdict"].isin(list(SILENT_FOR))]
    spans = mine["verdict"].map(SILENT_FOR)
    excess = (mine["metric_value"].astype(float) - mine["expected"].astype(float)).fillna(math.inf)
    return mine[SITUATION].assign(
        since_at=mine["verdict_at"], until_at=mine["verdict_at"] + pd.to_timedelta(spans), excess=excess,
        ratio=mine["deviation_ratio"].astype(float).fillna(math.inf),
        dismissed_score=mine["score"].astype(float).fillna(math.inf),
    )  # fmt: skip
