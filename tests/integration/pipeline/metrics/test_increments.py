"""Collected in any number of runs, with rows that come late or are corrected, the table is that of one run (A7.2)."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pandas as pd
import pytest
from sqlalchemy import Connection, text

from core.scope import SYSTEM
from db.queries.metrics import read_metrics
from db.session import Database
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from tests.integration.builders import BuiltHotel, build_hotel

START = datetime(2026, 3, 25, 4, 0, tzinfo=UTC)
DAYS = 8
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def instant(random: Random) -> datetime:
    return START + timedelta(minutes=random.randrange(DAYS * 24 * 60))


def add_something(connection: Connection, hotel: BuiltHotel, random: Random) -> None:
    """One record of any kind at any time: on time or late, nobody knows."""
    at, room, product, staff = instant(random), random.randrange(3), random.randrange(4), random.randrange(2)
    kind = random.choice(["visit", "visit", "visit", "stay", "movement", "custody", "request", "scan", "point"])
    if kind == "visit":
        visit_type = random.choice(["kontrol", "yeniden_dolum", "ilk_dolum", "ek_dolum"])
        visit = hotel.visit(connection, room, at, visit_type, {product: random.randrange(4)}, staff=staff)
        hotel.check(connection, room, at - timedelta(minutes=5), at, visit, staff)
    elif kind == "stay":
        arrival = at.date()
        hotel.stay(connection, room, arrival, arrival + timedelta(days=random.randrange(1, 4)), random.randrange(1, 4))
    elif kind == "request":
        done = random.choice([at + timedelta(minutes=random.randrange(1, 900)), None])
        hotel.request(connection, room, at, done)
    elif kind == "scan":
        hotel.scan(connection, room, at, random.random() < 0.7, staff)
    elif kind == "point":
        hotel.point(connection, at, random.randrange(40, 60))
    elif kind == "movement":
        hotel.movement(connection, product, at, random.choice(["giris", "cikis", "sayim", "fire"]), random.randrange(9))
    else:
        hotel.custody(
            connection, staff, at, random.choice(["zimmet", "kullanim", "iade", "fire"]), random.randrange(9), product
        )


CORRECTIONS = (
    "UPDATE visits SET occurred_at = occurred_at + interval '7 hours' WHERE id = (SELECT {pick}(id) FROM visits)",
    "UPDATE visit_lines SET consumed_quantity = consumed_quantity + 1 WHERE id = (SELECT {pick}(id) FROM visit_lines)",
    "UPDATE stays SET departure_on = departure_on + 1 WHERE id = (SELECT {pick}(id) FROM stays)",
    "UPDATE stock_movements SET occurred_at = occurred_at - interval '5 hours', quantity = quantity + 1 "
    "WHERE id = (SELECT {pick}(id) FROM stock_movements)",
    "UPDATE custody_movements SET quantity = quantity + 1 WHERE id = (SELECT {pick}(id) FROM custody_movements)",
    "UPDATE refill_requests SET completed_at = requested_at + interval '9 hours' "
    "WHERE id = (SELECT {pick}(id) FROM refill_requests)",
    "UPDATE refill_requests SET cancelled_at = requested_at WHERE id = (SELECT {pick}(id) FROM refill_requests)",
    "UPDATE qr_scans SET succeeded = NOT succeeded, scanned_at = scanned_at + interval '30 hours' "
    "WHERE id = (SELECT {pick}(id) FROM qr_scans)",
    "UPDATE custom_points SET value = value + 1 WHERE occurred_at = (SELECT {pick}(occurred_at) FROM custom_points)",
    "UPDATE room_checks SET ended_at = ended_at + interval '3 minutes' WHERE id = (SELECT {pick}(id) FROM room_checks)",
)


def everything(database: Database, hotel: BuiltHotel) -> dict[str, pd.DataFrame]:
    with database.reading() as connection:
        return {name: read_metrics(connection, hotel.hotel_id, name, *EVER) for name in METRIC_TYPES}


@pytest.mark.parametrize("seed", range(6))
def test_any_cuts_give_the_table_of_one_collection(database: Database, seed: int) -> None:
    random = Random(seed)
    with database.transaction() as connection:
        hotel = build_hotel(connection, rooms=3, products=4, par_products=3, time_zone="Europe/Berlin")
        hotel.stay(connection, 0, date(2026, 3, 24), date(2026, 3, 26))
    service = MetricsService(database)
    cuts = [*sorted(instant(random) for _ in range(6)), START + timedelta(days=DAYS + 1)]
    for cut in cuts:
        with database.transaction() as connection:
            for _ in range(12):
                add_something(connection, hotel, random)
        with database.transaction() as connection:
            correction = random.choice(CORRECTIONS).format(pick=random.choice(["min", "max"]))
            connection.execute(text(correction))
        service.collect(SYSTEM, hotel.hotel_id, cut)
    bit_by_bit = everything(database, hotel)
    assert service.compare_everything(SYSTEM, hotel.hotel_id, cuts[-1]).rows_out == 0
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM ml_metrics"))
        connection.execute(text("DELETE FROM pipeline_watermarks"))
    service.collect(SYSTEM, hotel.hotel_id, cuts[-1])
    at_once = everything(database, hotel)
    for name, frame in at_once.items():
        pd.testing.assert_frame_equal(bit_by_bit[name], frame, check_exact=True)
        assert len(frame) or name in ("bosta_tuketim", "stok_bitis_tahmini"), name
