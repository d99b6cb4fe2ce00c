"""A hotel small enough to count by hand and old enough to be compared with itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, text

from core.scope import SYSTEM
from db.models import premises
from services import Services
from tests.integration.builders import build_hotel
from tests.pages.alerts import raise_alerts


@dataclass(frozen=True)
class SmallHotel:
    hotel_id: int
    code: str
    name: str
    alert_ids: list[int]


def small_hotel(services: Services, with_alerts: bool = True) -> SmallHotel:
    """Two rooms, one of them taken; four weeks of daily checks; one product nearly gone; four alerts."""
    now = services.clock.now()
    with services.database.transaction() as connection:
        built = build_hotel(connection)
        connection.execute(text("UPDATE products SET price = 4 WHERE hotel_id = :id"), {"id": built.hotel_id})
        for room, product in ((0, 0), (0, 1), (1, 0)):
            connection.execute(
                insert(premises.MinibarSlot),
                {"hotel_id": built.hotel_id, "room_id": built.rooms[room], "product_id": built.products[product]},
            )
        built.stay(connection, 0, (now - timedelta(days=40)).date(), (now + timedelta(days=2)).date())
        built.movement(connection, 0, now - timedelta(days=30), "giris", 70)
        for day in range(29, 0, -1):
            _one_day(connection, built, now - timedelta(days=day))
        code, name = connection.execute(
            text("SELECT code, name FROM hotels WHERE id = :id"), {"id": built.hotel_id}
        ).one()
    services.pipeline.metrics.collect(SYSTEM, built.hotel_id, now)
    alert_ids = raise_alerts(services, built.hotel_id, now - timedelta(hours=1)) if with_alerts else []
    return SmallHotel(built.hotel_id, code, name, alert_ids)


def _one_day(connection: object, built: object, at: datetime) -> None:
    """Two units of the first product found missing and put back, out of the store, in six minutes."""
    visit = built.visit(connection, 0, at, consumed={0: 2})  # type: ignore[attr-defined]
    built.check(connection, 0, at, at + timedelta(minutes=6), visit=visit)  # type: ignore[attr-defined]
    built.movement(connection, 0, at, "cikis", 2)  # type: ignore[attr-defined]
