"""The daily sums that screens read are, whatever happens to the rows, those of the rows themselves (A8.1, A7.2)."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from sqlalchemy import text

from core.scope import SYSTEM
from db import migrate
from db.queries import consumption_days, scores
from db.queries.frames import copy_out
from db.session import Database
from operations.archive.archiving import Archiving
from operations.jobs.cleanup import CleanupService
from pipeline.metrics.archive.folder import ArchiveFolder
from pipeline.metrics.service import MetricsService
from tests.integration.builders import BuiltHotel, build_hotel
from tests.integration.pipeline.metrics.test_increments import CORRECTIONS, DAYS, START, add_something, instant

ZONE = "Europe/Berlin"
ROWS = (
    "SELECT s.room_id, s.product_id, m.timestamp, m.metric_value AS units, m.extra_data->>'occupancy' AS occupancy, "
    "x.expected FROM ml_metrics m JOIN minibar_slots s ON s.id = m.entity_id "
    "LEFT JOIN ml_scores x ON (x.hotel_id, x.metric_type, x.entity_id, x.timestamp) = "
    "(m.hotel_id, m.metric_type, m.entity_id, m.timestamp) WHERE m.metric_type = 'tuketim_miktar'"
)
LOOKS = ["day", "room_id", "occupancy", "looks", "slots", "judged", "expected"]
UNITS = ["day", "room_id", "product_id", "occupancy", "units"]


def kept(database: Database, table: str, columns: list[str]) -> pd.DataFrame:
    with database.reading() as connection:
        found = copy_out(connection, f"SELECT {', '.join(columns)} FROM {table}")
    return found.sort_values(columns, ignore_index=True)


def of_the_rows(database: Database) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables, added up here from the rows."""
    with database.reading() as connection:
        rows = copy_out(connection, ROWS)
    rows["day"] = rows["timestamp"].dt.tz_convert(ZONE).dt.tz_localize(None).dt.normalize()
    slots = rows.groupby(["day", "room_id", "occupancy"])
    looks = slots.agg(slots=("units", "size"), judged=("expected", "count"), expected=("expected", "sum"))
    looks["looks"] = slots["timestamp"].nunique()
    used = rows[rows["units"] != 0].groupby(UNITS[:-1])["units"].sum().reset_index()
    looks = looks.reset_index()[LOOKS].sort_values(LOOKS, ignore_index=True)
    return looks, used[UNITS].sort_values(UNITS, ignore_index=True)


def assert_equal_to_the_rows(database: Database) -> None:
    looks, used = of_the_rows(database)
    assert len(looks)
    same = {"check_dtype": False, "rtol": 1e-9}
    pd.testing.assert_frame_equal(kept(database, "look_days", LOOKS), looks, **same)
    pd.testing.assert_frame_equal(kept(database, "consumption_days", UNITS), used, **same)


def judge(database: Database, hotel: BuiltHotel, random: Random) -> None:
    """Expected values of some rows, as a detection writes them."""
    with database.transaction() as connection:
        query = "SELECT entity_id, timestamp FROM ml_metrics WHERE metric_type = 'tuketim_miktar'"
        rows = copy_out(connection, query).sample(frac=0.5, random_state=random.randrange(1000))
        frame = rows.assign(
            detector="count", expected=[random.choice([0.5, 1.25, None]) for _ in range(len(rows))], observations=30
        )
        scores.write_scores(connection, hotel.hotel_id, "tuketim_miktar", frame, START)


def collected(database: Database, seed: int) -> tuple[BuiltHotel, datetime]:
    """Runs of collection and detection over rows that come in any order and are corrected."""
    random = Random(seed)
    with database.transaction() as connection:
        hotel = build_hotel(connection, rooms=3, products=4, par_products=3, time_zone=ZONE)
    cuts = [*sorted(instant(random) for _ in range(4)), START + timedelta(days=DAYS + 1)]
    for cut in cuts:
        with database.transaction() as connection:
            for _ in range(15):
                add_something(connection, hotel, random)
        with database.transaction() as connection:
            connection.execute(text(random.choice(CORRECTIONS).format(pick=random.choice(["min", "max"]))))
        MetricsService(database).collect(SYSTEM, hotel.hotel_id, cut)
        judge(database, hotel, random)
    return hotel, cuts[-1]


@pytest.mark.parametrize("seed", range(5))
def test_late_and_corrected_rows_and_new_scores_renew_the_days_they_touch(database: Database, seed: int) -> None:
    hotel, at = collected(database, seed)
    assert_equal_to_the_rows(database)
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM visits WHERE id = (SELECT min(id) FROM visits)"))
    MetricsService(database).compare_everything(SYSTEM, hotel.hotel_id, at)
    assert_equal_to_the_rows(database)


def test_the_sums_outlive_the_rows_that_were_archived(database: Database, tmp_path: Path) -> None:
    """SPEC A7.4; what is recorded late about such a day takes nothing from its sums."""
    hotel, at = collected(database, 1)
    before = kept(database, "look_days", LOOKS), kept(database, "consumption_days", UNITS)
    archiving = Archiving(database, ArchiveFolder(tmp_path))
    cut = at + timedelta(days=85)
    done = CleanupService(database, archiving, chunk_rows=7).delete_old(SYSTEM, hotel.hotel_id, cut)
    looks, _ = of_the_rows(database)
    assert 0 < len(looks) < len(before[0])
    assert done.details["archived"]["rows"] > 0
    with database.transaction() as connection:
        long_ago = before[0]["day"].min().tz_localize(ZONE) + pd.Timedelta(hours=9)
        touched = pd.DataFrame({"room_id": hotel.rooms, "timestamp": long_ago})
        consumption_days.refresh(connection, hotel.hotel_id, touched)
    pd.testing.assert_frame_equal(kept(database, "look_days", LOOKS), before[0])
    pd.testing.assert_frame_equal(kept(database, "consumption_days", UNITS), before[1])


def test_the_migration_fills_the_sums_from_the_rows_that_are_there(database: Database) -> None:
    collected(database, 2)
    migrate.downgrade(database, "0009")
    migrate.upgrade(database)
    assert_equal_to_the_rows(database)


def test_sums_that_nobody_renews_would_be_noticed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumption_days, "refresh", lambda *_: None)
    collected(database, 3)
    with pytest.raises(AssertionError):
        assert_equal_to_the_rows(database)
