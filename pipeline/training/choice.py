"""Automatic choice of the model and its hyper-parameters by time-ordered validation (SPEC P5).

Candidates: the Z-Score alone, or with an Isolation Forest (columns: all, selected, selected with interactions; a few
parameter sets) or, when it is on, an autoencoder at its side. Each is fitted before a block of days and judged by the
average precision (PR-AUC) of its scores on that block with planted perturbations. A channel gets a vote only when it
beats the Z-Score alone by a margin; otherwise it is trained, stored and silent.

The Z-Score is that of the metric type's own detector (``Residual``): against a weaker one every forest looks useful.

A search costs a dozen fits of a sample, so it does not run each night: its result is kept with the model and used
again for ``KEPT_FOR``, unless the model in use has drifted (``is_due``).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy import special
from sklearn.metrics import average_precision_score

from pipeline.features.interaction import INTERACTIONS, column, polynomial
from pipeline.features.names import FEATURES
from pipeline.features.selection import auto_select
from pipeline.training.autoencoder import fit_autoencoder
from pipeline.training.exact import Floats
from pipeline.training.isolation import SEED, ForestParameters, fit_forest
from pipeline.training.joint import joint_evidence
from pipeline.training.planting import Grid, Residual, grid_of, planted_rows, sampled

KEPT_FOR = timedelta(days=7)
DRIFTED_ALARM_RATIO = 0.05  # five times what the model promised of days beyond its 99 % quantile
DRIFTED_ALARMS = 5  # a small hotel has a few such days by chance
FOLD_DAYS, FOLDS = 14, 2
LEAST_DAYS = 42  # a fold needs four weeks before it
VOTE_MARGIN = 0.01  # of average precision; the simpler model stays unless the other is clearly better
MIN_EVENT_ROWS = 20
COMPARED_ENTITIES = 40
SEARCH_TREES = 50  # of every forest of a search; what is fitted afterwards has them all
PARAMETER_SETS = (
    ForestParameters(max_samples=64),
    ForestParameters(max_samples=512),
    ForestParameters(max_features=0.5),
)


class Chooser(Protocol):
    """What ``choose`` is: stored rows and the detector's residual in, a choice out."""

    def __call__(
        self, rows: pd.DataFrame, time_zone: str, at: datetime, residual: Residual | None = None, *, deep: bool = False
    ) -> "Choice": ...


class Channel(Protocol):
    """A fitted model that gives evidence of rows of features."""

    def evidence(self, features: pd.DataFrame) -> Floats: ...


@dataclass(frozen=True)
class Candidate:
    """One combination: ``kind`` speaks beside the Z-Score ("zscore": nobody does)."""

    kind: str
    columns: str = "all"
    names: tuple[str, ...] = FEATURES
    parameters: ForestParameters = field(default_factory=ForestParameters)

    def fit(self, rows: pd.DataFrame) -> Channel | None:
        """As a search fits it: with few trees."""
        if self.kind == "isolation_forest":
            return fit_forest(rows, self.names, parameters=replace(self.parameters, trees=SEARCH_TREES))
        return fit_autoencoder(rows, self.names) if self.kind == "autoencoder" else None


