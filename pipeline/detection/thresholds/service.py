"""Thresholds on the database: versions of the settings, replay of stored candidates, automatic search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, silent
from db.queries import audit, premises
from db.queries import candidates as candidate_queries
from db.queries import scores as score_queries
from db.queries import thresholds as queries
from db.queries import verdicts as verdict_queries
from db.queries import versions as data_versions
from db.session import Database
from pipeline.detection.decision import MIN_EVIDENCE, RANK_DAYS, TEST_MEMORY_DAYS
from pipeline.detection.suppression import dismissals
from pipeline.detection.thresholds.history import Truth, nothing, prepare
from pipeline.detection.thresholds.kept import Histories, Kept
from pipeline.detection.thresholds.replay import Comparison, ReplayResult, compare, joined, run
from pipeline.detection.thresholds.search import SearchTrace, search
from pipeline.detection.thresholds.segments import Places
from pipeline.detection.thresholds.settings import (
    HOTEL_WIDE,
    Change,
    DetectionSettings,
    as_json,
    check_families,
    from_json,
    validate,
)
from pipeline.detection.thresholds.versions import Version, effective, version_of
from pipeline.metrics.registry import METRIC_TYPES

BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
SEARCHED_DAYS = 60
READ_TOPICS = ("scores", "alerts")  # a history changes with these
Proposed = Mapping[str, Change]  # by metric type, or HOTEL_WIDE
Parameters = Mapping[str, Any]  # of ``settings.as_json``


@dataclass(frozen=True)
class Note:
    """Why a version was written, by whom and how."""

    source: str
    reason: str
    by: str
    trace: dict[str, Any] | None = None


@dataclass(frozen=True)
class ThresholdService:
    """Who may: readers of alerts see and replay, ``thresholds.write`` saves, rolls back and searches."""

    database: Database
    clock: Clock
    settings: Settings
    histories: Histories = field(default_factory=Histories, compare=False, repr=False)

    def current(self, scope: Scope, hotel_id: int) -> dict[str, DetectionSettings]:
        """The settings in force, by metric type; under ``HOTEL_WIDE`` the hotel's budget."""
        _may_read(scope, hotel_id)
        with self.database.reading() as connection:
            return self._current(connection, hotel_id)

    def save(
        self, scope: Scope, hotel_id: int, metric_type: str, change: Change, reason: str, *, by: str | None = None,
        source: str = "manual", trace: dict[str, Any] | None = None, expected_version: int | None = None,
    ) -> DetectionSettings:  # fmt: skip
        """A new version: the active one with ``change``. The budget is saved under ``HOTEL_WIDE``.

        Raises ``threshold_wrong`` naming the field, ``threshold_reason_missing``, ``unknown_metric_type``, and
        ``threshold_conflict`` (409) when ``expected_version`` is not the active one any more.
        """
        with self.database.transaction() as connection:
            return self.save_within(
                connection, scope, hotel_id, metric_type, change=change, reason=reason,
                by=by, source=source, trace=trace, expected_version=expected_version,
            )  # fmt: skip

    def save_within(
        self, connection: Any, scope: Scope, hotel_id: int, metric_type: str, *, change: Change, reason: str,
        by: str | None = None, source: str = "manual", trace: dict[str, Any] | None = None,
        expected_version: int | None = None,
    ) -> DetectionSettings:  # fmt: skip
        """``save`` in the caller's transaction."""
        before = self._locked(connection, scope, hotel_id, metric_type, reason)
        if expected_version is not None and expected_version != before.version:
            params = {"expected": expected_version, "version": before.version}
            raise AppError("threshold_conflict", 409, params=params)
        changed = change.apply(before)
        check_families(change, self._gates(connection, hotel_id, metric_type))
        return self._add(connection, changed, Note(source, reason, by or scope.actor, trace))

    def rollback(
        self, scope: Scope, hotel_id: int, metric_type: str, version: int, reason: str, *, by: str | None = None
    ) -> DetectionSettings:
        """A new version that says what ``version`` said; 0 means the defaults. Raises ``not_found`` for others."""
        with self.database.transaction() as connection:
            before = self._locked(connection, scope, hotel_id, metric_type, reason)
            found = [r for r in queries.versions(connection, hotel_id, metric_type) if r["version"] == version]
            defaults = effective([], hotel_id, metric_type, self.settings.alert_budget_per_day)
            if not found and version != 0:
                raise AppError("not_found", 404, params={"what": f"version {version}"})
            old = version_of(found[0], defaults).settings if found else defaults
            return self._add(connection, _as_it_was(before, old), Note("rollback", reason, by or scope.actor))

    def restore_within(
        self, connection: Any, scope: Scope, hotel_id: int, metric_type: str, *, parameters: Parameters | None,
        reason: str,
    ) -> DetectionSettings:  # fmt: skip
        """A new version that says what a version of a backup said (None: the defaults), in the caller's transaction.

        Raises like ``save``.
        """
        before = self._locked(connection, scope, hotel_id, metric_type, reason)
        old = validate(self.read(hotel_id, metric_type, parameters))
        asked = Change(families=old.families, segments=old.segments)
        check_families(asked, self._gates(connection, hotel_id, metric_type))
        return self._add(connection, _as_it_was(before, old), Note("rollback", reason, scope.actor))

    def read(self, hotel_id: int, metric_type: str, parameters: Parameters | None) -> DetectionSettings:
        """What stored parameters say; None: the defaults of the installation."""
        defaults = effective([], hotel_id, metric_type, self.settings.alert_budget_per_day)
        return from_json(defaults, parameters or {})

    def history(self, scope: Scope, hotel_id: int, metric_type: str | None = None) -> list[Version]:
        """Every saved version, newest first."""
        _may_read(scope, hotel_id)
        with self.database.reading() as connection:
            rows = queries.versions(connection, hotel_id, metric_type)
        budget = self.settings.alert_budget_per_day
        return [version_of(row, effective([], hotel_id, row["metric_type"], budget)) for row in rows]

    def names(self, scope: Scope, hotel_id: int) -> dict[str, dict[int, str]]:
        """What people call rooms, products, staff and floors: {``room_id``: {id: number}, ``product_id``: …}."""
        _may_read(scope, hotel_id)
        with self.database.reading() as connection:
            return queries.names(connection, hotel_id)

    def replay(
        self, scope: Scope, hotel_ids: Sequence[int] | None, since: date, until: date,
        proposed: Proposed | None = None,
    ) -> ReplayResult:  # fmt: skip
        """What the settings in force, with ``proposed`` changes, raise from ``since`` to ``until`` (local days)."""
        return joined([self._run(hotel, proposed or {}) for hotel in self._histories(scope, hotel_ids, since, until)])

    def compare(
        self, scope: Scope, hotel_ids: Sequence[int] | None, since: date, until: date, proposed: Proposed
    ) -> Comparison:
        """The settings in force against the same with ``proposed`` changes."""
        histories = self._histories(scope, hotel_ids, since, until)
        before, after = (joined([self._run(hotel, change) for hotel in histories]) for change in ({}, proposed))
        return compare(before, after)

    def search(
        self, scope: Scope, hotel_id: int, metric_type: str, target_precision: float | None = None,
        progress: Progress = silent,
    ) -> SearchTrace:  # fmt: skip
        """Search the extra evidence that reaches the target (``accuracy_threshold`` when None); save what holds.

        The trace says how it went, also where nothing was saved: too few labels, nothing to change, not confirmed.
        """
        scope.require("thresholds.write")
        target = self.settings.accuracy_threshold if target_precision is None else target_precision
        today = self.clock.now().date() + timedelta(days=1)
        [kept] = self._histories(scope, [hotel_id], today - timedelta(days=SEARCHED_DAYS), today)
        current = self.current(scope, hotel_id).get(metric_type)
        if current is None or metric_type == HOTEL_WIDE:
            raise _unknown(metric_type)
        trace = search(kept.history, current, target, progress)
        if trace.proposed is None:
            return trace
        moved = {name: rule for name, rule in trace.proposed.families.items() if rule != current.families.get(name)}
        reason = f"{trace.outcome}: {target}"
        saved = self.save(
            scope, hotel_id, metric_type, Change(families=moved), reason,
            source="search", trace=trace.as_json(), expected_version=current.version,
        )  # fmt: skip
        return replace(trace, saved_version=saved.version)

    def _current(self, connection: Any, hotel_id: int) -> dict[str, DetectionSettings]:
        active = queries.active(connection, hotel_id)
        names = [HOTEL_WIDE, *METRIC_TYPES, *(row["metric_type"] for row in active)]
        return {name: effective(active, hotel_id, name, self.settings.alert_budget_per_day) for name in names}

    def _locked(self, connection: Any, scope: Scope, hotel_id: int, metric_type: str, reason: str) -> DetectionSettings:
        """The settings in force, which nobody else changes until the transaction ends."""
        scope.require("thresholds.write")
        scope.require_hotel(hotel_id)
        if not reason.strip():
            raise AppError("threshold_reason_missing")
        queries.lock_settings(connection, hotel_id)
        current = self._current(connection, hotel_id).get(metric_type)
        if current is None:
            raise _unknown(metric_type)
        return current

    def _gates(self, connection: Any, hotel_id: int, metric_type: str) -> dict[str, float]:
        """The effect gates of the families that were tested lately."""
        since = self.clock.now().date() - timedelta(days=self.settings.metric_days)
        counts = candidate_queries.read_counts(connection, hotel_id, since, END.date(), metric_type)
        newest = counts.drop_duplicates("family", keep="last")
        return dict(zip(newest["family"], newest["effect_gate_ratio"], strict=True))

    def _add(self, connection: Any, settings: DetectionSettings, note: Note) -> DetectionSettings:
        hotel_id, metric_type = settings.hotel_id, settings.metric_type
        row = {
            "hotel_id": hotel_id, "metric_type": metric_type, "parameters": as_json(settings), "source": note.source,
            "reason": note.reason, "trace": note.trace, "created_by": note.by, "created_at": self.clock.now(),
        }  # fmt: skip
        before = queries.version_in_force(connection, hotel_id, metric_type)
        queries.add_version(connection, row)
        audit.record(
            connection, note.by, "thresholds_saved", hotel_id=hotel_id, entity=f"settings {metric_type}",
            details={"source": note.source, "reason": note.reason},
            # What the versions say is stored encrypted and stays there.
            before={"version": before}, after={"version": queries.version_in_force(connection, hotel_id, metric_type)},
        )  # fmt: skip
        data_versions.bump(connection, hotel_id, "settings")
        return self._current(connection, hotel_id)[metric_type]

    def _run(self, kept: Kept, proposed: Proposed) -> ReplayResult:
        with self.database.reading() as connection:
            settings = self._current(connection, kept.history.hotel_id)
        if not proposed:
            if kept.in_force is None or kept.in_force[0] != settings:
                kept.in_force = (settings, run(kept.history, settings))
            return kept.in_force[1]
        unknown = proposed.keys() - settings.keys()
        if unknown:
            raise _unknown(min(unknown))
        hotel = proposed.get(HOTEL_WIDE, Change()).apply(settings[HOTEL_WIDE])
        budget, ratio = hotel.budget_per_day, hotel.false_discovery_ratio
        asked = {
            name: replace(
                proposed.get(name, Change()).apply(current), budget_per_day=budget, false_discovery_ratio=ratio
            )
            for name, current in settings.items()
            if name != HOTEL_WIDE
        }
        return run(kept.history, asked)

    def _histories(self, scope: Scope, hotel_ids: Sequence[int] | None, since: date, until: date) -> list[Kept]:
        scope.require("alerts.read")
        for hotel_id in hotel_ids or ():
            scope.require_hotel(hotel_id)
        if until < since:
            raise AppError("period_wrong", params={"since": since.isoformat(), "until": until.isoformat()})
        with self.database.reading() as connection:
            wanted = scope.hotel_filter(None if hotel_ids is None else list(hotel_ids))
            ids = [hotel.id for hotel in premises.hotels(connection)] if wanted is None else wanted
            known = data_versions.current(connection, ids)
            found = [self._history(connection, hotel_id, (since, until), known) for hotel_id in ids]
        return found or [Kept((), nothing((since, until)))]

    def _history(
        self, connection: Any, hotel_id: int, period: tuple[date, date], known: dict[tuple[int, str], int]
    ) -> Kept:
        key = (hotel_id, *period)
        versions = tuple(known.get((hotel_id, topic), 0) for topic in READ_TOPICS)
        found = self.histories.find(key, versions)
        if found is not None:
            return found
        ranked = (period[0] - timedelta(days=RANK_DAYS), period[1])
        candidates = candidate_queries.read_candidates(connection, hotel_id, ranked, min_score=MIN_EVIDENCE)
        memory = (period[0] - timedelta(days=TEST_MEMORY_DAYS), period[1])
        counts = candidate_queries.read_counts(connection, hotel_id, *memory)
        judged = verdict_queries.judged(connection, hotel_id, BEGINNING, END)
        labels = score_queries.planted_anomalies(connection, hotel_id)
        truth = Truth(judged, dismissals(judged), labels if len(labels) else None)
        places = Places(**queries.places(connection, hotel_id))
        history = prepare(candidates, counts, truth, hotel_id=hotel_id, period=period, places=places)
        return self.histories.keep(key, Kept(versions, history))


def _as_it_was(now: DetectionSettings, old: DetectionSettings) -> DetectionSettings:
    return replace(
        now, budget_per_day=old.budget_per_day, false_discovery_ratio=old.false_discovery_ratio,
        families=old.families, segments=old.segments,
    )  # fmt: skip


def _may_read(scope: Scope, hotel_id: int) -> None:
    scope.require("alerts.read")
    scope.require_hotel(hotel_id)


def _unknown(metric_type: str) -> AppError:
    return AppError("unknown_metric_type", params={"metric_type": metric_type, "known": ", ".join(METRIC_TYPES)})
