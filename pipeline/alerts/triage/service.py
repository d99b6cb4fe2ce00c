"""People's commands on alerts, one or hundreds at a time: each undoable, in the timeline and audited (A5.7, A5.8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from db.queries import audit, incidents, versions
from db.queries import identity as users
from db.queries import triage as queries
from db.queries.alerts import AlertRow, EventRow
from db.queries.triage import Done
from db.session import Database
from identity.permissions import allows
from pipeline.alerts.lifecycle import FACTS, NORMALS_TO_CLOSE, QUIET_FOR, closing
from pipeline.detection.suppression import SILENT_FOR

__all__ = ["MOST_AT_ONCE", "VERDICTS", "Done", "TriageService"]

VERDICTS = ("dogru", "yanlis_pozitif", "beklenen", "test")
MOST_AT_ONCE = 1_000
LONGEST_SNOOZE = timedelta(days=90)
UNDO_WITHIN = timedelta(minutes=15)
MOST_CHARACTERS = 2_000
AUDITED = {"verdict": "judged", "reopened_by_hand": "reopened"}  # in the audit log's words
# What a command decides about: it is refused when somebody else decided since the person looked.
DECIDED = {
    "acknowledged": ("acknowledged_at", "closed_at"),
    "assigned": ("assigned_to",),
    "snoozed": ("snoozed_until", "closed_at"),
    "closed": ("closed_at",),
    "verdict": ("verdict", "verdict_at"),
    "verdict_withdrawn": ("verdict", "verdict_at"),
    "reopened_by_hand": ("closed_at", "verdict"),
}
ASKED = ("assignee", "until", "verdict", "note", "reason")  # values of commands that are worth telling
OPENING = ("verdict_withdrawn", "reopened_by_hand")  # wait for detection, which may be opening another of the cause
Ids = Sequence[int]
Seen = AlertRow | None
Values = dict[str, Any]


@dataclass(frozen=True)
class Command:
    """One of ``db.queries.triage.COMMANDS`` with what it names, and what the timeline says of it."""

    kind: str
    values: dict[str, Any]
    details: dict[str, Any]


@dataclass(frozen=True)
class TriageService:
    """Alerts outside the caller's hotels are left alone, as if they did not exist.

    ``seen``: one alert as the person saw it. What somebody else decided since is not overwritten: ``alert_changed``
    says who did what, and nothing is stored.
    """

    database: Database
    clock: Clock

    def acknowledge(self, scope: Scope, alert_ids: Ids, note: str | None = None, seen: Seen = None) -> Done:
        """Somebody looks after them."""
        return self._act(scope, alert_ids, Command("acknowledged", {}, {"note": note or ""}), seen)

    def assign(self, scope: Scope, alert_ids: Ids, assignee: str | None, seen: Seen = None) -> Done:
        """Somebody is to look after them; None: nobody in particular any more.

        Raises ``user_unknown`` (404) for who does not exist or may not look at all of them.
        """
        if assignee is not None and assignee != scope.actor:
            self._require_reader(scope, alert_ids, assignee)
        who = {"who": assignee} if assignee else {"who": {"id": "triage.nobody"}}
        return self._act(scope, alert_ids, Command("assigned", {"assignee": assignee}, who), seen)

    def snooze(self, scope: Scope, alert_ids: Ids, until: datetime | None, seen: Seen = None) -> Done:
        """Not on the board until then, however often they are seen; None wakes them.

        Raises ``snooze_wrong`` for the past and for more than 90 days.
        """
        now = self.clock.now()
        if until is not None and not now < until <= now + LONGEST_SNOOZE:
            raise AppError("snooze_wrong", params={"days": LONGEST_SNOOZE.days})
        told = {"until": {"instant": until.isoformat()} if until else {"id": "triage.awake"}}
        return self._act(scope, alert_ids, Command("snoozed", {"until": until}, told), seen)

    def close(self, scope: Scope, alert_ids: Ids, reason: str, seen: Seen = None) -> Done:
        """Resolved by a person; ``reason`` in their own words."""
        return self._act(scope, alert_ids, Command("closed", {"reason": reason}, {"reason": reason}), seen)

    def judge(self, scope: Scope, alert_ids: Ids, verdict: str, note: str | None = None, seen: Seen = None) -> Done:
        """Were they right (A6.2)? What was false or expected is closed, and its situation stays silent (A6.3)."""
        if verdict not in VERDICTS:
            raise AppError("unknown_verdict", params={"verdict": verdict, "known": ", ".join(VERDICTS)})
        values = {"verdict": verdict, "note": note, "closes": verdict in SILENT_FOR}
        told = {"verdict": {"id": f"verdict.{verdict}"}, "note": note or ""}
        return self._act(scope, alert_ids, Command("verdict", values, told), seen)

    def withdraw_verdict(self, scope: Scope, alert_ids: Ids, seen: Seen = None) -> Done:
        """Take verdicts back: what they kept silent is raised again, and nothing is learned from them any more.

        An alert that a verdict closed is open again as it was, unless its cause ended meanwhile or is open as another.
        """
        return self._act(scope, alert_ids, Command("verdict_withdrawn", self._ending(), {}), seen)

    def reopen(self, scope: Scope, alert_ids: Ids, seen: Seen = None) -> Done:
        """What a person closed is open again. Raises ``alert_open_elsewhere`` for one whose cause is open already."""
        command = Command("reopened_by_hand", {"dismissing": list(SILENT_FOR)}, {})
        done = self._act(scope, alert_ids, command, seen)
        if done.action_id is None and len(alert_ids) == 1:
            with self.database.reading() as connection:
                _, twin_id = queries.open_twins(connection, alert_ids).get(alert_ids[0], (None, None))
            if twin_id is not None:
                raise AppError("alert_open_elsewhere", 409)
        return done

    def comment(self, scope: Scope, alert_id: int, note: str) -> None:
        """Words for the timeline; raises ``comment_missing``."""
        scope.require("alerts.triage")
        if not note.strip():
            raise AppError("comment_missing")
        told = {"note": note.strip()[:MOST_CHARACTERS]}
        with self.database.transaction() as connection:
            hotels = self._visible(connection, scope, [alert_id])
            queries.add_events(connection, [alert_id], "comment", told, at=self.clock.now(), actor=scope.actor)
            self._record(connection, scope, "alert_comment", [alert_id], hotels.values(), told=({}, told))

    def undo(self, scope: Scope, action_id: int) -> Done:
        """Put back what one's own action changed a moment ago, except alerts that somebody changed since.

        Raises ``undo_too_late`` after 15 minutes, for another person's action, and the second time.
        """
        scope.require("alerts.triage")
        with self.database.transaction() as connection:
            now, hotels = self.clock.now(), scope.hotel_filter()
            done = queries.undo(connection, action_id, scope.actor, hotels, at=now, within=UNDO_WITHIN)
            if done is None:
                raise AppError("undo_too_late", 409)
            self._record(connection, scope, "alert_undone", done.alert_ids, done.hotel_ids)
        return done

    def restore_within(
        self, connection: Any, scope: Scope, hotel_id: int, *, verdicts: Sequence[Values], withdrawn: Ids, backup: str
    ) -> list[Done]:
        """Verdicts as they stood in a backup, in the caller's transaction; ``undo_within`` takes it back.

        ``verdicts``: id, verdict, verdict_by, verdict_at, verdict_note; what they say is closed and kept silent as
        when they were given. ``withdrawn``: alerts that nobody had judged then; see ``withdraw_verdict``.
        """
        scope.require("alerts.triage")
        now, actor, told = self.clock.now(), scope.actor, {"backup": backup}
        incidents.lock_alerts(connection, hotel_id)
        values = {"at": now, "actor": actor, **self._ending()}
        back = queries.act(connection, "verdict_withdrawn", withdrawn, [hotel_id], values=values, details=told)
        ids = [int(one["id"]) for one in verdicts]
        given = values | {"verdicts": incidents.as_json(verdicts)}
        done = queries.act(connection, "verdict_restored", ids, [hotel_id], values=given, details=told)
        judged_open = {one["id"] for one in verdicts if one["verdict"] not in SILENT_FOR}
        still_closed = tuple(alert_id for alert_id in done.closed_before_ids if alert_id in judged_open)
        for one in (back, replace(done, closed_before_ids=still_closed)):
            _tell_reopening(connection, one, now, actor)
        for verdict in SILENT_FOR:
            closed = [one["id"] for one in verdicts if one["verdict"] == verdict and one["id"] in done.closed_ids]
            event = closing(verdict)
            queries.add_events(connection, closed, event.kind, event.details, at=now, actor=actor)
        versions.bump(connection, hotel_id, "alerts")
        return [one for one in (back, done) if one.action_id is not None]

    def undo_within(
        self, connection: Any, scope: Scope, hotel_id: int, action_id: int, *, done_by: str, within: timedelta
    ) -> Done | None:
        """Take back what ``restore_within`` did, except where somebody decided since; None when it was taken back."""
        scope.require("alerts.triage")
        incidents.lock_alerts(connection, hotel_id)
        done = queries.undo(
            connection, action_id, scope.actor, [hotel_id], at=self.clock.now(), within=within, done_by=done_by
        )  # fmt: skip
        versions.bump(connection, hotel_id, "alerts")
        return done

    def _ending(self) -> Values:
        """What decides whether an alert that a verdict closed is open again without it."""
        quiet_before = self.clock.now() - QUIET_FOR
        return {
            "dismissing": list(SILENT_FOR), "facts": sorted(FACTS), "normals": NORMALS_TO_CLOSE,
            "quiet_before": quiet_before,
        }  # fmt: skip

    def _act(self, scope: Scope, alert_ids: Ids, command: Command, seen: Seen) -> Done:
        scope.require("alerts.triage")
        if len(alert_ids) > MOST_AT_ONCE:
            raise AppError("too_many_alerts", params={"limit": MOST_AT_ONCE})
        now, kind = self.clock.now(), command.kind
        with self.database.transaction() as connection:
            visible = self._visible(connection, scope, alert_ids)
            for hotel_id in sorted(set(visible.values())) if kind in OPENING else ():
                incidents.lock_alerts(connection, hotel_id)
            if seen is not None:
                _refuse_stale(connection, kind, seen)
            before = _decided(connection, alert_ids)
            given = {"at": now, "actor": scope.actor, **command.values}
            hotels, details = scope.hotel_filter(), command.details
            done = queries.act(connection, kind, alert_ids, hotels, values=given, details=details)
            if kind == "verdict" and done.closed_ids:
                event = closing(str(given["verdict"]))
                queries.add_events(connection, done.closed_ids, event.kind, event.details, at=now, actor=scope.actor)
            if kind == "verdict_withdrawn":
                _tell_reopening(connection, done, now, scope.actor)
            if done.action_id is not None:
                told = (before, _decided(connection, alert_ids)) if before else ({}, _asked(command))
                action = f"alert_{AUDITED.get(kind, kind)}"
                self._record(connection, scope, action, done.alert_ids, done.hotel_ids, told=told)
        return done

    def _require_reader(self, scope: Scope, alert_ids: Ids, username: str) -> None:
        scope.require("alerts.triage")
        with self.database.reading() as connection:
            hotels = set(self._visible(connection, scope, alert_ids).values())
            user = users.user_of_name(connection, username)
        can_read = user is not None and user.is_active and allows(user.role, "alerts.read")
        if user is None or not can_read or not (user.sees_all_hotels or hotels <= user.hotels):
            raise AppError("user_unknown", 404, params={"username": username})

    def _visible(self, connection: Any, scope: Scope, alert_ids: Ids) -> dict[int, int]:
        """Hotel by alert; a single alert that is not visible is ``not_found``."""
        found = queries.visible(connection, alert_ids, scope.hotel_filter())
        if not found and len(alert_ids) == 1:
            anywhere = queries.visible(connection, alert_ids, None)
            scope.require_row(anywhere.get(alert_ids[0]), f"alert {alert_ids[0]}")
        return found

    def _record(
        self, connection: Any, scope: Scope, action: str, alert_ids: Ids, hotel_ids: Any,
        *, told: tuple[Values, Values] = ({}, {}),
    ) -> None:  # fmt: skip
        """The audit line with what was and what is, and the version of each hotel whose alerts changed."""
        hotels = sorted(set(hotel_ids))
        one = f"alert {alert_ids[0]}" if len(alert_ids) == 1 else f"{len(alert_ids)} alerts"
        before, after = ({name: side[name] for name in side if told[0].get(name) != told[1].get(name)} for side in told)
        hotel = hotels[0] if len(hotels) == 1 else None
        audit.record(
            connection, scope.actor, action, hotel_id=hotel, entity=one, details={"alerts": list(alert_ids)},
            before=before or None, after=after or None,
        )  # fmt: skip
        for hotel_id in hotels:
            versions.bump(connection, hotel_id, "alerts")


def _decided(connection: Any, alert_ids: Ids) -> Values:
    """What people decided about a single alert; nothing for several, of which the timelines tell."""
    return dict(queries.decided(connection, alert_ids[0])) if len(alert_ids) == 1 else {}


def _asked(command: Command) -> Values:
    return {name: command.values[name] for name in ASKED if name in command.values}


def reopens(alert: AlertRow, events: Sequence[EventRow]) -> bool:
    """Whether ``reopen`` is for it: a person closed it, by no verdict that stands. ``events``: newest first."""
    closed = next((event for event in events if event.kind == "closed"), None)
    by_person = closed is not None and closed.actor != "system"
    return alert.closed_at is not None and alert.verdict not in SILENT_FOR and by_person


def _tell_reopening(connection: Any, done: Done, at: datetime, actor: str) -> None:
    """What taking verdicts back did to the alerts that a verdict had closed, in their timelines."""
    queries.add_events(connection, done.reopened_ids, "restored", {}, at=at, actor=actor)
    for alert_id, (reason, twin_id) in queries.open_twins(connection, done.closed_before_ids).items():
        if reason in SILENT_FOR:
            why = "triage.ended_meanwhile" if twin_id is None else "triage.open_elsewhere"
            queries.add_events(connection, [alert_id], "stays_closed", {"reason": {"id": why}}, at=at, actor=actor)


def _refuse_stale(connection: Any, kind: str, seen: AlertRow) -> None:
    """Raise ``alert_changed`` when what the command decides about is not what the person saw; the row stays locked."""
    now = queries.decided(connection, seen.id)
    if all(now[name] == getattr(seen, name) for name in DECIDED[kind]):
        return
    last = queries.last_change(connection, seen.id)
    what = {"id": f"alert_event.{last.kind}", "params": last.details}
    who = {"id": "board.system"} if last.actor == "system" else last.actor
    raise AppError("alert_changed", 409, params={"who": who, "at": last.occurred_at, "what": what})
