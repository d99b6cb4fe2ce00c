"""P-1: collection of 15 minutes of new rows in a hotel of 1,000 rooms."""

from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

from sqlalchemy import text

from core.scope import SYSTEM
from db.session import Database
from pipeline.metrics.service import MetricsService
from sources.simulation.service import SimulationService
from tests.benchmarks.report import Row, timed
from tests.benchmarks.servers import fresh_database

ROOMS, DAYS = 1000, 30
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # 11:00 in Istanbul, in the middle of the rounds
QUARTER = timedelta(minutes=15)
SLICES = 5
SOURCES = ("visits", "room_checks", "custody_movements", "stock_movements", "stays", "refill_requests", "qr_scans",
           "do_not_disturb")  # fmt: skip
REACH = "≤ 3 ×, < 0.5 s"
AGGREGATE = "one bare SQL aggregate of the same rows"

# Every sum that collection needs, over the rows of the quarter, and nothing else.
BARE = text(
    """
    SELECT (SELECT count(*) FROM (
                SELECT v.room_id, l.product_id, sum(l.consumed_quantity), sum(l.refilled_quantity)
                  FROM visits v JOIN visit_lines l ON l.visit_id = v.id
                 WHERE v.hotel_id = :hotel_id AND v.recorded_at > :since GROUP BY 1, 2) consumed),
           (SELECT count(*) FROM (SELECT staff_id, sum(ended_at - started_at) FROM room_checks
                 WHERE hotel_id = :hotel_id AND recorded_at > :since GROUP BY 1) refills),
           (SELECT count(*) FROM (SELECT product_id, movement_type, sum(quantity) FROM stock_movements
                 WHERE hotel_id = :hotel_id AND recorded_at > :since GROUP BY 1, 2) moved),
           (SELECT count(*) FROM (SELECT staff_id, movement_type, sum(quantity) FROM custody_movements
                 WHERE hotel_id = :hotel_id AND recorded_at > :since GROUP BY 1, 2) used)
    """
)

EVERY_ROOM = text(
    """
    WITH visit AS (
        INSERT INTO visits (hotel_id, room_id, staff_id, visit_type, occurred_at)
        SELECT r.hotel_id, r.id, (SELECT min(id) FROM staff WHERE hotel_id = r.hotel_id), 'yeniden_dolum',
               cast(:at AS timestamptz) - r.id % 900 * interval '1 second'
          FROM rooms r WHERE r.hotel_id = :hotel_id RETURNING id, room_id, hotel_id)
    INSERT INTO visit_lines (hotel_id, visit_id, product_id, consumed_quantity, refilled_quantity)
    SELECT v.hotel_id, v.id, s.product_id, 1, 1 FROM visit v JOIN minibar_slots s ON s.room_id = v.room_id
    """
)


def settle(database: Database) -> None:
    """As if everything so far had been recorded and collected long ago: the steady state."""
    with database.transaction() as connection:
        for table in SOURCES:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            connection.execute(text(f"UPDATE {table} SET recorded_at = recorded_at - interval '1 day'"))
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        connection.execute(text("UPDATE ml_metrics SET collected_at = collected_at - interval '1 day'"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def now(database: Database) -> datetime:
    with database.reading() as connection:
        found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return found


def bare(database: Database, hotel_id: int, since: datetime) -> float:
    def aggregate() -> None:
        with database.reading() as connection:
            connection.execute(BARE, {"hotel_id": hotel_id, "since": since}).one()

    return timed(aggregate)


def run() -> list[Row]:
    """A first collection, five usual quarters of an hour, and one in which every room was visited."""
    with fresh_database() as database:
        simulation, metrics = SimulationService(database), MetricsService(database)
        hotel_id = simulation.create(SYSTEM, rooms=ROOMS, days=DAYS, seed=11, until=START)[0]
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        started = perf_counter()
        first = metrics.collect(SYSTEM, hotel_id, START)
        first_seconds = perf_counter() - started
        first_bare = bare(database, hotel_id, datetime(2000, 1, 1, tzinfo=UTC))
        settle(database)
        usual = [quarter(database, simulation, hotel_id, number) for number in range(1, SLICES + 1)]
        settle(database)
        busy = every_room(database, hotel_id, START + QUARTER * (SLICES + 1))
    size = f"{ROOMS} rooms × {DAYS} days"
    middle = [median(part) for part in zip(*usual, strict=True)]
    return [
        Row("P-1", f"15 minutes in {size}: {middle[2]:.0f} metric rows", middle[0], AGGREGATE, middle[1], REACH,
            f"median of {SLICES} quarters"),
        Row("P-1", f"every room visited in 15 minutes, all slots: {busy[2]:.0f} metric rows", busy[0], AGGREGATE,
            busy[1], REACH, "the reference writes nothing"),
        Row("P-1", f"first collection of {size}: {first.rows_out} rows", first_seconds, AGGREGATE, first_bare, "-",
            f"{first.rows_out / first_seconds:,.0f} rows/s"),
    ]  # fmt: skip


def quarter(database: Database, simulation: SimulationService, hotel_id: int, number: int) -> tuple[float, float, int]:
    """(seconds of collection, seconds of the reference, rows written) of one simulated quarter of an hour."""
    since, at = now(database), START + QUARTER * number
    simulation.extend(SYSTEM, hotel_id, at)
    return collect(database, hotel_id, since, at)


def every_room(database: Database, hotel_id: int, at: datetime) -> tuple[float, float, int]:
    since = now(database)
    with database.transaction() as connection:
        connection.execute(EVERY_ROOM, {"hotel_id": hotel_id, "at": at})
    return collect(database, hotel_id, since, at)


def collect(database: Database, hotel_id: int, since: datetime, at: datetime) -> tuple[float, float, int]:
    started = perf_counter()
    report = MetricsService(database).collect(SYSTEM, hotel_id, at)
    return perf_counter() - started, bare(database, hotel_id, since), report.rows_out