@dataclass(frozen=True)
class Choice:
    """``kind`` is what votes beside the Z-Score; the best forest is trained in any case. ``trace``: every figure."""

    kind: str = "zscore"
    names: tuple[str, ...] = FEATURES
    parameters: ForestParameters = field(default_factory=ForestParameters)
    pr_auc: float | None = None  # of the combination that was chosen; None: there was too little to plant into
    zscore_pr_auc: float | None = None
    chosen_at: str = ""
    trace: tuple[dict[str, Any], ...] = ()
    removed: dict[str, str] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As JSON, for ``ml_models.parameters``."""
        return asdict(self) | {"names": list(self.names), "trace": list(self.trace)}


def restored(document: dict[str, Any]) -> Choice:
    """The choice that ``stored`` made; fields of later versions are left out."""
    known = {key: value for key, value in document.items() if key in Choice.__dataclass_fields__}
    names, trace = tuple(known.pop("names", FEATURES)), tuple(known.pop("trace", ()))
    return Choice(names=names, trace=trace, parameters=ForestParameters(**known.pop("parameters", {})), **known)


def is_due(
    kept: Choice, at: datetime, in_use: dict[str, Any], *, deep: bool = False, kept_for: timedelta | None = KEPT_FOR
) -> bool:
    """Whether a search is to run: the last one is a week old or for other candidates, or the model in use drifted.

    ``kept_for``: None: a choice that a search made does not age; one for want of rows does.
    """
    if not kept.chosen_at:
        return True
    ratio, rows = in_use.get("alarm_ratio") or 0.0, in_use.get("rows") or 0
    drifted = ratio > DRIFTED_ALARM_RATIO and ratio * rows >= DRIFTED_ALARMS
    other = bool(kept.trace) and deep != any(each["model"] == "autoencoder" for each in kept.trace)
    lasts = KEPT_FOR if kept_for is None and not kept.trace else kept_for
    return drifted or other or (lasts is not None and datetime.fromisoformat(kept.chosen_at) <= at - lasts)


def planted_pr_auc(
    rows: pd.DataFrame, time_zone: str, models: Sequence[Channel], residual: Residual, seed: int = SEED
) -> list[float | None]:
    """Average precision of each model beside the Z-Score on the newest FOLD_DAYS days with planted events.

    For comparing two models on the same days, which both may have been fitted on; None: nothing could be planted.
    """
    grid = sampled(grid_of(rows, time_zone), COMPARED_ENTITIES)
    if grid.days < LEAST_DAYS:
        return [None] * len(models)
    judged = planted_rows(grid, (grid.days - FOLD_DAYS, grid.days), seed, residual)
    if int(judged["label"].sum()) < MIN_EVENT_ROWS:
        return [None] * len(models)
    return [
        round(float(average_precision_score(judged["label"], combined_evidence(judged, model))), 4) for model in models
    ]


def residual_evidence(rows: pd.DataFrame) -> Floats:
    """The Z-Score alone: −log10 of the two-sided tail of the distance from the 30 days before."""
    z = np.abs(np.nan_to_num(column(rows, "deviation_30")))
    tail = np.clip(2.0 * special.ndtr(-z), 1e-300, 1.0)
    return np.asarray(-np.log10(tail))


def combined_evidence(rows: pd.DataFrame, channel: Channel | None) -> Floats:
    """Both together, as detection combines them; ``residual`` is the detector's own evidence where it is known."""
    known = "residual" in rows.columns
    alone = rows["residual"].to_numpy(dtype=float) if known else residual_evidence(rows)
    return np.asarray(alone) if channel is None else joint_evidence(alone, channel.evidence(rows))


@dataclass(frozen=True)
class Fold:
    """Rows before a block, and the block's rows with planted events."""

    before: pd.DataFrame
    judged: pd.DataFrame

    def pr_auc(self, candidate: Candidate) -> float:
        score = combined_evidence(self.judged, candidate.fit(self.before))
        return float(average_precision_score(self.judged["label"], score))


@dataclass(frozen=True)
class Trials:
    """Candidates judged on the same folds; the trace grows with each."""

    folds: list[Fold]
    trace: list[dict[str, Any]] = field(default_factory=list)

    def judge(self, candidate: Candidate) -> float:
        """Mean average precision over the folds."""
        figures = [fold.pr_auc(candidate) for fold in self.folds]
        parameters = asdict(candidate.parameters) if candidate.kind == "isolation_forest" else {}
        mean = round(float(np.mean(figures)), 4)
        self.trace.append(
            {"model": candidate.kind, "columns": candidate.columns, "count": len(candidate.names), "pr_auc": mean,
             "folds": [round(figure, 4) for figure in figures], **parameters}
        )  # fmt: skip
        return mean

    def best(self, candidates: Sequence[Candidate]) -> tuple[Candidate, float]:
        """The first of the best."""
        figures = [self.judge(candidate) for candidate in candidates]
        at = int(np.argmax(figures))
        return candidates[at], figures[at]


