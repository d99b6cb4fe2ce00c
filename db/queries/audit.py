"""The audit log: who did what, written in the transaction of the deed."""

import json
from typing import Any

from sqlalchemy import Connection, text


def record(
    connection: Connection,
    actor: str,
    action: str,
    *,
    hotel_id: int | None = None,
    entity: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Append one entry; nothing updates or deletes entries."""
    connection.execute(
        text(
            "INSERT INTO audit_log (actor, action, hotel_id, entity, details) "
            "VALUES (:actor, :action, :hotel_id, :entity, CAST(:details AS jsonb))"
        ),
        {
            "actor": actor,
            "action": action,
            "hotel_id": hotel_id,
            "entity": entity,
            "details": json.dumps(details) if details is not None else None,
        },
    )
