"""A hotel whose metric rows are older and younger than their retention, of every kind that a column can hold."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from db.queries.metric_checksums import checksum_of
from db.session import Database
from operations.archive.archiving import Archiving
from operations.archive.bringing import Bringing
from operations.archive.verification import Verification
from pipeline.alerts.service import AlertService
from pipeline.metrics.archive.folder import MARK, ArchiveFolder
from tests.integration.builders import BuiltHotel, build_hotel

ZONE = "Europe/Istanbul"
INSERT = f"""
INSERT INTO ml_metrics (hotel_id, metric_type, entity_type, entity_id, interval_start, timestamp, metric_value,
                        exposure, extra_data, collected_at, checksum)
SELECT n.*, {checksum_of("n")}
  FROM (SELECT CAST(:hotel AS bigint) AS hotel_id, CAST(:metric_type AS text) AS metric_type,
               CAST(:entity_type AS text) AS entity_type, CAST(:entity_id AS bigint) AS entity_id,
               CAST(:at AS timestamptz) - interval '1 hour' AS interval_start, CAST(:at AS timestamptz) AS timestamp,
               CAST(:value AS float8) AS metric_value, CAST(:exposure AS float8) AS exposure,
               CAST(:extra AS jsonb) AS extra_data, CAST(:at AS timestamptz) + interval '7.000001 s' AS collected_at) n
"""
SCORE = """
INSERT INTO ml_scores (hotel_id, metric_type, entity_id, timestamp, detector, expected, lower, upper, score,
                       observations, model_id)
VALUES (:hotel, :metric_type, :entity_id, :at, 'level', 0.1, NULL, 1e300, 'NaN', 30, :model)
"""
STORED = (
    "SELECT hotel_id, metric_type, entity_type, entity_id, interval_start, timestamp, metric_value::text, "
    "exposure::text, extra_data::text, collected_at, checksum FROM ml_metrics ORDER BY 1, 2, 4, 6"
)
SCORED = (
    "SELECT metric_type, entity_id, timestamp, detector, expected::text, lower::text, upper::text, score::text, "
    "observations, model_id, scored_at FROM ml_scores ORDER BY 1, 2, 3"
)


@dataclass(frozen=True)
class World:
    """``at``: now; rows lie 89, 95, 96 and 200 days before it."""

    database: Database
    clock: FixedClock
    hotel: BuiltHotel
    folder: ArchiveFolder
    archiving: Archiving
    bringing: Bringing
    verification: Verification
    ages: tuple[float, ...] = field(default=(1, 89, 95, 96, 200))

    @property
    def hotel_id(self) -> int:
        return self.hotel.hotel_id

    @property
    def at(self) -> datetime:
        return self.clock.now()

    def before(self, days: float) -> datetime:
        return self.at - timedelta(days=days)

    def ask(self, query: str, **params: Any) -> list[tuple[Any, ...]]:
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(text(query), params)]

    def do(self, statement: str, **params: Any) -> int:
        with self.database.transaction() as connection:
            return connection.execute(text(statement), params).rowcount

    def stored(self) -> list[tuple[Any, ...]]:
        return self.ask(STORED)

    def scored(self) -> list[tuple[Any, ...]]:
        return self.ask(SCORED)

    def count(self, table: str) -> int:
        return int(self.ask(f"SELECT count(*) FROM {table}")[0][0])

    def files(self) -> list[Path]:
        """All but the folder's mark."""
        return sorted(path for path in self.folder.root.rglob("*") if path.is_file() and path.name != MARK)

    def add(self, at: datetime, **other: Any) -> None:
        """One row, sealed as the collection does it."""
        row: dict[str, Any] = {
            "hotel": self.hotel_id, "metric_type": "stok_seviye", "entity_type": "product",
            "entity_id": self.hotel.products[0], "at": at, "value": 5.0, "exposure": None, "extra": None,
        }  # fmt: skip
        self.do(INSERT, **row | other)


def fill(world: World) -> None:
    for age in world.ages:
        at = world.before(age) + timedelta(microseconds=123_457)
        for number, product in enumerate(world.hotel.products):
            world.add(at, entity_id=product, value=0.1 + number / 3, extra='{"outflow": 3, "not": "“a”, \\n b"}')
            world.add(
                at, metric_type="zimmet_kullanim", entity_type="staff", entity_id=product, value=-0.0, exposure=1e-300
            )
        world.add(at, metric_type="ozel_seri", entity_type="custom_series", entity_id=7, value="NaN", exposure="NaN")
        world.do(
            SCORE, hotel=world.hotel_id, metric_type="stok_seviye", entity_id=world.hotel.products[0], at=at, model=None
        )
        world.do(
            SCORE, hotel=world.hotel_id, metric_type="stok_seviye", entity_id=world.hotel.products[1], at=at, model=9
        )


@pytest.fixture
def world(database: Database, clock: FixedClock, tmp_path: Path) -> World:
    with database.transaction() as connection:
        hotel = build_hotel(connection, rooms=2, products=3, time_zone=ZONE)
    folder = ArchiveFolder(tmp_path / "archive")
    archiving = Archiving(database, folder)
    found = World(
        database, clock, hotel, folder, archiving, Bringing(database, folder, archiving),
        Verification(database, folder, AlertService(database, clock), chunk_rows=4),
    )  # fmt: skip
    fill(found)
    return found


@pytest.fixture
def spoil() -> Callable[[Path], None]:
    """Turns one bit of a file."""

    def turn(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    return turn
