"""The detail of an alert compares it with rooms of the same type and state on the same day (A5.2, A2.6)."""

import json
from datetime import timedelta

from sqlalchemy import text

from core.clock import FixedClock
from core.scope import SYSTEM
from db.session import Database
from pipeline.alerts.service import AlertService
from pipeline.detection.anomaly import Anomaly, DetectionResult
from tests.integration.builders import BuiltHotel, build_hotel

METRIC = text(
    "INSERT INTO ml_metrics (hotel_id, metric_type, entity_type, entity_id, interval_start, timestamp, metric_value, "
    "extra_data) VALUES (:hotel, 'tuketim_miktar', 'minibar_slot', :slot, :start, :at, :value, CAST(:extra AS jsonb))"
)


def recorded(database: Database, clock: FixedClock, occupancy_of_others: str) -> tuple[BuiltHotel, AlertService, int]:
    """Eight rooms with one product; room 0 took 9 and has an alert, room n of the others took n."""
    at = clock.now()
    with database.transaction() as connection:
        hotel = build_hotel(connection, rooms=8, products=1)
        slots = [
            connection.execute(
                text("INSERT INTO minibar_slots (hotel_id, room_id, product_id) VALUES (:h, :r, :p) RETURNING id"),
                {"h": hotel.hotel_id, "r": room, "p": hotel.products[0]},
            ).scalar_one()
            for room in hotel.rooms
        ]
        for number, slot in enumerate(slots):
            state = "occupied" if number == 0 else occupancy_of_others
            connection.execute(
                METRIC,
                {"hotel": hotel.hotel_id, "slot": slot, "start": at - timedelta(days=1), "at": at,
                 "value": number or 9, "extra": json.dumps({"occupancy": state})},
            )  # fmt: skip
        alerts = AlertService(database, clock)
        anomaly = Anomaly(
            "tuketim_anomali", "tuketim_miktar", "minibar_slot", slots[0], at - timedelta(days=1), at, 9.0, 0.5, 0.0,
            2.0, 8.5, 6.0, "kritik", room_id=hotel.rooms[0], product_id=hotel.products[0],
        )  # fmt: skip
        alerts.apply(connection, DetectionResult(hotel.hotel_id, "tuketim_miktar", at, (anomaly,), frozenset()))
        alert_id = connection.execute(text("SELECT id FROM ml_alerts")).scalar_one()
    return hotel, alerts, alert_id


def test_like_rooms_of_the_day_are_the_comparison(database: Database, clock: FixedClock) -> None:
    _, alerts, alert_id = recorded(database, clock, "occupied")
    room_type, floor = alerts.detail(SYSTEM, alert_id).peers
    assert (room_type.segment, room_type.count, room_type.median) == ("room_type", 7, 4.0)
    assert (floor.segment, floor.count) == ("floor", 7)


def test_rooms_in_another_state_are_no_comparison(database: Database, clock: FixedClock) -> None:
    _, alerts, alert_id = recorded(database, clock, "vacant")
    room_type, _ = alerts.detail(SYSTEM, alert_id).peers
    assert (room_type.count, room_type.is_known) == (0, False)
