"""The screen of thresholds: which checks there are, what other settings would have raised, and saving them (A2.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.clock import Clock, local_date
from core.scope import Scope
from db.queries import premises
from db.queries import tuning as queries
from db.queries.verdicts import segment_names
from db.session import Database
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.detection.thresholds.settings import HOTEL_WIDE, Change, DetectionSettings, FamilyRule, segment_key
from reports.threshold_history import Difference, Names, Record, Segment, differences, records, segment_of
from reports.threshold_preview import Preview, by_check, changed, moments, preview

__all__ = ["Check", "Difference", "Preview", "Proposal", "Record", "Segment", "Tuning", "TuningService"]

CHECKS_OF = timedelta(days=90)
DIMENSIONS = {  # by which a check of these entities can be told apart, where nobody has done so yet
    "minibar_slot": ("floor", "room_type", "product"), "room": ("floor", "room_type"), "staff": ("staff",),
    "product": ("product",),
}  # fmt: skip
FIRST = ("tuketim_miktar", "stok_seviye", "dolum_sure", "zimmet_kullanim")
FIRST_CHECKS = ("cell", "vacant", "outflow", "refill", "custody_loss")


@dataclass(frozen=True)
class Check:
    """A family of tests. ``gate_ratio``: its own effect gate; 0 for facts, which need no threshold."""

    metric_type: str
    family: str
    gate_ratio: float
    tests_per_day: float
    segments: tuple[Segment, ...]

    @property
    def is_fact(self) -> bool:
        return self.gate_ratio == 0.0


@dataclass(frozen=True)
class Tuning:
    """What can be moved in a hotel, and the settings in force by metric type."""

    checks: tuple[Check, ...]
    settings: dict[str, DetectionSettings]
    names: Names

    @property
    def metric_types(self) -> list[str]:
        names = {check.metric_type for check in self.checks}
        return [name for name in FIRST if name in names] + sorted(names - set(FIRST))

    def of(self, metric_type: str) -> dict[str, Check]:
        """The checks of a metric type, by family."""
        mine = [check for check in self.checks if check.metric_type == metric_type]
        ordered = sorted(mine, key=lambda check: (check.family not in FIRST_CHECKS, check.family))
        return {check.family: check for check in ordered}

    @property
    def budget_per_day(self) -> float:
        return self.settings[HOTEL_WIDE].budget_per_day

    def versions(self, metric_type: str) -> tuple[int, int]:
        """The versions in force: of the metric type and of the hotel's budget; 0 for the defaults."""
        return self.settings[metric_type].version, self.settings[HOTEL_WIDE].version

    def differences(self, proposal: "Proposal") -> tuple[Difference, ...]:
        """What the proposal changes. Raises ``threshold_wrong``."""
        return tuple(
            difference
            for name, change in proposal.changes.items()
            for difference in differences(self.settings[name], change.apply(self.settings[name]), self.names)
        )


@dataclass(frozen=True)
class Proposal:
    """Settings that somebody tries: of one check, of one of its segments, and of the hotel. None: as it is."""

    metric_type: str
    family: str
    rule: FamilyRule | None = None
    segment: str | None = None
    segment_evidence: float | None = None
    budget_per_day: float | None = None

    @property
    def changes(self) -> dict[str, Change]:
        """By metric type, and ``HOTEL_WIDE``; empty where nothing differs from what is in force."""
        found = {}
        families = {} if self.rule is None else {self.family: self.rule}
        is_moved = self.segment is not None and self.segment_evidence is not None
        segments = {str(self.segment): self.segment_evidence or 0.0} if is_moved else {}
        if families or segments:
            found[self.metric_type] = Change(families=families, segments=segments)
        if self.budget_per_day is not None:
            found[HOTEL_WIDE] = Change(budget_per_day=self.budget_per_day)
        return found


