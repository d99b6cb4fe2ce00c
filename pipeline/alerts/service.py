"""Alerts: incidents that detection opens and closes, and what people do with them (SPEC A5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from db.queries import alert_groups as group_queries
from db.queries import alert_places as place_queries
from db.queries import alert_summary, audit, incidents, verdicts, versions
from db.queries import alerts as queries
from db.queries import peers as peer_queries
from db.queries.alert_groups import AlertGroup
from db.queries.alert_places import AlertPlace
from db.queries.alert_summary import CountRow
from db.queries.alerts import AlertFilters, AlertRow, EventRow
from db.queries.peers import Moment
from db.queries.triage import open_twins
from db.queries.verdicts import SuppressionRow
from db.session import Database
from pipeline.alerts.board import cursor_of, parse_cursor
from pipeline.alerts.incidents import event_rows, identity_row, incident_of, key_of, life_row, plan, shown_row
from pipeline.alerts.lifecycle import Event
from pipeline.alerts.measured import AlertSeries, read
from pipeline.alerts.peers import PeerRange, is_comparable, other_ranges, room_ranges, staff_ranges
from pipeline.alerts.remedies.remedy import Remedy, remedy_of
from pipeline.alerts.remedies.service import RemedyService, explained
from pipeline.alerts.series import window
from pipeline.alerts.silences.service import SilenceService
from pipeline.alerts.triage.service import TriageService, reopens
from pipeline.detection.anomaly import DetectionResult
from pipeline.detection.suppression import SILENT_FOR, silences
from pipeline.metrics.archive.service import MetricHistory
from pipeline.metrics.registry import METRIC_TYPES

__all__ = [
    "AlertDetail",
    "AlertFilters",
    "AlertGroup",
    "AlertPage",
    "AlertPlace",
    "AlertRow",
    "AlertSeries",
    "AlertService",
    "AlertSummary",
    "CountRow",
    "EventRow",
    "SuppressionRow",
]

VIEW_LASTS = timedelta(minutes=10)  # looking at an alert again within it is the same view


@dataclass(frozen=True)
class AlertPage:
    """Rows of one page of the board; ``next_cursor`` is None on the last one."""

    rows: list[AlertRow]
    total: int
    next_cursor: str | None


@dataclass(frozen=True)
class AlertSummary:
    """Counts of a period beside the period before it: of all, by severity, by type (most of them first)."""

    everything: CountRow
    by_severity: dict[str, CountRow]
    by_type: tuple[CountRow, ...]


@dataclass(frozen=True)
class AlertDetail:
    """One alert with its timeline and its series."""

    alert: AlertRow
    events: list[EventRow]
    series: AlertSeries
    unit: str  # catalog key
    peers: tuple[PeerRange, ...] = ()
    remedy: Remedy | None = None  # what ended it, where the data did
    twin_id: int | None = None  # of a closed one: the open alert of the same cause
    can_reopen: bool = False


@dataclass(frozen=True)
class AlertService:
    """Takes what detection found (``apply``) and what people decide; every change is one transaction."""

    database: Database
    clock: Clock
    history: MetricHistory | None = None  # for series whose rows went to the archive

    @property
    def triage(self) -> TriageService:
        """What people do with alerts."""
        return TriageService(self.database, self.clock)

    @property
    def remedies(self) -> RemedyService:
        """How long alerts last until the data is normal again."""
        return RemedyService(self.database, self.clock)

    @property
    def silences(self) -> SilenceService:
        return SilenceService(self.database, self.clock)

    def apply(self, connection: Any, result: DetectionResult) -> int:
        """Open, update, close and reopen incidents, in the caller's transaction; returns those that changed visibly."""
        hotel_id = result.hotel_id
        incidents.lock_alerts(connection, hotel_id)
        keys = {key_of(anomaly) for anomaly in result.anomalies}
        known = {key_of(row): incident_of(row) for row in incidents.newest_closed(connection, hotel_id, keys)}
        lasting = incidents.open_incidents(connection, hotel_id, result.metric_type)
        known |= {key_of(row): incident_of(row) for row in lasting}
        judged = verdicts.silencing(connection, hotel_id, result.at, SILENT_FOR)
        decided = plan(result, known, silences(judged))
        calm = [row["id"] for row in judged if key_of(row) in result.normal]
        incidents.watch_dismissed(connection, decided.silenced, calm)
        steps = explained(connection, hotel_id, result.at, decided.steps)
        new = [
            identity_row(key, result.metric_type) | life_row(step.incident) | shown_row(step.shown)
            for key, step in steps.items()
            if step.incident.id is None and step.shown is not None
        ]
        ids = incidents.insert_incidents(connection, hotel_id, new, result.at)
        ids |= {key: step.incident.id for key, step in steps.items() if step.incident.id is not None}
        old = [step for step in steps.values() if step.incident.id is not None]
        incidents.update_incidents(connection, [{"id": one.incident.id, **life_row(one.incident)} for one in old])
        incidents.show_newest(
            connection, [{"id": one.incident.id, **shown_row(one.shown)} for one in old if one.shown is not None]
        )
        events = [row for key, step in steps.items() for row in event_rows(ids[key], step.events, result.at)]
        for alert_id, count in decided.silenced.items():
            events += event_rows(alert_id, [Event("suppressed", {"count": count})], result.at)
        incidents.add_events(connection, events)
        if decided.visible or decided.silenced:
            versions.bump(connection, hotel_id, "alerts")
        return decided.visible

    def board(
        self, scope: Scope, filters: AlertFilters, limit: int = 25, cursor: str | None = None, offset: int = 0
    ) -> AlertPage:
        """Alerts by severity, then newest; the next page by ``cursor`` (stable while alerts come in) or ``offset``."""
        scope.require("alerts.read")
        unknown = [state for state in filters.states if state not in queries.STATES]
        if unknown:
            raise AppError("unknown_alert_state", params={"state": unknown[0], "known": ", ".join(queries.STATES)})
        hotel_ids = _hotels(scope, filters.hotel_ids)
        after = None if cursor is None else parse_cursor(cursor)
        with self.database.reading() as connection:
            now = self.clock.now()
            rows = queries.page(connection, hotel_ids, filters, limit + 1, now=now, after=after, offset=offset)
            total = queries.total(connection, hotel_ids, filters, now)
        if len(rows) <= limit:
            return AlertPage(rows, total, None)
        last = rows[limit - 1]
        return AlertPage(rows[:limit], total, cursor_of(last.severity_rank, last.last_seen_at, last.id))

    def place(self, scope: Scope, filters: AlertFilters, alert_id: int | None) -> AlertPlace:
        """Where an alert stands on the board, and its neighbours there; None stands before the first."""
        scope.require("alerts.read")
        with self.database.reading() as connection:
            if alert_id is not None:
                self._found(scope, connection, alert_id)
            hotel_ids = _hotels(scope, filters.hotel_ids)
            return place_queries.place(connection, hotel_ids, filters, alert_id, self.clock.now())

    def groups(self, scope: Scope, filters: AlertFilters, limit: int = 100) -> list[AlertGroup]:
        """What the board would show, together by hotel, floor, type and shift; the worst first."""
        scope.require("alerts.read")
        with self.database.reading() as connection:
            hotel_ids = _hotels(scope, filters.hotel_ids)
            return group_queries.groups(connection, hotel_ids, filters, self.clock.now(), limit)

    def counts(
        self, scope: Scope, hotel_ids: tuple[int, ...] | list[int] | None = None, since: datetime | None = None
    ) -> dict[str, int]:
        """Open alerts by severity (those without any are absent); ``since``: only those raised at or after it."""
        scope.require("alerts.read")
        with self.database.reading() as connection:
            return queries.counts(connection, _hotels(scope, hotel_ids), self.clock.now(), since)

    def summary(
        self, scope: Scope, hotel_ids: tuple[int, ...] | list[int] | None, length: timedelta, at: datetime
    ) -> AlertSummary:
        """What came, closed and is open (A5.4) in the ``length`` that ends at an instant; one statement."""
        scope.require("alerts.read")
        since = at - length
        with self.database.reading() as connection:
            rows = alert_summary.counted(connection, _hotels(scope, hotel_ids), since, since - length, at)
        [everything] = [row for row in rows if not row.severity and not row.alert_type]
        types = [row for row in rows if row.alert_type and (row.raised or row.closed or row.open)]
        types.sort(key=lambda row: (-row.raised, -row.open, row.alert_type))
        return AlertSummary(everything, {row.severity: row for row in rows if row.severity}, tuple(types))

    def alert_types(self, scope: Scope, hotel_ids: tuple[int, ...] | list[int] | None = None) -> list[str]:
        """The alert types that occur, for a filter."""
        scope.require("alerts.read")
        with self.database.reading() as connection:
            return queries.alert_types(connection, _hotels(scope, hotel_ids))

    def detail(self, scope: Scope, alert_id: int, days: int = 30) -> AlertDetail:
        """Everything about one alert; one outside the scope is ``not_found``, as if it did not exist."""
        with self.database.reading() as connection:
            alert = self._found(scope, connection, alert_id)
            series = self._series(connection, alert, days)
            events = queries.timeline(connection, alert_id)
            peers = self._peers(connection, alert)
            _, twin_id = open_twins(connection, [alert_id]).get(alert_id, (None, None))
        metric = METRIC_TYPES.get(alert.metric_type)
        unit = metric.unit if metric else "unit.units"
        remedy, can_reopen = remedy_of(alert, events), twin_id is None and reopens(alert, events)
        return AlertDetail(alert, events, series, unit, peers, remedy, twin_id, can_reopen)

    def series(self, scope: Scope, alert_id: int, days: int = 30) -> AlertSeries:
        """What was measured before and after an alert."""
        with self.database.reading() as connection:
            return self._series(connection, self._found(scope, connection, alert_id), days)

    def _peers(self, connection: Any, alert: AlertRow) -> tuple[PeerRange, ...]:
        """How the like of the alert's entity did at its last anomalous interval."""
        if not is_comparable(alert.alert_type, alert.metric_type, alert.entity_type, alert.message_id):
            return ()
        moment = Moment(alert.hotel_id, alert.metric_type, alert.entity_id, alert.last_seen_at, alert.time_zone)
        if alert.metric_type == "tuketim_miktar" and alert.room_id is not None:
            product_id = alert.product_id if alert.entity_type == "minibar_slot" else None
            return room_ranges(peer_queries.room_peers(connection, moment, alert.room_id, product_id))
        if alert.entity_type == "staff" and alert.metric_type != "tuketim_miktar":
            return staff_ranges(peer_queries.staff_peers(connection, moment))
        return other_ranges(peer_queries.other_entities(connection, moment))

    def mark_read(self, scope: Scope, alert_id: int) -> None:
        """Opening an alert marks it read (A5.3); the first reading is kept, each view audited (A9.4).

        Looking at it again within ``VIEW_LASTS`` is the same view.
        """
        scope.require("alerts.read")
        now = self.clock.now()
        with self.database.transaction() as connection:
            hotel_id = scope.require_row(queries.hotel_of_locked(connection, alert_id), f"alert {alert_id}")
            if queries.mark_read(connection, alert_id, now):
                queries.add_event(connection, alert_id, "read", {}, at=now, actor=scope.actor)
                versions.bump(connection, hotel_id, "alerts")
            audit.record(
                connection, scope.actor, "alert_viewed", hotel_id=hotel_id, entity=f"alert {alert_id}",
                unless_within=VIEW_LASTS,
            )  # fmt: skip

    def suppressions(self, scope: Scope, hotel_ids: tuple[int, ...] | list[int] | None = None) -> list[SuppressionRow]:
        """The situations that verdicts keep silent now, until when, and how many anomalies each has hidden."""
        scope.require("alerts.read")
        with self.database.reading() as connection:
            return verdicts.suppressions(connection, _hotels(scope, hotel_ids), self.clock.now(), SILENT_FOR)

    def _found(self, scope: Scope, connection: Any, alert_id: int) -> AlertRow:
        scope.require("alerts.read")
        alert = queries.find(connection, alert_id)
        if alert is None:
            raise AppError("not_found", 404, params={"what": f"alert {alert_id}"})
        scope.require_row(alert.hotel_id, f"alert {alert_id}")
        return alert

    def _series(self, connection: Any, alert: AlertRow, days: int) -> AlertSeries:
        span = window(alert.started_at, alert.last_seen_at, self.clock.now(), timedelta(days=days))
        return read(connection, self.history, alert, span)


def _hotels(scope: Scope, wanted: tuple[int, ...] | list[int] | None) -> list[int] | None:
    return scope.hotel_filter(None if wanted is None else list(wanted))
