"""Commands of people on many alerts at once: the change, its undo, the timeline, all in one statement each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.queries.alerts import EventRow
from db.queries.hotel_scope import of_hotels, these_hotels

# Every column that a person's command may change, with its type.
COLUMNS = {
    "acknowledged_at": "timestamptz", "acknowledged_by": "text", "assigned_to": "text", "snoozed_until": "timestamptz",
    "closed_at": "timestamptz", "closed_reason": "text", "verdict": "text", "verdict_by": "text",
    "verdict_at": "timestamptz", "verdict_note": "text",
}  # fmt: skip
# Another open alert of the same cause: there is never a second one.
TWIN = (
    "SELECT o.id FROM ml_alerts o WHERE o.hotel_id = a.hotel_id AND o.alert_type = a.alert_type "
    "AND o.entity_type = a.entity_type AND o.entity_id = a.entity_id AND o.id <> a.id AND o.closed_at IS NULL"
)
# Of several that are opened together, the newest of a cause.
TOGETHER = TWIN.replace("o.closed_at IS NULL", "(o.closed_at IS NULL OR o.id = ANY(:ids) AND o.id > a.id)")
ALONE = f"NOT EXISTS ({TOGETHER})"
# While a verdict keeps it closed its cause goes on being watched: normal again, or not seen for long.
ENDED = """(a.normal_count >= CASE WHEN a.alert_type = ANY(CAST(:facts AS text[])) THEN 1 ELSE :normals END
    OR greatest(a.closed_at, a.last_seen_at, (SELECT max(e.occurred_at) FROM ml_alert_events e
        WHERE e.alert_id = a.id AND e.kind = 'suppressed')) < :quiet_before)"""
RESTORES = f"a.closed_reason = ANY(CAST(:dismissing AS text[])) AND {ALONE} AND NOT {ENDED}"
BY_PERSON = (
    "(SELECT e.actor FROM ml_alert_events e WHERE e.alert_id = a.id AND e.kind = 'closed' ORDER BY e.id DESC LIMIT 1) "
    "<> 'system'"
)
SILENCING = "closed_at = CASE WHEN :closes THEN coalesce(a.closed_at, :at) ELSE a.closed_at END, closed_reason = "
# What a command sets, and where: done twice it changes nothing the second time.
COMMANDS = {
    "acknowledged": ("acknowledged_at = :at, acknowledged_by = :actor", "a.acknowledged_at IS NULL"),
    "assigned": ("assigned_to = :assignee", "a.assigned_to IS DISTINCT FROM :assignee"),
    "snoozed": ("snoozed_until = :until", "a.closed_at IS NULL AND a.snoozed_until IS DISTINCT FROM :until"),
    "verdict": (
        "verdict = :verdict, verdict_by = :actor, verdict_at = :at, verdict_note = :note, " + SILENCING +
        "CASE WHEN :closes AND a.closed_at IS NULL THEN :verdict ELSE a.closed_reason END",
        "(a.verdict, a.verdict_note) IS DISTINCT FROM (:verdict, :note)",
    ),
    "verdict_withdrawn": (
        "verdict = NULL, verdict_by = NULL, verdict_at = NULL, verdict_note = NULL, "
        f"closed_at = CASE WHEN {RESTORES} THEN NULL ELSE a.closed_at END, "
        f"closed_reason = CASE WHEN {RESTORES} THEN NULL ELSE a.closed_reason END",
        "a.verdict IS NOT NULL",
    ),
    "verdict_restored": (
        "verdict = target.v_verdict, verdict_by = target.v_by, verdict_at = target.v_at, verdict_note = target.v_note, "
        f"closed_at = CASE WHEN target.closes THEN coalesce(a.closed_at, :at) WHEN {RESTORES} THEN NULL "
        "ELSE a.closed_at END, closed_reason = CASE WHEN target.closes AND a.closed_at IS NULL THEN target.v_verdict "
        f"WHEN NOT target.closes AND {RESTORES} THEN NULL ELSE a.closed_reason END",
        "(a.verdict, a.verdict_by, a.verdict_at, a.verdict_note) IS DISTINCT FROM "
        "(v.verdict, v.verdict_by, v.verdict_at, v.verdict_note)",
    ),
    "closed": ("closed_at = :at, closed_reason = :reason", "a.closed_at IS NULL"),
    "reopened_by_hand": (
        "closed_at = NULL, closed_reason = NULL",
        "a.closed_at IS NOT NULL AND NOT coalesce(a.verdict = ANY(CAST(:dismissing AS text[])), false) "
        f"AND {BY_PERSON} AND {ALONE}",
    ),
}  # fmt: skip
BEFORE = ", ".join(f"'{name}', a.{name}" for name in COLUMNS)
TYPES = {"assignee": "text", "until": "timestamptz", "verdict": "text", "note": "text", "reason": "text"}
# Nobody changed it since the action, and no incident of the same cause began meanwhile.
UNDOES = (
    "a.triage_version = r.version_after "
    f"AND NOT (r.before->>'closed_at' IS NULL AND a.closed_at IS NOT NULL AND EXISTS ({TWIN}))"
)
RESTORED = ", ".join(f"{name} = (r.before->>'{name}')::{kind}" for name, kind in COLUMNS.items())

# What an undone action had changed stands again as the action before it left it, so that this one can be undone too.
STANDS_AGAIN = """
UPDATE alert_action_rows earlier SET version_after = a.triage_version
  FROM alert_action_rows undone JOIN ml_alerts a ON a.id = undone.alert_id
 WHERE undone.action_id = :id AND a.id = ANY(:ids) AND earlier.alert_id = a.id
   AND earlier.version_after = undone.version_after - 1"""

# Verdicts that are given back, each as somebody gave it: what the command sets differs from alert to alert.
GIVEN = {
    "verdict_restored": (
        ", v.verdict AS v_verdict, v.verdict_by AS v_by, v.verdict_at AS v_at, v.verdict_note AS v_note, "
        "v.verdict = ANY(CAST(:dismissing AS text[])) AS closes",
        "JOIN jsonb_to_recordset(CAST(:verdicts AS jsonb)) AS v(id bigint, verdict text, verdict_by text, "
        "verdict_at timestamptz, verdict_note text) ON v.id = a.id",
        "jsonb_build_object('verdict', jsonb_build_object('id', 'verdict.' || target.v_verdict)) || :details",
    ),
}  # fmt: skip

# One statement: lock, change, remember what was, tell the timeline.
ACT = f"""
WITH target AS (
    SELECT a.id, a.closed_at IS NULL AS was_open, jsonb_build_object({BEFORE}) AS before{{given}}
      FROM ml_alerts a {{source}}
     WHERE a.id = ANY(:ids) AND {of_hotels("a.hotel_id")}
       AND {{condition}}
     ORDER BY a.id FOR UPDATE OF a
), changed AS (
    UPDATE ml_alerts a SET {{changes}}, triage_version = a.triage_version + 1 FROM target
     WHERE a.id = target.id RETURNING a.id, a.hotel_id, a.triage_version, a.closed_at
), action AS (
    INSERT INTO alert_actions (kind, actor, done_at)
    SELECT :kind, :actor, :at WHERE EXISTS (SELECT 1 FROM changed) RETURNING id
), remembered AS (
    INSERT INTO alert_action_rows (action_id, alert_id, before, version_after)
    SELECT action.id, changed.id, target.before, changed.triage_version
      FROM action, changed JOIN target USING (id)
), told AS (
    INSERT INTO ml_alert_events (alert_id, occurred_at, actor, kind, details)
    SELECT changed.id, :at, :actor, :kind, {{details}} FROM changed JOIN target USING (id)
)
SELECT (SELECT id FROM action) AS action_id, array_agg(changed.id ORDER BY changed.id) AS ids,
       array_agg(DISTINCT changed.hotel_id) AS hotels,
       array_agg(changed.id) FILTER (WHERE target.was_open AND changed.closed_at IS NOT NULL) AS closed,
       array_agg(changed.id) FILTER (WHERE NOT target.was_open) AS closed_before,
       array_agg(changed.id) FILTER (WHERE NOT target.was_open AND changed.closed_at IS NULL) AS reopened
  FROM changed JOIN target USING (id)"""


@dataclass(frozen=True)
class Done:
    """What a command changed; ``action_id`` undoes it, None when it changed nothing."""

    action_id: int | None
    alert_ids: tuple[int, ...] = ()
    hotel_ids: tuple[int, ...] = ()
    closed_ids: tuple[int, ...] = ()  # open before, closed by it
    closed_before_ids: tuple[int, ...] = ()  # closed already
    reopened_ids: tuple[int, ...] = ()  # closed before, opened by it
    left_ids: tuple[int, ...] = ()  # of an undo: changed by somebody since, and left as they are


def act(
    connection: Connection, kind: str, alert_ids: Sequence[int], hotel_ids: Sequence[int] | None, *,
    values: dict[str, Any], details: dict[str, Any],
) -> Done:  # fmt: skip
    """Apply one of ``COMMANDS`` to those of the alerts that it changes; ``values``: at, actor and what it names.

    One line of the timeline an alert says ``details``. ``hotel_ids``: alerts of other hotels are left alone.
    """
    changes, condition = COMMANDS[kind]
    given_columns, source, told = GIVEN.get(kind, ("", "", ":details"))
    query = ACT.format(changes=changes, condition=condition, given=given_columns, source=source, details=told)
    for name, kind_of in TYPES.items():
        query = query.replace(f":{name}", f"CAST(:{name} AS {kind_of})") if name in values else query
    statement = text(query).bindparams(bindparam("details", type_=JSONB))
    given = {"ids": list(alert_ids), "hotel_ids": these_hotels(hotel_ids), "kind": kind}
    row = connection.execute(statement, {**given, **values, "details": details}).one()
    if row.action_id is None:
        return Done(None)
    parts = (row.ids, row.hotels, row.closed, row.closed_before, row.reopened)
    return Done(row.action_id, *(tuple(part or ()) for part in parts))


def open_twins(connection: Connection, alert_ids: Sequence[int]) -> dict[int, tuple[str | None, int | None]]:
    """Of those that are closed: why, and the open alert of the same cause, if there is one."""
    query = (
        f"SELECT a.id, a.closed_reason, ({TWIN}) AS twin FROM ml_alerts a "
        "WHERE a.id = ANY(:ids) AND a.closed_at IS NOT NULL"
    )
    found = connection.execute(text(query), {"ids": list(alert_ids)})
    return {row.id: (row.closed_reason, row.twin) for row in found}


def add_events(
    connection: Connection, alert_ids: Sequence[int], kind: str, details: dict[str, Any], *, at: datetime, actor: str
) -> None:
    """The same line in the timelines of some alerts."""
    statement = text(
        "INSERT INTO ml_alert_events (alert_id, occurred_at, actor, kind, details) "
        "SELECT id, :at, :actor, :kind, :details FROM unnest(CAST(:ids AS bigint[])) AS id"
    ).bindparams(bindparam("details", type_=JSONB))
    given = {"ids": list(alert_ids), "at": at, "actor": actor, "kind": kind, "details": details}
    connection.execute(statement, given)


def visible(connection: Connection, alert_ids: Sequence[int], hotel_ids: Sequence[int] | None) -> dict[int, int]:
    """Hotel by alert, of those that the caller may see."""
    query = f"SELECT id, hotel_id FROM ml_alerts WHERE id = ANY(:ids) AND {of_hotels()}"
    given = {"ids": list(alert_ids), "hotel_ids": these_hotels(hotel_ids)}
    return {row.id: row.hotel_id for row in connection.execute(text(query), given)}


def decided(connection: Connection, alert_id: int) -> Mapping[str, Any]:
    """What people decided about an alert (``COLUMNS``); the row stays locked."""
    query = f"SELECT {', '.join(COLUMNS)} FROM ml_alerts WHERE id = :id FOR UPDATE"
    return dict(connection.execute(text(query), {"id": alert_id}).mappings().one())


def last_change(connection: Connection, alert_id: int) -> EventRow:
    """The newest line of the timeline that decided something."""
    query = (
        "SELECT occurred_at, actor, kind, coalesce(details, '{}') AS details FROM ml_alert_events "
        "WHERE alert_id = :id AND kind NOT IN ('read', 'comment', 'suppressed') ORDER BY id DESC LIMIT 1"
    )
    return EventRow(**connection.execute(text(query), {"id": alert_id}).mappings().one())


def undo(
    connection: Connection, action_id: int, actor: str, hotel_ids: Sequence[int] | None, *, at: datetime,
    within: timedelta, done_by: str | None = None,
) -> Done | None:  # fmt: skip
    """Put back what an action of ``actor`` (or of ``done_by``) changed, alert by alert where nobody changed it since.

    None: there is no such action of theirs, it is older than ``within``, or it was undone already. An alert whose
    incident began anew meanwhile stays closed.
    """
    claimed = connection.execute(
        text(
            "UPDATE alert_actions SET undone_at = :at WHERE id = :id AND actor = :actor AND undone_at IS NULL "
            "AND done_at > :oldest RETURNING kind"
        ),
        {"id": action_id, "actor": done_by or actor, "at": at, "oldest": at - within},
    ).scalar()
    if claimed is None:
        return None
    query = f"""
        UPDATE ml_alerts a SET {RESTORED}, triage_version = a.triage_version + 1
          FROM alert_action_rows r
         WHERE r.action_id = :id AND a.id = r.alert_id AND {UNDOES} AND {of_hotels("a.hotel_id")}
        RETURNING a.id, a.hotel_id"""
    given = {"id": action_id, "hotel_ids": these_hotels(hotel_ids)}
    rows = connection.execute(text(query), given).all()
    ids = [row.id for row in rows]
    connection.execute(text(STANDS_AGAIN), {"id": action_id, "ids": ids})
    left = connection.execute(
        text("SELECT alert_id FROM alert_action_rows WHERE action_id = :id AND NOT alert_id = ANY(:ids) ORDER BY 1"),
        {"id": action_id, "ids": ids},
    ).scalars()
    add_events(connection, ids, "undone", {"what": {"id": f"triage.undone_{claimed}"}}, at=at, actor=actor)
    return Done(action_id, tuple(ids), tuple({row.hotel_id for row in rows}), left_ids=tuple(left))