@dataclass(frozen=True)
class TuningService:
    """Reads for everybody who reads alerts; ``thresholds.write`` saves."""

    database: Database
    clock: Clock
    thresholds: ThresholdService

    def tuning(self, scope: Scope, hotel_id: int) -> Tuning:
        """The checks of the last three months and the settings in force."""
        settings = self.thresholds.current(scope, hotel_id)
        with self.database.reading() as connection:
            since_on = (self.clock.now() - CHECKS_OF).date()
            rows = queries.checks(connection, hotel_id, since_on)
            names = segment_names(connection, hotel_id)
        checks = [
            Check(
                row.metric_type, row.family, row.gate_ratio, row.tests_per_day,
                _segments(row.family, row.entity_type, settings.get(row.metric_type), names),
            )
            for row in rows
        ]  # fmt: skip
        return Tuning(tuple(checks), settings, names)

    def preview(self, scope: Scope, hotel_id: int, days: int, proposal: Proposal) -> Preview:
        """The last ``days`` local days (today's among them) under the settings in force and the proposed ones."""
        scope.require("alerts.read")
        scope.require_hotel(hotel_id)
        since_on, until_on = self._period(hotel_id, days)
        compared = self.thresholds.compare(scope, [hotel_id], since_on, until_on, proposal.changes)
        names, changes = self.thresholds.names(scope, hotel_id), changed(compared)
        with self.database.reading() as connection:
            raised = [queries.raised(connection, hotel_id, moments(rows)) for rows in changes]
        return preview(compared, (proposal.metric_type, proposal.family), changes, names, raised)

    def counts(self, scope: Scope, hotel_id: int, days: int) -> dict[tuple[str, str], int]:
        """Alerts of the last ``days`` local days under the settings in force, by metric type and check."""
        scope.require("alerts.read")
        scope.require_hotel(hotel_id)
        return by_check(self.thresholds.replay(scope, [hotel_id], *self._period(hotel_id, days)))

    def save(
        self, scope: Scope, hotel_id: int, proposal: Proposal, reason: str, expected: tuple[int, int]
    ) -> dict[str, int]:
        """Save the proposed settings, all or none; {metric type: its new version}.

        ``expected``: the versions of the metric type and of the hotel's budget that the proposal started from.
        Raises what ``ThresholdService.save`` raises, ``threshold_conflict`` where somebody was quicker.
        """
        scope.require("thresholds.write")
        started = {proposal.metric_type: expected[0], HOTEL_WIDE: expected[1]}
        with self.database.transaction() as connection:
            return {
                name: self.thresholds.save_within(
                    connection, scope, hotel_id, name, change=change, reason=reason, expected_version=started[name]
                ).version
                for name, change in proposal.changes.items()
            }

    def history(self, scope: Scope, hotel_id: int, metric_type: str) -> list[Record]:
        """The versions of a metric type and of the hotel's budget, newest first, each with what it changed."""
        versions = self.thresholds.history(scope, hotel_id)
        with self.database.reading() as connection:
            names = segment_names(connection, hotel_id)
        mine = [one for one in versions if one.settings.metric_type in (metric_type, HOTEL_WIDE)]
        return records(mine, self.thresholds.settings.alert_budget_per_day, names)

    def _period(self, hotel_id: int, days: int) -> tuple[date, date]:
        with self.database.reading() as connection:
            [zone] = [hotel.time_zone for hotel in premises.hotels(connection) if hotel.id == hotel_id]
        until_on = local_date(self.clock.now(), zone)
        return until_on - timedelta(days=days - 1), until_on


def _segments(
    family: str, entity_type: str | None, settings: DetectionSettings | None, names: Names
) -> tuple[Segment, ...]:
    """Those that have evidence of their own, then those that could have."""
    known = [] if settings is None else [key for key in settings.segments if key.startswith(f"family={family};")]
    possible: Sequence[str] = [
        segment_key(family, **{dimension: identity})
        for wanted in DIMENSIONS.get(entity_type or "", ())
        for (dimension, identity), _ in sorted(names.items(), key=lambda item: (item[0][0], item[1]))
        if dimension == wanted
    ]
    return tuple(segment_of(key, names) for key in dict.fromkeys([*known, *possible]))
