"""The audit log: who did what, written in the transaction of the deed."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, text

from core.masking import masked
from core.request_context import current_request

# The time limits a repetition, and finds it by the index of the entity.
RECORD = """
INSERT INTO audit_log (actor, role, action, hotel_id, entity, address, request_id, details, before, after)
SELECT :actor, :role, :action, :hotel_id, :entity, :address, :request_id,
    CAST(:details AS jsonb), CAST(:before AS jsonb), CAST(:after AS jsonb)
WHERE CAST(:seconds AS double precision) IS NULL OR NOT EXISTS (
    SELECT FROM audit_log
    WHERE entity = :entity AND occurred_at > now() - CAST(:seconds AS double precision) * interval '1 second'
        AND actor = :actor AND action = :action
)
"""


def record(
    connection: Connection,
    actor: str,
    action: str,
    *,
    role: str | None = None,
    hotel_id: int | None = None,
    entity: str | None = None,
    details: dict[str, Any] | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    unless_within: timedelta | None = None,
) -> None:
    """Append one entry; nothing updates or deletes entries. Role, address and id are the request's.

    Secrets are masked. ``before`` and ``after`` are what the deed changed, by field. With ``unless_within`` nothing is
    written when the actor did the same to the entity that short a time ago.
    """
    request = current_request()
    known_role = request.role if request.actor == actor else None
    connection.execute(
        text(RECORD),
        {
            "actor": actor, "role": role or known_role, "action": action, "hotel_id": hotel_id, "entity": entity,
            "address": request.address, "request_id": request.request_id, "details": _json(details),
            "before": _json(before), "after": _json(after),
            "seconds": unless_within.total_seconds() if unless_within else None,
        },
    )  # fmt: skip


def _json(values: dict[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(masked(values), default=str)
