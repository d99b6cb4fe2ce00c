"""Two of the scenarios of P11 from the first movement to what was learned; the third is in alerts/renewal."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries import models as model_queries
from db.session import Database
from pipeline.alerts.learning.service import ConfirmedAnomalies
from pipeline.alerts.service import AlertFilters, AlertRow, AlertService
from pipeline.detection.service import DetectionService
from pipeline.features.service import FeatureService
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from pipeline.training.service import TrainingService
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
METRIC = "stok_seviye"


class Installation:
    """The stages on one database, run in their order."""

    def __init__(self, database: Database, clock: FixedClock, folder: Path) -> None:
        settings = Settings(home=folder / "home", models_dir=folder / "models", min_data_points=20)
        self.database, self.clock, self.models = database, clock, ModelManager(database, settings, clock)
        self.alerts = AlertService(database, clock)
        self.training = TrainingService(database, self.models, settings, only=frozenset({METRIC}))
        self.detection = DetectionService(database, self.models, settings, self.alerts)

    def collect_and_detect(self, hotel: BuiltHotel) -> list[AlertRow]:
        """The stages up to now; the open alerts on stock."""
        at = self.clock.now()
        MetricsService(self.database).collect(SYSTEM, hotel.hotel_id, at)
        FeatureService(self.database).build(SYSTEM, hotel.hotel_id, at)
        self.detection.detect(SYSTEM, hotel.hotel_id, at)
        return [row for row in self.alerts.board(SYSTEM, AlertFilters()).rows if row.alert_type == "stok_anomali"]

    def rows(self, table: str, product_id: int) -> int:
        query = f"SELECT count(*) FROM {table} WHERE metric_type = :metric AND entity_id = :product"
        with self.database.reading() as connection:
            found = connection.execute(text(query), {"metric": METRIC, "product": product_id})
            return int(found.scalar_one())


@pytest.fixture
def installation(database: Database, clock: FixedClock, tmp_path: Path) -> Installation:
    return Installation(database, clock, tmp_path)


@pytest.fixture
def hotel(database: Database) -> BuiltHotel:
    """Two products; the first leaves the store by four to six units every morning for six weeks."""
    with database.transaction() as connection:
        hotel = build_hotel(connection, products=2)
        hotel.movement(connection, 0, NOW - 45 * DAY, "giris", 2_000)
        for day in range(44, 0, -1):
            hotel.movement(connection, 0, NOW - day * DAY, "cikis", 4 + day % 3)
    return hotel


def test_a_new_product_is_measured_described_judged_and_in_the_next_training(
    installation: Installation, hotel: BuiltHotel, clock: FixedClock
) -> None:
    """P11, first scenario."""
    product = hotel.products[1]
    installation.collect_and_detect(hotel)
    tables = ("ml_metrics", "ml_features", "ml_scores")
    assert [installation.rows(table, product) for table in tables] == [0, 0, 0]
    with installation.database.transaction() as connection:
        hotel.movement(connection, 1, NOW + HOUR, "giris", 100)
        for day in (1, 2):
            hotel.movement(connection, 1, NOW + day * DAY, "cikis", 3)
    clock.advance(3 * DAY)
    installation.collect_and_detect(hotel)
    assert all(installation.rows(table, product) > 0 for table in tables)
    report = installation.training.train(SYSTEM, hotel.hotel_id, clock.now())
    assert report.details[f"{METRIC}.zscore"] == "success"
    with installation.database.reading() as connection:
        [row] = model_queries.list_models(connection, hotel.hotel_id, METRIC, "zscore")
    assert product in installation.models.load_model_from_file(row).entities.tolist()


def test_a_stock_anomaly_is_raised_judged_false_and_not_raised_again(
    installation: Installation, hotel: BuiltHotel, clock: FixedClock
) -> None:
    """P11, second scenario (mail is another matter): the same outflow stays quiet, a far larger one does not."""
    assert installation.collect_and_detect(hotel) == []

    def leave(units: int) -> list[AlertRow]:
        with installation.database.transaction() as connection:
            hotel.movement(connection, 0, clock.now() + HOUR, "cikis", units)
        clock.advance(DAY)
        return installation.collect_and_detect(hotel)

    [alert] = leave(60)
    installation.alerts.mark_read(SYSTEM, alert.id)
    installation.alerts.triage.judge(SYSTEM, [alert.id], "yanlis_pozitif", "düğün için alındı")
    assert leave(62) == []
    [silenced] = installation.alerts.suppressions(SYSTEM)
    assert silenced.alert_id == alert.id
    assert silenced.hidden >= 1
    [larger] = leave(600)
    installation.alerts.triage.judge(SYSTEM, [larger.id], "dogru")
    with installation.database.reading() as connection:
        out = ConfirmedAnomalies().excluded(connection, hotel.hotel_id, METRIC, NOW - 60 * DAY, clock.now())
    assert out["entity_id"].tolist() == [hotel.products[0]]  # the confirmed one is left out of fits, the false one not
    assert (out["until"] == larger.last_seen_at).all()


def test_a_delivery_that_brings_stock_back_closes_the_alert_and_is_named_with_the_time_it_took(
    installation: Installation, hotel: BuiltHotel, clock: FixedClock
) -> None:
    """A5.7, A1.6: from records alone; nobody closes anything."""
    with installation.database.transaction() as connection:
        hotel.movement(connection, 0, NOW + HOUR, "cikis", 5_000)
    clock.advance(3 * HOUR)
    installation.collect_and_detect(hotel)
    [alert] = installation.alerts.board(SYSTEM, AlertFilters(alert_types=("stok_tutarsizlik",))).rows
    installation.alerts.triage.acknowledge(SYSTEM, [alert.id])
    delivered_at = clock.now() + timedelta(minutes=30)
    with installation.database.transaction() as connection:
        hotel.movement(connection, 0, clock.now() + timedelta(minutes=10), "giris", 20)  # not enough
        hotel.movement(connection, 0, delivered_at, "giris", 6_000)
    clock.advance(3 * HOUR)
    installation.collect_and_detect(hotel)
    detail = installation.alerts.detail(SYSTEM, alert.id)
    assert (detail.alert.closed_at, detail.alert.closed_reason) == (clock.now(), "normal")
    assert detail.remedy is not None
    assert (detail.remedy.at, detail.remedy.reason["id"]) == (delivered_at, "closed_reason.delivery")
    assert detail.remedy.reason["params"]["units"] == 6_000
    assert detail.remedy.since_opening == timedelta(minutes=30)
    assert detail.remedy.since_acknowledgement == timedelta(minutes=30)
