"""Silences as people make, see and lift them; the board asks for them when it reads (A5.8)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from db.queries import audit, versions
from db.queries import silences as queries
from db.queries.silences import SilenceRow
from db.session import Database
from pipeline.alerts.silences.silence import Silence

__all__ = ["Silence", "SilenceRow", "SilenceService"]

SHOWN_FOR = timedelta(days=30)


@dataclass(frozen=True)
class SilenceService:
    """A silence hides alerts and deletes nothing: lifted, what it hid is shown again."""

    database: Database
    clock: Clock

    def add(self, scope: Scope, hotel_id: int, silence: Silence) -> int:
        """Hide what it names from now on; its id. Raises ``silence_wrong`` and ``not_found`` for others' entities."""
        scope.require("alerts.triage")
        scope.require_hotel(hotel_id)
        silence.check()
        entities = {"floors": silence.floor_id, "rooms": silence.room_id, "products": silence.product_id}
        entity = "room" if silence.room_id else "product" if silence.product_id else None
        with self.database.transaction() as connection:
            for table, row_id in entities.items():
                if row_id is not None and not queries.is_of_hotel(connection, table, row_id, hotel_id):
                    raise AppError("not_found", 404, params={"what": f"{table} {row_id}"})
            values: dict[str, Any] = {
                "hotel_id": hotel_id, "alert_type": silence.alert_type, "floor_id": silence.floor_id,
                "entity_type": entity, "entity_id": silence.room_id or silence.product_id,
                "starts_at": silence.starts_at, "ends_at": silence.ends_at,
                "weekdays": sorted(silence.weekdays) or None, "from_minute": silence.from_minute,
                "until_minute": silence.until_minute, "reason": silence.reason.strip(), "created_by": scope.actor,
                "created_at": self.clock.now(),
            }  # fmt: skip
            silence_id = queries.add(connection, values)
            self._record(connection, scope, "alert_silenced", hotel_id, silence_id)
        return silence_id

    def lift(self, scope: Scope, silence_id: int) -> None:
        """End it: what it hid is shown again. Raises ``not_found``."""
        scope.require("alerts.triage")
        with self.database.transaction() as connection:
            hotel_id = scope.require_row(queries.hotel_of(connection, silence_id), f"silence {silence_id}")
            if queries.lift(connection, silence_id, scope.actor, self.clock.now()):
                self._record(connection, scope, "alert_silence_lifted", hotel_id, silence_id)

    def listed(self, scope: Scope, hotel_ids: list[int] | None = None) -> list[SilenceRow]:
        """Silences that last, begin later, or ended in the last month, with how many alerts each hides."""
        scope.require("alerts.read")
        with self.database.reading() as connection:
            return queries.listed(connection, scope.hotel_filter(hotel_ids), self.clock.now() - SHOWN_FOR)

    def _record(self, connection: Any, scope: Scope, action: str, hotel_id: int, silence_id: int) -> None:
        audit.record(connection, scope.actor, action, hotel_id=hotel_id, entity=f"silence {silence_id}")
        versions.bump(connection, hotel_id, "alerts")
