"""A hotel whose rooms and products fire on demand, and the service under test."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from core.clock import FixedClock
from db.session import Database
from pipeline.alerts.service import AlertService
from pipeline.detection.anomaly import Anomaly, DetectionResult, Reason
from tests.cast import Cast, add_cast
from tests.integration.builders import BuiltHotel, build_hotel

TYPE = "tuketim_anomali"
Key = tuple[str, str, int]


@dataclass(frozen=True)
class Scene:
    """Fires anomalies of room totals of one hotel."""

    database: Database
    alerts: AlertService
    hotel: BuiltHotel

    def anomaly(
        self, room: int, at: datetime, *, signature: str = "test=room;occupancy=occupied", severity: str = "orta",
        value: float = 9.0, alert_type: str = TYPE,
    ) -> Anomaly:  # fmt: skip
        return Anomaly(
            alert_type, "tuketim_miktar", "room", self.hotel.rooms[room], at - timedelta(hours=20), at, value, 1.6,
            0.0, 4.0, 4.6, 5.1, severity, product_id=self.hotel.products[0],
            reasons=(Reason("reason.occupied", {"guests": 2, "nights": 1}),), context_signature=signature,
        )  # fmt: skip

    def result(self, at: datetime, anomalies: Iterable[Anomaly] = (), normal: Iterable[Key] = ()) -> DetectionResult:
        return DetectionResult(self.hotel.hotel_id, "tuketim_miktar", at, tuple(anomalies), frozenset(normal))

    def apply(self, at: datetime, *anomalies: Anomaly, normal: Iterable[Key] = ()) -> int:
        with self.database.transaction() as connection:
            return self.alerts.apply(connection, self.result(at, anomalies, normal))

    def fire(self, room: int, at: datetime, signature: str = "test=room;occupancy=occupied") -> int:
        return self.apply(at, self.anomaly(room, at, signature=signature))

    def calm(self, room: int, at: datetime) -> int:
        return self.apply(at, normal=[(TYPE, "room", self.hotel.rooms[room])])


@pytest.fixture
def scene(database: Database, clock: FixedClock) -> Scene:
    with database.transaction() as connection:
        hotel = build_hotel(connection, rooms=3)
    return Scene(database, AlertService(database, clock), hotel)


@pytest.fixture
def cast(scene: Scene, clock: FixedClock) -> Cast:
    """Who works in the scene's hotel, and Cem of another one."""
    with scene.database.transaction() as connection:
        other = build_hotel(connection)
    return add_cast(scene.database, clock, scene.hotel.hotel_id, other.hotel_id)
