"""Versions of thresholds as people read them: what each changed, what verdicts or a search had to do with it (A6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.detection.thresholds.outcomes import Measured
from pipeline.detection.thresholds.search import SearchTrace, Step
from pipeline.detection.thresholds.settings import DetectionSettings, parse_segment
from pipeline.detection.thresholds.versions import Version

Names = Mapping[tuple[str, int], str]  # of floors, room types, products, staff: (dimension, id) → name
SEARCH, VERDICTS = "search", "verdicts"


@dataclass(frozen=True)
class Segment:
    """A part of a check: rooms of a floor, of a type, one product, one attendant. ``places``: names by dimension."""

    key: str
    places: tuple[tuple[str, str], ...]

    @property
    def code(self) -> str:
        """The key without its check, for addresses."""
        return self.key.partition(";")[2]


@dataclass(frozen=True)
class Difference:
    """One value that a version changes. ``what``: evidence, gate, switch (1.0 is on), budget, discovery.

    ``before`` and ``after``: None is the check's own effect gate.
    """

    what: str
    family: str
    segment: Segment | None
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Taught:
    """The verdicts that a version was learned from."""

    confirmed: int
    false: int

    @property
    def count(self) -> int:
        return self.confirmed + self.false


@dataclass(frozen=True)
class Record:
    """One version with its author, reason and differences to the one before it.

    ``back``: what rolling back to it would change of what is in force now.
    """

    setting_id: int
    metric_type: str
    version: int
    source: str
    reason: str
    by: str
    at: datetime
    is_active: bool
    differences: tuple[Difference, ...]
    back: tuple[Difference, ...]
    taught: Taught | None
    search: SearchTrace | None


def segment_of(key: str, names: Names) -> Segment:
    """A segment key with the names of today; an id where there is no name any more."""
    _, places = parse_segment(key)
    named = ((name, names.get((name, int(value)), value) if value.isdecimal() else value)
             for name, value in places.items())  # fmt: skip
    return Segment(key, tuple(named))


def differences(before: DetectionSettings, after: DetectionSettings, names: Names) -> tuple[Difference, ...]:
    """What ``after`` says otherwise than ``before``; both of the same hotel and metric type."""
    found = []
    if before.budget_per_day != after.budget_per_day:
        found.append(Difference("budget", "", None, before.budget_per_day, after.budget_per_day))
    if before.false_discovery_ratio != after.false_discovery_ratio:
        ratios = before.false_discovery_ratio, after.false_discovery_ratio
        found.append(Difference("discovery", "", None, *ratios))
    for family in sorted({*before.families, *after.families}):
        old, new = before.rule(family), after.rule(family)
        values = {
            "switch": (float(old.is_enabled), float(new.is_enabled)),
            "evidence": (old.extra_evidence, new.extra_evidence),
            "gate": (old.effect_gate_ratio, new.effect_gate_ratio),
        }
        found += [Difference(what, family, None, *pair) for what, pair in values.items() if pair[0] != pair[1]]
    for key in sorted({*before.segments, *after.segments}):
        pair = before.segments.get(key, 0.0), after.segments.get(key, 0.0)
        if pair[0] != pair[1]:
            found.append(Difference("evidence", parse_segment(key)[0], segment_of(key, names), *pair))
    return tuple(found)


def records(versions: Sequence[Version], budget_per_day: float, names: Names) -> list[Record]:
    """``versions`` newest first, each compared with the one before it of the same metric type."""
    found: list[Record] = []
    before: dict[str, DetectionSettings] = {}
    active = {version.settings.metric_type: version.settings for version in versions if version.is_active}
    for version in reversed(versions):
        settings = version.settings
        defaults = DetectionSettings(settings.hotel_id, settings.metric_type, budget_per_day=budget_per_day)
        old = before.get(settings.metric_type, defaults)
        back = differences(active.get(settings.metric_type, settings), settings, names)
        found.append(_record(version, differences(old, settings, names), back))
        before[settings.metric_type] = settings
    return found[::-1]


def _record(version: Version, changed: tuple[Difference, ...], back: tuple[Difference, ...]) -> Record:
    settings, trace = version.settings, version.trace or {}
    return Record(
        settings.setting_id or 0, settings.metric_type, settings.version, version.source, version.reason,
        version.created_by, version.created_at, version.is_active, changed, back,
        Taught(trace["confirmed"], trace["false"]) if version.source == VERDICTS and "confirmed" in trace else None,
        search_trace(trace) if version.source == SEARCH and trace else None,
    )  # fmt: skip


def search_trace(stored: Mapping[str, Any]) -> SearchTrace:
    """A search as it was stored with the version that it saved."""
    steps = tuple(
        Step(**{**step, "precision": Measured(**step["precision"]), "recall": Measured(**step["recall"])})
        for step in stored["steps"]
    )
    checked = {name: None if stored[name] is None else Measured(**stored[name]) for name in CHECKED}
    return SearchTrace(**{**stored, **checked, "steps": steps, "proposed": None})


CHECKED = ("checked_before", "checked_after")
