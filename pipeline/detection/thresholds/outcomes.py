"""How good a set of alerts is: on people's verdicts, on planted anomalies, with intervals and sample sizes (A6.4)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.detection.evaluation.intervals import of_resampled

RESAMPLES = 200
SEED = 7
TRUE_VERDICT, FALSE_VERDICT = "dogru", "yanlis_pozitif"


@dataclass(frozen=True)
class Measured:
    """A share of ``n`` cases with its 95 % bootstrap interval over entities; None: not measurable yet."""

    value: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Outcomes:
    """What can be measured with. All frames have ``entity`` (whose cases go together in the bootstrap) and ``at``.

    ``judged``: incidents with a true or false verdict in the period: is_true, is_found (raised by these settings).
    ``incidents``: what these settings raise: is_hit, 1.0 planted, 0.0 not, NaN where nothing was planted or judged
    (``verdict``: the same from verdicts). ``planted``: labels of the period: is_found.
    """

    judged: pd.DataFrame
    incidents: pd.DataFrame
    planted: pd.DataFrame

    def verdict_precision(self) -> Measured:
        found = self.judged[self.judged["is_found"].to_numpy(dtype=bool)]
        return share(found["is_true"], found["entity"])

    def verdict_recall(self) -> Measured:
        """Of the anomalies that a person confirmed; what no setting ever raised has no verdict."""
        true = self.judged[self.judged["is_true"].to_numpy(dtype=bool)]
        return share(true["is_found"], true["entity"])

    def planted_precision(self) -> Measured:
        known = self.incidents[self.incidents["is_hit"].notna()]
        return share(known["is_hit"], known["entity"])

    def planted_recall(self) -> Measured:
        return share(self.planted["is_found"], self.planted["entity"])

    def precision(self) -> Measured:
        """Over both: an incident's verdict where it has one, else whether it was planted; unknown ones are left out."""
        truth = self.incidents["verdict"].where(self.incidents["verdict"].notna(), self.incidents["is_hit"])
        known = truth.notna()
        return share(truth[known], self.incidents.loc[known, "entity"])

    def recall(self) -> Measured:
        """Of planted anomalies where there are any, else of confirmed ones."""
        return self.planted_recall() if len(self.planted) else self.verdict_recall()

    def between(self, since: pd.Timestamp | None, until: pd.Timestamp | None) -> "Outcomes":
        """The cases of ``since < at ≤ until``."""
        return Outcomes(*(_between(frame, since, until) for frame in (self.judged, self.incidents, self.planted)))


def joined_outcomes(parts: list[Outcomes]) -> Outcomes:
    """The cases of several hotels; entities are named by hotel."""
    frames = [[part.judged, part.incidents, part.planted] for part in parts]
    return Outcomes(*(pd.concat(column, ignore_index=True) for column in zip(*frames, strict=True)))


def share(cases: pd.Series, entities: pd.Series) -> Measured:
    """The mean of true (1) and false (0) cases; entities are resampled with all their cases.

    Where all cases are alike an entity counts as one case (see ``of_resampled``).
    """
    if cases.empty:
        return Measured(None, None, None, 0)
    values = cases.to_numpy(dtype=float)
    _, group = np.unique(entities.to_numpy(dtype=str), return_inverse=True)
    size, good = np.bincount(group).astype(float), np.bincount(group, weights=values)
    drawn = np.random.default_rng(SEED).multinomial(size.size, np.full(size.size, 1 / size.size), RESAMPLES)
    shares = (drawn @ good) / (drawn @ size)
    true = 0 if not values.any() else size.size if values.all() else -1
    return Measured(float(values.mean()), *of_resampled(shares, true, size.size), values.size)


def verdict_rows(candidates: pd.DataFrame, verdicts: pd.DataFrame) -> np.ndarray:
    """Position in ``verdicts`` of the judged incident that each candidate belongs to, −1 for none.

    Same metric type, alert type and entity, at an instant of the incident.
    """
    key = ["metric_type", "alert_type", "entity_type", "entity_id"]
    found = np.full(len(candidates), -1, dtype=np.int64)
    left = candidates[[*key, "timestamp"]].assign(row=np.arange(len(candidates)))
    right = verdicts[[*key, "started_at", "last_seen_at"]].assign(verdict_row=np.arange(len(verdicts)))
    pairs = left.merge(right, on=key)
    within = (pairs["timestamp"] > pairs["started_at"]) & (pairs["timestamp"] <= pairs["last_seen_at"])
    mine = pairs[within.to_numpy()]
    found[mine["row"].to_numpy(np.int64)] = mine["verdict_row"].to_numpy(np.int64)
    return found


def _between(frame: pd.DataFrame, since: pd.Timestamp | None, until: pd.Timestamp | None) -> pd.DataFrame:
    at = pd.to_datetime(frame["at"], utc=True)
    kept = np.ones(len(frame), dtype=bool)
    if since is not None:
        kept &= (at > since).to_numpy()
    if until is not None:
        kept &= (at <= until).to_numpy()
    selected: pd.DataFrame = frame[kept]
    return selected
