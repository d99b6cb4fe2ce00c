"""What a hotel asks of its alerts: the values that one version of its detection settings holds, and their rules."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from core.errors import AppError

HOTEL_WIDE = "*"  # the metric type of a version that holds for the whole hotel: its alert budget
EXTRA_EVIDENCE_RANGE = (-1.0, 6.0)  # −log10 units; six more means one in a million less likely
SEGMENT_EVIDENCE_RANGE = (-0.5, 3.0)
GATE_RANGE = (0.01, 20.0)
BUDGET_RANGE = (0.1, 500.0)
DISCOVERY_RANGE = (0.001, 0.5)
GATE_SHARE = 0.5  # of a family's own effect gate: the smallest gate that can be set
MAX_SEGMENTS = 5_000
ID_DIMENSIONS = ("entity", "floor", "product", "product_group", "room", "room_type", "staff")
DIMENSIONS = (*ID_DIMENSIONS, "occupancy")
OCCUPANCIES = ("occupied", "vacated", "vacant", "unknown")


@dataclass(frozen=True)
class FamilyRule:
    """One family of tests: on or off, evidence beyond the budget's threshold, another effect gate than its own."""

    is_enabled: bool = True
    extra_evidence: float = 0.0  # −log10 units
    effect_gate_ratio: float | None = None


DEFAULT_RULE = FamilyRule()


@dataclass(frozen=True)
class DetectionSettings:
    """The settings in force for one metric type of a hotel; version 0 is the installation's defaults.

    ``budget_per_day`` is in alerts that the hotel wants to read, over all metric types; families share it. It is
    versioned with the false discovery ratio for the whole hotel (``HOTEL_WIDE``), the rest by metric type.
    ``segments``: extra evidence by key (``family=cell;room_type=12``); of several that hold, the largest counts.
    """

    hotel_id: int
    metric_type: str
    version: int = 0
    budget_per_day: float = 5.0
    false_discovery_ratio: float = 0.1
    families: Mapping[str, FamilyRule] = field(default_factory=dict)
    segments: Mapping[str, float] = field(default_factory=dict)
    setting_id: int | None = None  # row of detection_settings; None for the defaults
    budget_version: int = 0

    def rule(self, family: str) -> FamilyRule:
        return self.families.get(family, DEFAULT_RULE)

    def cap(self, share: float, days: int) -> int:
        """Entities of one family that may alert in so many days; the strongest of a moment come first."""
        return max(1, math.ceil(self.budget_per_day * share * days))

    def with_rule(self, family: str, **values: Any) -> "DetectionSettings":
        """The same with some values of one family's rule changed."""
        return replace(self, families={**self.families, family: replace(self.rule(family), **values)})


@dataclass(frozen=True)
class Change:
    """What a new version changes; what is None stays as it is. A segment of 0.0 is removed."""

    budget_per_day: float | None = None
    false_discovery_ratio: float | None = None
    families: Mapping[str, FamilyRule] = field(default_factory=dict)
    segments: Mapping[str, float] = field(default_factory=dict)

    def apply(self, settings: DetectionSettings) -> DetectionSettings:
        """The changed settings, validated; raises ``threshold_wrong``."""
        own = bool(self.families or self.segments)
        shared = self.budget_per_day is not None or self.false_discovery_ratio is not None
        if own if settings.metric_type == HOTEL_WIDE else shared:
            raise _wrong(settings.metric_type, "place")
        segments = {key: value for key, value in {**settings.segments, **self.segments}.items() if value != 0.0}
        budget, ratio = self.budget_per_day, self.false_discovery_ratio
        changed = replace(
            settings,
            budget_per_day=settings.budget_per_day if budget is None else budget,
            false_discovery_ratio=settings.false_discovery_ratio if ratio is None else ratio,
            families={**settings.families, **self.families},
            segments=segments,
        )
        return validate(changed)


def segment_key(family: str, **dimensions: int | str) -> str:
    """The one spelling of a segment: the family, then its dimensions by name."""
    return ";".join([f"family={family}", *(f"{name}={dimensions[name]}" for name in sorted(dimensions))])