def choose(
    rows: pd.DataFrame, time_zone: str, at: datetime, residual: Residual | None = None, *, deep: bool = False
) -> Choice:
    """The best combination for ``rows`` (stored features before ``at``, with ``value``); deterministic.

    ``residual`` stands for the detector that a channel would speak beside; ``deep`` lets the autoencoder compete. With
    less than LEAST_DAYS days, or nothing that events could be planted into, the Z-Score speaks alone.
    """
    detector = residual or Residual()
    ordered = rows.sort_values(["entity_id", "timestamp"], kind="stable")
    grid = sampled(grid_of(ordered, time_zone))
    trials = Trials(_folds(ordered, grid, detector))
    if not trials.folds:
        return Choice(chosen_at=at.isoformat())
    alone = trials.judge(Candidate("zscore"))
    column_sets, removed = _column_sets(grid, detector)
    sets = [Candidate("isolation_forest", key, names) for key, names in column_sets.items()]
    best, figure = trials.best(sets)
    tuned, tuned_figure = trials.best([replace(best, parameters=each) for each in PARAMETER_SETS])
    if tuned_figure > figure:
        best, figure = tuned, tuned_figure
    kind, reached = ("isolation_forest", figure) if figure > alone + VOTE_MARGIN else ("zscore", alone)
    if deep:
        deep_figure = trials.judge(replace(best, kind="autoencoder"))
        if deep_figure > max(reached, alone + VOTE_MARGIN):
            kind, reached = "autoencoder", deep_figure
    return Choice(kind, best.names, best.parameters, reached, alone, at.isoformat(), tuple(trials.trace), removed)


def _folds(rows: pd.DataFrame, grid: Grid, residual: Residual) -> list[Fold]:
    """Blocks of FOLD_DAYS at the end of the rows, oldest first; what is fitted lies before each block."""
    folds = []
    if grid.days < LEAST_DAYS:
        return []
    mine = rows[rows["entity_id"].isin(grid.entity_ids)]
    for number in range(FOLDS, 0, -1):
        first = grid.days - number * FOLD_DAYS
        judged = planted_rows(grid, (first, first + FOLD_DAYS), SEED + number, residual)
        before = mine[mine["timestamp"] < grid.ends[first]]
        if len(before) >= MIN_EVENT_ROWS and int(judged["label"].sum()) >= MIN_EVENT_ROWS:
            folds.append(Fold(before, judged))
    return folds


def _column_sets(grid: Grid, residual: Residual) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Columns to try. Selection learns from events planted into the days before the first fold: no fold sees them."""
    first = grid.days - FOLDS * FOLD_DAYS
    older = planted_rows(grid, (max(first - FOLD_DAYS, 1), first), SEED, Residual(kinds=residual.kinds))
    labels = older["label"].to_numpy()
    if int(labels.sum()) < MIN_EVENT_ROWS:
        return {"all": FEATURES, "all + interactions": (*FEATURES, "value", *INTERACTIONS)}, {}
    wide = older[list(FEATURES)].assign(**{name: column(older, name) for name in ("value", *INTERACTIONS)})
    stored, widest = auto_select(wide[list(FEATURES)], labels), auto_select(wide, labels)
    ranked = sorted(widest.kept, key=lambda name: -widest.scores["mutual_information"][name])
    return {
        "all": FEATURES,
        "selected": stored.kept,
        "selected + interactions": widest.kept,
        "selected + interactions + polynomial": (*widest.kept, *polynomial(ranked)),
    }, widest.reasons
