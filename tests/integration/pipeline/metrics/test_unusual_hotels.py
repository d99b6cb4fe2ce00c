"""Hotels that break naive collectors: silent, all zero, two days old, over a change of clocks, on a leap day (P1)."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import Connection, text

from core.clock import local_midnight
from core.scope import SYSTEM
from db.queries.metrics import read_metrics
from db.session import Database
from pipeline.metrics.consumption.service import stays_fresh_until
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from tests.integration.builders import BuiltHotel, build_hotel

START = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def read(database: Database, hotel: BuiltHotel, name: str) -> pd.DataFrame:
    with database.reading() as connection:
        return read_metrics(connection, hotel.hotel_id, name, *EVER)


def collect(database: Database, hotel: BuiltHotel, at: datetime) -> int:
    return MetricsService(database).collect(SYSTEM, hotel.hotel_id, at).rows_out


@pytest.fixture
def hotel(database: Database) -> BuiltHotel:
    with database.transaction() as connection:
        return build_hotel(connection, time_zone="Europe/Berlin")


def one_day(connection: Connection, hotel: BuiltHotel, at: datetime, units: int = 0) -> None:
    """A look into a room with a scan, a request answered by it, goods handed out and used."""
    hotel.request(connection, 0, at - HOUR, at)
    hotel.scan(connection, 0, at - HOUR / 12)
    visit = hotel.visit(connection, 0, at, "yeniden_dolum", {0: units} if units else {})
    hotel.check(connection, 0, at - HOUR / 12, at, visit)
    hotel.custody(connection, 0, at, "zimmet", 2)
    hotel.movement(connection, 0, at, "cikis", units)


def test_a_silence_of_more_than_two_days_is_not_observed_until_the_hotel_records_again(
    database: Database, hotel: BuiltHotel
) -> None:
    """DETECTION 3: nobody recorded, so nobody knows; hours up to two days after a record are quiet hours."""
    with database.transaction() as connection:
        hotel.movement(connection, 0, START + HOUR / 2, "giris", 10)
        hotel.custody(connection, 0, START + HOUR / 2, "zimmet", 5)
    collect(database, hotel, START + 5 * DAY)
    stock = read(database, hotel, "stok_seviye")
    assert stock["timestamp"].tolist() == [START + n * HOUR for n in range(1, 49)]
    assert read(database, hotel, "zimmet_kullanim")["timestamp"].max() < START + 2 * DAY
    with database.transaction() as connection:
        hotel.scan(connection, 0, START + 6 * DAY)
    collect(database, hotel, START + 7 * DAY)
    later = read(database, hotel, "stok_seviye")
    assert later["timestamp"].tolist()[48:] == [START + 6 * DAY + n * HOUR for n in range(25)]
    assert later["metric_value"].unique().tolist() == [10]


def test_records_that_come_late_make_a_silence_observed_for_every_product_and_attendant(
    database: Database, hotel: BuiltHotel
) -> None:
    with database.transaction() as connection:
        hotel.movement(connection, 0, START, "giris", 10)
        hotel.movement(connection, 1, START, "giris", 7)
        hotel.custody(connection, 0, START, "zimmet", 5)
        hotel.scan(connection, 0, START + 6 * DAY)
    at = START + 7 * DAY
    collect(database, hotel, at)
    with database.transaction() as connection:
        hotel.visit(connection, 0, START + 3 * DAY, "kontrol")
    collect(database, hotel, at)
    for name in ("stok_seviye", "zimmet_kullanim"):
        rows = read(database, hotel, name)
        inside = rows[(rows["timestamp"] > START + 3 * DAY) & (rows["timestamp"] < START + 5 * DAY)]
        assert inside["entity_id"].nunique() == (2 if name == "stok_seviye" else 1), name
    assert MetricsService(database).compare_everything(SYSTEM, hotel.hotel_id, at).rows_out == 0


def test_a_hotel_in_which_nothing_is_ever_consumed_has_zeros_everywhere(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        hotel.visit(connection, 0, START - HOUR, "ilk_dolum")
        hotel.stay(connection, 1, date(2026, 1, 9), date(2026, 2, 9))
        for number in range(20):
            one_day(connection, hotel, START + number * DAY)
    collect(database, hotel, START + 20 * DAY)
    for name in ("tuketim_miktar", "gelir_oda", "zimmet_fire", "zimmet_kullanim", "bosta_tuketim"):
        rows = read(database, hotel, name)
        assert len(rows), name
        assert (rows["metric_value"] == 0).all(), name
    assert read(database, hotel, "gelir_urun").empty  # no product ever earned anything: nothing to count from
    assert (read(database, hotel, "qr_okutma_performans")["metric_value"] == 1).all()


def test_a_hotel_with_two_days_of_data_is_collected_and_nothing_is_guessed(
    database: Database, hotel: BuiltHotel
) -> None:
    with database.transaction() as connection:
        hotel.movement(connection, 0, START - HOUR, "giris", 10)
        hotel.visit(connection, 0, START - HOUR, "ilk_dolum")
        one_day(connection, hotel, START, 1)
        one_day(connection, hotel, START + DAY, 1)
    collect(database, hotel, START + 2 * DAY)
    found = {name: len(read(database, hotel, name)) for name in METRIC_TYPES}
    assert found["stok_bitis_tahmini"] == found["doluluk_oran"] == found["bosta_tuketim"] == 0
    assert found["gelir_oda"] == found["gelir_urun"] == found["talep_yogunluk"] == found["qr_okutma_siklik"] == 2
    assert read(database, hotel, "gelir_urun")[["metric_value", "units", "exposure"]].values.tolist() == [[2, 1, 1]] * 2


@pytest.mark.parametrize(
    ("first", "hours"),
    [(date(2026, 3, 28), [24, 23, 24]), (date(2026, 10, 24), [24, 25, 24]), (date(2028, 2, 28), [24, 24, 24])],
    ids=["spring", "autumn", "leap day"],
)
def test_days_are_hotel_local_days_whatever_their_length(
    database: Database, hotel: BuiltHotel, first: date, hours: list[int]
) -> None:
    """The middle day is that of the change of clocks, or the 29th of February."""
    days = [local_midnight(first + timedelta(days=number), "Europe/Berlin") for number in range(4)]
    with database.transaction() as connection:
        hotel.visit(connection, 0, days[0] + HOUR, "ilk_dolum")
        hotel.stay(connection, 1, first, first + timedelta(days=30))
        for start in days[:3]:
            one_day(connection, hotel, start + 10 * HOUR, 2)
    collect(database, hotel, days[3] + HOUR)
    daily = ("zimmet_fire", "talep_yogunluk", "qr_okutma_siklik", "qr_okutma_performans", "gelir_oda", "gelir_urun",
             "doluluk_oran", "bosta_tuketim")  # fmt: skip
    for name in daily:
        rows = read(database, hotel, name)
        lengths = (rows["timestamp"] - rows["interval_start"]).dt.total_seconds() / 3600
        assert (rows["interval_start"].tolist(), lengths.tolist()) == (days[:3], hours), name


def test_open_and_cancelled_requests_are_not_observed_and_count_as_requests(
    database: Database, hotel: BuiltHotel
) -> None:
    with database.transaction() as connection:
        hotel.request(connection, 0, START, START + HOUR)
        hotel.request(connection, 0, START + HOUR / 2, START + HOUR)  # the same visit answered both
        hotel.request(connection, 1, START, None)
        taken_back = hotel.request(connection, 1, START + 2 * HOUR, START + 3 * HOUR)
    collect(database, hotel, START + DAY)
    assert read(database, hotel, "talep_yanit_sure")["metric_value"].tolist() == [60.0, 60.0]
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE refill_requests SET cancelled_at = requested_at WHERE id = :id"), {"id": taken_back}
        )
    assert collect(database, hotel, START + DAY) == 1
    answers = read(database, hotel, "talep_yanit_sure")
    assert answers[["entity_id", "metric_value"]].values.tolist() == [[hotel.rooms[0], 60.0]]
    assert read(database, hotel, "talep_yogunluk")["metric_value"].tolist() == [4.0]


def test_a_hotel_says_until_when_its_stays_are_known(database: Database, hotel: BuiltHotel) -> None:
    """SPEC A2.6."""
    with database.transaction() as connection:
        assert stays_fresh_until(connection, hotel.hotel_id, START) is None
        for number in range(10):
            hotel.stay(connection, 0, date(2026, 1, 1) + timedelta(days=number), date(2026, 1, 2) + timedelta(number))
        hotel.stay(connection, 1, date(2026, 3, 1), date(2026, 3, 2))
        assert stays_fresh_until(connection, hotel.hotel_id, START + 30 * DAY) == date(2026, 1, 15)
    collect(database, hotel, START + 30 * DAY)
    assert read(database, hotel, "doluluk_oran")["timestamp"].max() == local_midnight(
        date(2026, 1, 16), "Europe/Berlin"
    )