def parse_segment(key: str) -> tuple[str, dict[str, str]]:
    """Family and dimensions of a segment key; raises ``threshold_wrong`` for any other spelling."""
    parts = [part.partition("=") for part in key.split(";")]
    values = {name: value for name, _, value in parts}
    family = values.pop("family", "")
    known = all(name in DIMENSIONS for name in values)
    numbers = all(value.isdecimal() for name, value in values.items() if name in ID_DIMENSIONS)
    occupancy = values.get("occupancy", OCCUPANCIES[0]) in OCCUPANCIES
    if not (family and values and known and numbers and occupancy and segment_key(family, **values) == key):
        raise _wrong(key, "segment", known=", ".join(DIMENSIONS))
    return family, values


def validate(settings: DetectionSettings) -> DetectionSettings:
    """The settings themselves; raises ``threshold_wrong`` naming the first wrong field and its rule."""
    _within("budget_per_day", settings.budget_per_day, BUDGET_RANGE)
    _within("false_discovery_ratio", settings.false_discovery_ratio, DISCOVERY_RANGE)
    for name, rule in settings.families.items():
        _within(f"{name}.extra_evidence", rule.extra_evidence, EXTRA_EVIDENCE_RANGE)
        if rule.effect_gate_ratio is not None:
            _within(f"{name}.effect_gate_ratio", rule.effect_gate_ratio, GATE_RANGE)
    if len(settings.segments) > MAX_SEGMENTS:
        raise _wrong("segments", "count", highest=MAX_SEGMENTS)
    for key, extra in settings.segments.items():
        parse_segment(key)
        _within(key, extra, SEGMENT_EVIDENCE_RANGE)
    return settings


def check_families(change: Change, gates: Mapping[str, float]) -> None:
    """Refuse families that the metric type does not have, and gates that replay could not decide on.

    ``gates``: effect gate by family as detected; empty before the first detection, when nothing is known yet.
    Candidates are kept from half of their family's gate on.
    """
    names = [*change.families, *(parse_segment(key)[0] for key in change.segments)]
    unknown = [name for name in names if gates and name not in gates]
    if unknown:
        raise _wrong(unknown[0], "family", known=", ".join(sorted(gates)))
    for name, rule in change.families.items():
        lowest = GATE_SHARE * gates.get(name, 0.0)
        if rule.effect_gate_ratio is not None and rule.effect_gate_ratio < lowest:
            highest = GATE_RANGE[1]
            raise _wrong(
                f"{name}.effect_gate_ratio", "range", value=rule.effect_gate_ratio, lowest=lowest, highest=highest
            )


def as_json(settings: DetectionSettings) -> dict[str, Any]:
    """What ``detection_settings.parameters`` holds: the hotel's budget, or the families and segments of a metric."""
    if settings.metric_type == HOTEL_WIDE:
        return {"budget_per_day": settings.budget_per_day, "false_discovery_ratio": settings.false_discovery_ratio}
    return {
        "families": {name: asdict(rule) for name, rule in sorted(settings.families.items())},
        "segments": dict(sorted(settings.segments.items())),
    }


def from_json(settings: DetectionSettings, parameters: Mapping[str, Any]) -> DetectionSettings:
    """``settings`` with the stored parameters; what they do not name keeps the value it has there."""
    families = parameters.get("families")
    return replace(
        settings,
        budget_per_day=parameters.get("budget_per_day", settings.budget_per_day),
        false_discovery_ratio=parameters.get("false_discovery_ratio", settings.false_discovery_ratio),
        families=settings.families if families is None else {n: FamilyRule(**rule) for n, rule in families.items()},
        segments=dict(parameters.get("segments", settings.segments)),
    )


def _within(name: str, value: float, limits: tuple[float, float]) -> None:
    if not (math.isfinite(value) and limits[0] <= value <= limits[1]):
        raise _wrong(name, "range", value=value, lowest=limits[0], highest=limits[1])


def _wrong(name: str, rule: str, **params: Any) -> AppError:
    return AppError("threshold_wrong", message_id=f"error.threshold_wrong_{rule}", params={"field": name, **params})
