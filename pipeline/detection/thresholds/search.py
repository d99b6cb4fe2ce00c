"""Automatic search for the least extra evidence with which alerts are right often enough (SPEC A6.5)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

import pandas as pd

from core.stage import Progress, silent
from pipeline.detection.thresholds.history import History
from pipeline.detection.thresholds.outcomes import Measured
from pipeline.detection.thresholds.replay import ReplayResult, run
from pipeline.detection.thresholds.settings import DetectionSettings

MIN_CASES = 20  # alerts of which is known whether they were right; fewer say nothing
STEP = 0.25  # −log10 units
MAX_STEP = 1.0  # how far one search may move a family, so that nothing jumps
EARLIER_SHARE = 2 / 3  # of the period is searched on; the rest checks what was found
NOT_MEASURABLE, UNCHANGED, NOT_REACHED, REACHED, IMPROVED, NOT_CONFIRMED = (
    "not_measurable", "unchanged", "not_reached", "reached", "improved", "not_confirmed",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One setting that was tried and kept: extra evidence by family, and how good it is on the earlier part."""

    family: str | None  # which one was raised; None for the beginning
    extra_evidence: Mapping[str, float]
    incidents: int
    precision: Measured
    recall: Measured


@dataclass(frozen=True)
class SearchTrace:
    """How a search went. ``proposed`` is None where there is nothing to save.

    ``checked_before`` and ``checked_after``: precision of the old and the new settings on the later part.
    """

    metric_type: str
    target: float
    outcome: str
    cases: int  # alerts of the old settings of which is known whether they were right
    split_on: str
    steps: tuple[Step, ...] = ()
    checked_before: Measured | None = None
    checked_after: Measured | None = None
    proposed: DetectionSettings | None = None
    saved_version: int | None = None
    needed: int = MIN_CASES

    def as_json(self) -> dict[str, Any]:
        """What ``detection_settings.trace`` holds."""
        kept = replace(self, proposed=None)
        return asdict(kept)


@dataclass(frozen=True)
class Trial:
    """Some extra evidence by family, decided over the whole period and measured on its earlier part."""

    extra: Mapping[str, float]
    result: ReplayResult
    precision: Measured
    recall: Measured

    @property
    def false(self) -> float:
        return self.precision.n * (1.0 - (self.precision.value or 0.0))

    @property
    def true(self) -> float:
        return self.precision.n - self.false


@dataclass(frozen=True)
class Searched:
    """The ground of a search: one metric type's history, the settings it starts from, where the parts meet."""

    history: History
    current: DetectionSettings
    split: pd.Timestamp

    def tried(self, extra: Mapping[str, float]) -> Trial:
        settings = self.current
        for family, evidence in extra.items():
            settings = settings.with_rule(family, extra_evidence=evidence)
        result = run(self.history, {settings.metric_type: settings})
        earlier = result.outcomes.between(None, self.split)
        return Trial(extra, result, earlier.precision(), earlier.recall())


def search(history: History, current: DetectionSettings, target: float, progress: Progress = silent) -> SearchTrace:
    """The least extra evidence of each family with which the precision reaches ``target``, as a trace.

    From the least allowed, the family is raised that costs the fewest right alerts for each wrong one it saves, until
    the earlier part reaches the target; the later part must confirm it. A family moves by ``MAX_STEP`` at most.
    Precision is over verdicts and planted anomalies; what is unknown is left out.
    """
    name = current.metric_type
    mine = replace(history, families={name: history.families.get(name, ())}, only=name)
    days = (history.until_on - history.since_on).days + 1
    split_on = history.since_on + timedelta(days=round(days * EARLIER_SHARE))
    ground = Searched(mine, current, pd.Timestamp(split_on, tz="UTC"))
    begun = {f.name: current.rule(f.name).extra_evidence for f in mine.families[current.metric_type]}
    before = ground.tried(begun)
    cases = before.result.outcomes.precision().n
    trace = SearchTrace(current.metric_type, target, NOT_MEASURABLE, cases, str(split_on))
    if cases < MIN_CASES:
        return trace
    steps = _climb(ground, begun, target, progress)
    best = steps[-1][1]
    trace = replace(trace, steps=tuple(_step(family, trial) for family, trial in steps))
    return _checked(trace, ground, before, best)


def _climb(
    ground: Searched, begun: Mapping[str, float], target: float, progress: Progress
) -> list[tuple[str | None, Trial]]:
    """The settings kept on the way to the target, first the most permissive one allowed."""
    trial = ground.tried({family: min(extra, max(extra - MAX_STEP, 0.0)) for family, extra in begun.items()})
    steps: list[tuple[str | None, Trial]] = [(None, trial)]
    highest = {family: max(extra, 0.0) + MAX_STEP for family, extra in begun.items()}
    most = sum(round((highest[family] - extra) / STEP) for family, extra in trial.extra.items())
    while (trial.precision.value or 0.0) < target and trial.precision.n:
        found = [helps for family in begun if (helps := _first_help(ground, trial, family, highest[family]))]
        if not found:
            break
        family, trial = max(found, key=lambda one: _gain(trial, one[1]))
        steps.append((family, trial))
        progress(min(len(steps) / max(most, 1), 1.0), "threshold.searching")
    return steps


def _first_help(ground: Searched, before: Trial, family: str, highest: float) -> tuple[str, Trial] | None:
    """The smallest raise of one family that saves a wrong alert; None where none up to ``highest`` does."""
    extra = before.extra[family] + STEP
    while extra <= highest + 1e-9:
        trial = ground.tried({**before.extra, family: extra})
        if _gain(before, trial) > 0:
            return family, trial
        extra += STEP
    return None


def _gain(before: Trial, after: Trial) -> float:
    """Wrong alerts saved for each right one lost."""
    return (before.false - after.false) / (max(before.true - after.true, 0.0) + 0.5)


def _checked(trace: SearchTrace, ground: Searched, before: Trial, best: Trial) -> SearchTrace:
    old, new = (trial.result.outcomes.between(ground.split, None).precision() for trial in (before, best))
    trace = replace(trace, checked_before=old, checked_after=new)
    is_reached = best.precision.value is not None and best.precision.value >= trace.target
    if dict(best.extra) == dict(before.extra):
        return replace(trace, outcome=UNCHANGED if is_reached else NOT_REACHED)
    is_better = is_reached or (best.precision.value or 0.0) > (before.precision.value or 0.0)
    holds = new.value is not None and (new.value >= trace.target or new.value >= (old.value or 0.0))
    if not (is_better and holds):
        return replace(trace, outcome=NOT_CONFIRMED)
    settings = ground.current
    for family, evidence in best.extra.items():
        if evidence != settings.rule(family).extra_evidence:
            settings = settings.with_rule(family, extra_evidence=evidence)
    return replace(trace, outcome=REACHED if is_reached else IMPROVED, proposed=settings)


def _step(family: str | None, trial: Trial) -> Step:
    return Step(family, dict(trial.extra), trial.result.incidents, trial.precision, trial.recall)
