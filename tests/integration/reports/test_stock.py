"""Stock for exploring: levels, sums by kind, values and count differences are those of the movements, by hand."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import insert, text

from core.clock import local_midnight
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.models.ml import Metric, Score
from db.session import Database
from operations.archive.archiving import Archiving
from operations.jobs.cleanup import CleanupService
from pipeline.metrics.archive.folder import ArchiveFolder
from pipeline.metrics.archive.service import MetricHistory
from reports.stock import ProductStock, Stock, StockFilters, StockService
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel
from tests.integration.reports.explored import HOUR, TODAY, ZONE


@dataclass(frozen=True)
class Store:
    """A hotel with three products: P0 costs 1.50, P1 has no cost, P2 never moves."""

    database: Database
    hotel: BuiltHotel
    archive: Path

    @property
    def service(self) -> StockService:
        return StockService(self.database, MetricHistory(self.database, ArchiveFolder(self.archive)))

    @property
    def id(self) -> int:
        return self.hotel.hotel_id

    def move(self, product: int, days_ago: int, kind: str, quantity: int, hour: float = 10) -> None:
        with self.database.transaction() as connection:
            self.hotel.movement(connection, product, at(days_ago, hour), kind, quantity)

    def stock(self, days: int = 7, group: str | None = None) -> Stock:
        return self.service.stock(SYSTEM, StockFilters(self.id, days, group), NOW)

    def product(self, code: str = "P0", days: int = 7) -> ProductStock:
        return self.service.product(SYSTEM, StockFilters(self.id, days), code, NOW)

    def judged(self, end: datetime, level: float, outflow: float, expected: float | None) -> None:
        """An hour of P0 up to ``end``."""
        key = {"hotel_id": self.id, "metric_type": "stok_seviye", "entity_id": self.hotel.products[0]}
        rest = {"entity_type": "product", "interval_start": end - HOUR, "metric_value": level}
        with self.database.transaction() as connection:
            connection.execute(
                insert(Metric), key | rest | {"timestamp": end, "extra_data": {"outflow": outflow, "inflow": 0}}
            )
            if expected is not None:
                score = {"timestamp": end, "detector": "stock", "expected": expected, "observations": 30}
                connection.execute(insert(Score), key | score)


def at(days_ago: int, hour: float, zone: str = ZONE) -> datetime:
    return local_midnight(TODAY - timedelta(days=days_ago), zone) + hour * HOUR


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Store:
    with database.transaction() as connection:
        hotel = build_hotel(connection, products=3, time_zone=ZONE)
        connection.execute(
            text("UPDATE products SET cost = 1.5, critical_level = 20 WHERE id = :id"), {"id": hotel.products[0]}
        )
    return Store(database, hotel, tmp_path)


def by_name(found: Stock) -> pd.DataFrame:
    return found.products.set_index("name")


def test_level_and_sums_by_kind_are_those_of_the_movements(store: Store) -> None:
    for days_ago, kind, quantity in (
        (40, "giris", 100), (8, "cikis", 30),  # 70 before the period
        (7, "giris", 24), (6, "cikis", 40), (5, "transfer", 12), (4, "transfer", -2), (3, "fire", 3), (2, "sayim", 38),
        (1, "cikis", 20), (0, "cikis", 1),
    ):  # fmt: skip
        store.move(0, days_ago, kind, quantity, hour=1)
    row = by_name(store.stock()).loc["P0"]
    # 70 + 24 - 40 - 12 + 2 - 3 = 41; counted 38; less 21
    assert row[["opening", "giris", "cikis", "transfer", "fire", "sayim", "devir", "level"]].tolist() == [
        70, 24, 61, 10, 3, -3, 0, 17,
    ]  # fmt: skip
    assert (row["state"], row["days_since_count"], row["value"]) == ("low", 2, 17 * 1.5)
    assert store.stock().kinds == ("giris", "cikis", "transfer", "fire", "sayim")
    assert by_name(store.stock(30)).loc["P0", "opening"] == 100


def test_what_happens_after_now_is_not_known_yet(store: Store) -> None:
    store.move(0, 3, "giris", 50)
    store.move(0, -1, "giris", 500)
    assert by_name(store.stock()).loc["P0", "level"] == 50


def test_movements_before_the_last_count_of_before_the_period_change_nothing(store: Store) -> None:
    store.move(0, 60, "giris", 999)
    store.move(0, 20, "sayim", 55)
    store.move(0, 15, "cikis", 5)
    store.move(0, 2, "cikis", 10)
    row = by_name(store.stock()).loc["P0"]
    assert row[["opening", "level", "days_since_count"]].tolist() == [50, 40, 20]


def test_low_products_stand_first_and_what_never_moved_is_not_known(store: Store) -> None:
    store.move(0, 3, "giris", 100)
    store.move(1, 3, "cikis", 4)
    found = store.stock()
    assert found.products["name"].tolist() == ["P1", "P0", "P2"]
    assert found.products["state"].tolist() == ["negative", "enough", "unknown"]
    assert (found.low, found.value, found.without_cost) == (1, 150, 1)
    unknown = by_name(found).loc["P2"]
    assert math.isnan(unknown["level"])
    assert math.isnan(unknown["giris"])
    assert math.isnan(unknown["days_since_count"])


def test_a_count_stands_beside_what_the_books_said(store: Store) -> None:
    store.move(0, 6, "sayim", 80)  # opens the book
    store.move(0, 5, "cikis", 10)
    store.move(0, 4, "sayim", 66)
    store.move(0, 3, "sayim", 66)
    store.move(1, 6, "giris", 10)
    store.move(1, 2, "sayim", 12)
    found = store.stock()
    assert found.counts[["name", "booked", "counted", "difference"]].values.tolist() == [
        ["P1", 10, 12, 2], ["P0", 66, 66, 0], ["P0", 70, 66, -4],
    ]  # fmt: skip
    assert found.differences["name"].tolist() == ["P1", "P0"]
    assert math.isnan(found.counts["value"].iloc[0])
    assert found.counts["value"].iloc[2] == -6
    assert found.difference_value == -6
    assert by_name(found).loc["P0", ["devir", "sayim"]].tolist() == [80, -4]


def test_an_empty_store_says_so(store: Store) -> None:
    found = store.stock()
    assert found.is_empty
    assert (found.value, found.kinds, len(found.counts)) == (None, (), 0)
    assert store.product("P2").level is None


def test_one_products_level_holds_from_the_beginning_of_the_period_until_now(store: Store) -> None:
    store.move(0, 20, "giris", 30)
    store.move(0, 2, "cikis", 4)
    moves = store.product().moves
    assert moves["level"].tolist() == [30, 26, 26]
    assert moves["kind"].isna().tolist() == [True, False, True]
    assert moves["occurred_at"].tolist() == [at(7, 0), at(2, 10), NOW]


def test_outflow_stands_beside_what_the_score_expected_of_the_whole_day(store: Store) -> None:
    store.move(0, 20, "giris", 100)
    store.judged(at(3, 24), 90, 1, None)  # the day before, not judged
    store.judged(at(2, 10), 86, 4, None)
    store.judged(at(2, 24), 80, 6, 85)  # usual: 80 + 10 - 85 = 5
    store.judged(at(1, 12), 70, 10, None)  # no score at its end
    product = store.product()
    days = product.days.set_index("day")
    two, one = (str(TODAY - timedelta(days=ago)) for ago in (2, 1))
    assert len(days) == 7
    assert days.loc[two, ["mean", "expected"]].tolist() == [10, 5]
    assert days.loc[one, "mean"] == 10
    assert math.isnan(days.loc[one, "expected"])
    assert product.deviation_ratio == 1
    assert not product.is_as_expected


@pytest.fixture(params=[ZONE, "Europe/Berlin"])
def year(store: Store, request: pytest.FixtureRequest) -> Store:
    """Four intervals a day around the border of the archive and around the days of 25 and of 23 hours."""
    zone = request.param
    with store.database.transaction() as connection:
        connection.execute(text("UPDATE hotels SET time_zone = :zone"), {"zone": zone})
    store.move(0, 360, "giris", 9_999)
    changed = [(TODAY - day).days for day in (date(2025, 3, 30), date(2025, 10, 26))]
    ages = sorted({*(changed[0] + n for n in (-1, 0, 1)), *(changed[1] + n for n in (-1, 0, 1)), *range(86, 95), 1, 2})
    for age in ages:
        end = at(age - 1, 0, zone)
        for number, hours in enumerate((23.5, 12.25, 3, 0)):
            level, outflow = 1_000.0 + age, age % 7 + number
            store.judged(end - hours * HOUR, level, outflow, level + age % 5 if hours == 0 and age != 88 else None)
    return store


def archive(store: Store) -> list[Path]:
    archiving = Archiving(store.database, ArchiveFolder(store.archive))
    assert CleanupService(store.database, archiving).delete_old(SYSTEM, store.id, NOW).details["archived"]["rows"] > 0
    return sorted(store.archive.rglob("*.parquet"))


def test_the_outflow_of_a_year_is_the_same_before_and_after_archiving(year: Store) -> None:
    before = year.product(days=365)
    assert before.days["mean"].notna().sum() >= 17
    assert before.days["expected"].notna().sum() >= 15
    archive(year)
    after = year.product(days=365)
    pd.testing.assert_frame_equal(after.days, before.days)
    pd.testing.assert_frame_equal(after.moves, before.moves)
    assert (len(after.days), after.deviation_ratio, after.faults) == (365, before.deviation_ratio, {})


def test_rows_on_both_sides_of_the_border_count_once(year: Store) -> None:
    """A day of which some rows were brought back, and one of which some came late."""
    before = year.product(days=365).days
    with year.database.transaction() as connection:
        query = "SELECT timestamp, metric_value, extra_data->>'outflow' FROM ml_metrics WHERE hotel_id = :id ORDER BY 1"
        rows = connection.execute(text(query), {"id": year.id}).all()
    archive(year)
    with year.database.reading() as connection:
        known = set(connection.execute(text("SELECT timestamp FROM ml_metrics")).scalars())
    back = [row for row in rows if row[0] not in known][-3:]
    for timestamp, level, outflow in back:
        year.judged(timestamp, level, float(outflow), None)
    pd.testing.assert_frame_equal(year.product(days=365).days, before)


def test_the_outflow_says_which_files_it_lacks(year: Store) -> None:
    before = year.product(days=365).days
    damaged = archive(year)[1]
    damaged.write_bytes(b"x")
    found = year.product(days=365)
    assert {Path(path).name: code for path, code in found.faults.items()} == {damaged.name: "archive_file_damaged"}
    assert 0 < found.days["mean"].sum() < before["mean"].sum()


def test_groups_choose_products(store: Store) -> None:
    store.move(0, 3, "giris", 100)
    assert len(store.stock(group="G").products) == 3
    with pytest.raises(AppError, match="not_found"):
        store.stock(group="X")


def test_other_hotels_and_unknown_products_are_not_found(store: Store) -> None:
    with store.database.transaction() as connection:
        other = build_hotel(connection, products=1)
    service, filters = store.service, StockFilters(store.id, 7)
    stranger = Scope("cem", frozenset({"metrics.read"}), frozenset({other.hotel_id}))
    for read in (lambda: service.stock(stranger, filters, NOW), lambda: service.product(stranger, filters, "P0", NOW)):
        with pytest.raises(AppError, match="not_found"):
            read()
    with pytest.raises(AppError, match="not_found"):
        service.product(SYSTEM, filters, "P9", NOW)
    with pytest.raises(AppError, match="forbidden"):
        service.stock(Scope("bora", frozenset(), frozenset({store.id})), filters, NOW)
