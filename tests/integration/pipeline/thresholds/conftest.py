"""A small hotel that detection has judged with real alerts: made once, copied for each test."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.session import Database, open_database
from pipeline.alerts.service import AlertService
from pipeline.detection.anomaly import Anomaly, DetectionResult
from pipeline.detection.service import DetectionService
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from sources.simulation.anomalies import NEGATIVE_CUSTODY, TENFOLD_ENTRY, VACANT_THEFT, PlantPlan
from sources.simulation.service import SimulationService
from tests.conftest import KEYS

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
EARLIER = UNTIL - timedelta(days=3, hours=2)
PLAN = PlantPlan(
    {}, ((VACANT_THEFT, 21), (TENFOLD_ENTRY, 26), (TENFOLD_ENTRY, 30), (NEGATIVE_CUSTODY, 31), (TENFOLD_ENTRY, 36))
)  # fmt: skip
TEMPLATE = "judged_hotel"


@dataclass
class Witness:
    """Alerts, and what they were told."""

    alerts: AlertService
    told: list[Anomaly] = field(default_factory=list)

    def apply(self, connection: Any, result: DetectionResult) -> int:
        self.told += result.anomalies
        return self.alerts.apply(connection, result)

    def keys(self) -> set[tuple[Any, ...]]:
        return {(a.metric_type, a.alert_type, a.entity_type, a.entity_id, pd.Timestamp(a.timestamp)) for a in self.told}


@dataclass(frozen=True)
class Live:
    database: Database
    hotel: int
    witness: Witness
    detection: DetectionService
    thresholds: ThresholdService


@pytest.fixture(scope="session")
def judged(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, list[Anomaly]]]:
    """Fifty rooms, 38 days, judged up to three days ago and then up to now; the hotel and what alerts were told."""
    server = template_url.rsplit("/", 1)[0]
    admin = open_database(server + "/postgres", pool_size=1)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'CREATE DATABASE "{TEMPLATE}" TEMPLATE barometer'))
    database = open_database(f"{server}/{TEMPLATE}", keys=KEYS)
    [hotel] = SimulationService(database).create(SYSTEM, 1, 50, 38, seed=5, until=UNTIL, plant=PLAN)
    MetricsService(database).collect(SYSTEM, hotel, UNTIL)
    made = services(database, hotel, tmp_path_factory.mktemp("judged"))
    for at in (EARLIER, UNTIL):
        made.detection.detect(SYSTEM, hotel, at)
    database.dispose()
    yield hotel, made.witness.told
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'DROP DATABASE "{TEMPLATE}" WITH (FORCE)'))
    admin.dispose()


def services(database: Database, hotel: int, folder: Path) -> Live:
    settings, clock = Settings(home=folder / "home", models_dir=folder / "models"), FixedClock(UNTIL)
    witness = Witness(AlertService(database, clock))
    detection = DetectionService(database, ModelManager(database, settings, clock), settings, witness)
    return Live(database, hotel, witness, detection, ThresholdService(database, clock, settings))


@pytest.fixture
def live(
    judged: tuple[int, list[Anomaly]], template_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Live]:
    """A copy of the judged hotel of this test alone."""
    server, name = template_url.rsplit("/", 1)[0], f"live_{abs(hash(request.node.nodeid)):x}"
    admin = open_database(server + "/postgres", pool_size=1)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"'))
    database = open_database(f"{server}/{name}", keys=KEYS)
    made = services(database, judged[0], tmp_path)
    made.witness.told.extend(judged[1])
    yield made
    database.dispose()
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()
