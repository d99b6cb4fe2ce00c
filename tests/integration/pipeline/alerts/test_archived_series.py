"""The chart of an alert is the same before and after its rows went to the archive (SPEC A7.4, A5.2)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import insert, text

from core.clock import FixedClock
from core.scope import SYSTEM
from db.models import premises
from db.models.ml import Metric, Score
from db.queries import alert_series
from db.queries.metric_values import Wanted
from db.session import Database
from operations.archive.archiving import Archiving
from pipeline.alerts.archived import Key, needed, shaped
from pipeline.alerts.service import AlertService
from pipeline.metrics.archive.folder import ArchiveFolder
from pipeline.metrics.archive.service import MetricHistory
from tests.integration.builders import BuiltHotel, build_hotel

ZONE = "Europe/Istanbul"


class House:
    """Six days of rows, long ago: stock, consumption of two rooms, answers on a floor, revenue, scans."""

    def __init__(self, database: Database, clock: FixedClock, folder: Path) -> None:
        self.database, self.clock = database, clock
        self.history = MetricHistory(database, ArchiveFolder(folder))
        self.archiving = Archiving(database, self.history.folder)
        self.began = clock.now() - timedelta(days=200)
        with database.transaction() as connection:
            self.hotel: BuiltHotel = build_hotel(connection, rooms=2, products=2, time_zone=ZONE)
            self.slots = [
                int(connection.execute(insert(premises.MinibarSlot).returning(premises.MinibarSlot.id), {
                    "hotel_id": self.hotel.hotel_id, "room_id": room, "product_id": product,
                }).scalar_one())
                for room in self.hotel.rooms for product in self.hotel.products
            ]  # fmt: skip
            for day in range(6):
                self._one_day(connection, day)

    def _one_day(self, connection: Any, day: int) -> None:
        at, hotel = self.began + timedelta(days=day, hours=3), self.hotel
        visit = hotel.visit(connection, 0, at, consumed={0: 1})
        for number, slot in enumerate(self.slots):
            extra = {"visit_id": visit if number < 2 else None, "occupancy": "occupied"}
            expected = None if (day, number) == (2, 0) else 0.5
            self._row(connection, "tuketim_miktar", slot, at, number + day, extra, expected)
        for number, room in enumerate(hotel.rooms):
            extra = {"floor_id": hotel.floors[0]}
            self._row(connection, "talep_yanit_sure", room, at + timedelta(minutes=number), 5.0 + day, extra, None)
            self._row(connection, "gelir_oda", room, at.replace(hour=21, minute=0, second=0), 9.0, {"units": 1}, 8.0)
        self._row(connection, "stok_seviye", hotel.products[0], at, 40.0 - day, {"inflow": day}, 41.0)
        self._row(connection, "zimmet_kullanim", hotel.staff[0], at, 4.0, {"balance": -day}, 4.5)

    def _row(
        self, connection: Any, metric_type: str, entity: int, at: Any, value: float, extra: Any, expected: float | None
    ) -> None:
        key = {"hotel_id": self.hotel.hotel_id, "metric_type": metric_type, "entity_id": entity, "timestamp": at}
        connection.execute(insert(Metric), key | {
            "entity_type": "x", "interval_start": at, "metric_value": value, "extra_data": extra,
        })  # fmt: skip
        connection.execute(insert(Score), key | {
            "detector": "x", "expected": expected, "lower": 0.0, "upper": 5.0, "observations": 30,
        })  # fmt: skip

    def keys(self) -> dict[str, Key]:
        hotel = self.hotel
        return {
            "own": ("stok_seviye", "stok_anomali", "product", hotel.products[0]),
            "slot": ("tuketim_miktar", "tuketim_anomali", "minibar_slot", self.slots[1]),
            "room": ("tuketim_miktar", "tuketim_anomali", "room", hotel.rooms[0]),
            "staff": ("tuketim_miktar", "tuketim_dusus", "staff", hotel.staff[0]),
            "hotel": ("tuketim_miktar", "tuketim_artis", "hotel", hotel.hotel_id),
            "floor": ("talep_yanit_sure", "talep_yavaslama", "floor", hotel.floors[0]),
            "revenue": ("gelir_oda", "gelir_dusus", "hotel", hotel.hotel_id),
            "beside": ("stok_seviye", "teslimat_sapma", "product", hotel.products[0]),
            "balance": ("zimmet_kullanim", "zimmet_tutarsizlik", "staff", hotel.staff[0]),
        }


@pytest.fixture
def house(database: Database, clock: FixedClock, tmp_path: Path) -> House:
    return House(database, clock, tmp_path)


NAMES = ("own", "slot", "room", "staff", "hotel", "floor", "revenue", "beside", "balance")


@pytest.mark.parametrize("name", NAMES)
def test_the_points_of_every_kind_of_alert_are_those_of_the_database(house: House, name: str) -> None:
    key, since, until = house.keys()[name], house.began, house.began + timedelta(days=9)
    with house.database.reading() as connection:
        before = alert_series.read_series(connection, house.hotel.hotel_id, key, since, until, time_zone=ZONE)
    assert len(before) >= 6
    house.archiving.archive_old(house.hotel.hotel_id, house.clock.now())
    with house.database.reading() as connection:
        parts = alert_series.parts_of(connection, key[2], key[3], since, until)
        wanted = Wanted(house.hotel.hotel_id, key[0], since, until)
        files = house.history.files(connection, wanted)
    found = shaped(house.history.spans(files, wanted, *needed(key, parts)), key, ZONE, parts)
    pd.testing.assert_frame_equal(found, before, check_dtype=False)


def test_a_judged_alert_of_long_ago_has_its_chart(house: House) -> None:
    metric_type, alert_type, entity_type, entity_id = house.keys()["own"]
    at = house.began + timedelta(days=4)
    with house.database.transaction() as connection:
        alert_id = int(connection.execute(text(
            "INSERT INTO ml_alerts (hotel_id, alert_type, metric_type, entity_type, entity_id, severity, message_id, "
            "message_params, reasons, actions, started_at, last_seen_at, closed_at, verdict) VALUES (:hotel, :alert, "
            ":metric, :entity, :id, 'orta', 'm', '{}', '[]', '[]', :at, :at, :at, 'dogru') RETURNING id"
        ), {"hotel": house.hotel.hotel_id, "alert": alert_type, "metric": metric_type, "entity": entity_type,
            "id": entity_id, "at": at}).scalar_one())  # fmt: skip
    alerts = AlertService(house.database, house.clock, house.history)
    before = alerts.series(SYSTEM, alert_id)
    assert len(before) == 6
    house.archiving.archive_old(house.hotel.hotel_id, house.clock.now())
    pd.testing.assert_frame_equal(alerts.series(SYSTEM, alert_id), before, check_dtype=False)
    assert AlertService(house.database, house.clock).series(SYSTEM, alert_id).empty, "the archive is what was read"
