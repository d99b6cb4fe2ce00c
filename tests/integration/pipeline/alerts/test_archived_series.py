"""The chart of an alert is the same before and after its rows went to the archive (SPEC A7.4, A5.2)."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import insert, text

from core.clock import FixedClock
from core.scope import SYSTEM
from db.models import premises
from db.models.ml import Metric, Score
from db.queries.alert_series import Key
from db.session import Database
from operations.archive.archiving import Archiving
from pipeline.alerts.service import AlertService
from pipeline.metrics.archive import parquet
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
            self.put(connection, "tuketim_miktar", slot, at, number + day, extra, expected)
        for number, room in enumerate(hotel.rooms):
            extra = {"floor_id": hotel.floors[0]}
            self.put(connection, "talep_yanit_sure", room, at + timedelta(minutes=number), 5.0 + day, extra, None)
            self.put(connection, "gelir_oda", room, at.replace(hour=21, minute=0, second=0), 9.0, {"units": 1}, 8.0)
        self.put(connection, "stok_seviye", hotel.products[0], at, 40.0 - day, {"inflow": day}, 41.0)
        self.put(connection, "zimmet_kullanim", hotel.staff[0], at, 4.0, {"balance": -day}, 4.5)

    def put(
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


def raised(house: House, key: Key) -> int:
    """An alert of that key, of the end of the fourth day; its id."""
    metric_type, alert_type, entity_type, entity_id = key
    with house.database.transaction() as connection:
        return int(connection.execute(text(
            "INSERT INTO ml_alerts (hotel_id, alert_type, metric_type, entity_type, entity_id, severity, message_id, "
            "message_params, reasons, actions, started_at, last_seen_at, closed_at, verdict) VALUES (:hotel, :alert, "
            ":metric, :entity, :id, 'orta', 'm', '{}', '[]', '[]', :at, :at, :at, 'dogru') RETURNING id"
        ), {"hotel": house.hotel.hotel_id, "alert": alert_type, "metric": metric_type, "entity": entity_type,
            "id": entity_id, "at": house.began + timedelta(days=4)}).scalar_one())  # fmt: skip


def put_back(house: House, share: float) -> int:
    """So many of the archived rows stand in the database again, as after a hold or a late correction; how many."""
    random, rows = np.random.default_rng(7), 0
    with house.database.transaction() as connection:
        for path in sorted(house.history.folder.root.rglob("*.parquet")):
            for row in parquet.unpacked(path.read_bytes()).to_pylist():
                if random.random() < share:
                    house.put(
                        connection, row["metric_type"], row["entity_id"], row["timestamp"], row["metric_value"],
                        json.loads(row["extra_data"]), row["expected"],
                    )  # fmt: skip
                    rows += 1
    return rows


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", NAMES)
def test_the_points_of_every_kind_of_alert_are_the_same_on_both_sides_of_the_border(
    house: House, name: str, share: float
) -> None:
    """Whatever part of a room's check, an attendant's or the hotel's day lies where."""
    alert_id = raised(house, house.keys()[name])
    alerts = AlertService(house.database, house.clock, house.history)
    before = alerts.series(SYSTEM, alert_id)
    assert len(before.points) >= 6
    assert before.faults == {}
    house.archiving.archive_old(house.hotel.hotel_id, house.clock.now())
    assert AlertService(house.database, house.clock).series(SYSTEM, alert_id).points.empty
    assert (put_back(house, share) > 0) == (share > 0)
    pd.testing.assert_frame_equal(alerts.series(SYSTEM, alert_id).points, before.points, check_dtype=False)


def test_a_damaged_file_is_told_and_the_others_are_drawn(house: House) -> None:
    alert_id = raised(house, house.keys()["room"])
    alerts = AlertService(house.database, house.clock, house.history)
    whole = len(alerts.series(SYSTEM, alert_id).points)
    house.archiving.archive_old(house.hotel.hotel_id, house.clock.now())
    damaged = min(house.history.folder.root.rglob("*.parquet"))
    damaged.write_bytes(b"x")
    found = alerts.detail(SYSTEM, alert_id).series
    assert {Path(path).name: code for path, code in found.faults.items()} == {damaged.name: "archive_file_damaged"}
    assert 0 < len(found.points) < whole
