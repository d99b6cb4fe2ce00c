"""A hotel for the page Refill times: timed refills that the tests count themselves."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from core.clock import local_midnight
from core.scope import SYSTEM
from db.models.ml import Metric, Score
from db.models.premises import Floor
from db.session import Database
from pipeline.metrics.archive.folder import ArchiveFolder
from pipeline.metrics.archive.service import MetricHistory
from reports.refill_times import RefillFilters, RefillTimes, RefillTimesService
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel
from tests.integration.reports.explored import TODAY, ZONE

MINUTE = timedelta(minutes=1)


@dataclass
class Refilled:
    """A hotel of two floors and three attendants (Çağla, Zeynep, İpek: made in this order) and its timed refills."""

    database: Database
    hotel: BuiltHotel
    floors: list[int]
    at: dict[tuple[int, date], datetime] = field(default_factory=dict)
    archive: Path = Path("/nonexistent")

    @property
    def history(self) -> MetricHistory:
        return MetricHistory(self.database, ArchiveFolder(self.archive))

    @property
    def id(self) -> int:
        return self.hotel.hotel_id

    def refill(
        self,
        staff: int,
        days_ago: int,
        minutes: float,
        *,
        units: float = 2,
        items: int = 1,
        room: int = 0,
        floor: int = 0,
        expected: float | None = None,
        score: float | None = 0.3,
    ) -> None:
        on = TODAY - timedelta(days=days_ago)
        at = self.at.get((staff, on), local_midnight(on, ZONE) + 8 * 60 * MINUTE) + MINUTE
        self.at[staff, on] = at
        staff_id = self.hotel.staff[staff]
        key = {"hotel_id": self.id, "metric_type": "dolum_sure", "entity_id": staff_id, "timestamp": at}
        extra = {"room_id": self.hotel.rooms[room], "floor_id": self.floors[floor], "items": items}
        row: dict[str, Any] = key | {
            "entity_type": "staff", "interval_start": at - minutes * MINUTE, "metric_value": minutes,
            "exposure": units, "extra_data": extra,
        }  # fmt: skip
        with self.database.transaction() as connection:
            connection.execute(insert(Metric), row)
            if expected is not None:
                judged = {"detector": "zscore", "expected": expected, "score": score, "observations": 30}
                connection.execute(insert(Score), key | judged)

    def found(self, days: int = 7, **filters: str) -> RefillTimes:
        return self.service.explore(SYSTEM, RefillFilters(self.id, days, **filters), NOW)

    @property
    def service(self) -> RefillTimesService:
        return RefillTimesService(self.database, self.history)


def refilled(database: Database) -> Refilled:
    with database.transaction() as connection:
        hotel = build_hotel(connection, rooms=8, staff=3, time_zone=ZONE)
        second = {"hotel_id": hotel.hotel_id, "number": 2, "name": "2"}
        floor = connection.execute(insert(Floor).returning(Floor.id), second).scalar_one()
        for staff_id, name in zip(hotel.staff, ("Çağla", "Zeynep", "İpek"), strict=True):
            connection.execute(
                text("UPDATE staff SET full_name = :name WHERE id = :id"), {"name": name, "id": staff_id}
            )
    return Refilled(database, hotel, [hotel.floors[0], int(floor)])
