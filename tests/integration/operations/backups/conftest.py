"""A small installation that can be backed up: a database with a hotel, thresholds, a model file, keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.key_ring import KeyRing, backup_key_ring
from core.scope import SYSTEM
from core.settings import Settings
from core.stage import silent
from db.databases import beside
from db.queries import backups as queries
from db.queries.backups import TableState
from db.session import Database, open_database
from operations.archive.archiving import Archiving
from operations.backups.making import make
from operations.backups.manifest import Label
from operations.backups.parts.applying import Owners
from operations.backups.parts.service import PartsService
from operations.backups.service import BackupService
from operations.configuration.service import ConfigurationService
from pipeline.alerts.triage.service import TriageService
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.detection.thresholds.settings import Change
from pipeline.metrics.archive.folder import ArchiveFolder
from pipeline.models.service import ModelManager
from tests.integration.builders import BuiltHotel, build_hotel
from tests.integration.pipeline.models.versions import publish

OLD_ROW = (
    "INSERT INTO ml_metrics (hotel_id, metric_type, entity_type, entity_id, interval_start, timestamp, metric_value) "
    "VALUES (:hotel, 'stok_seviye', 'product', 1, :at, :at, 3)"
)
LEFT_ALONE = ("audit_log", "audit_chain", "data_versions")  # what a restore never sets back


@dataclass
class Installation:
    """What tests look at; ``service`` is what commands and jobs call."""

    database: Database
    folder: Path
    clock: FixedClock
    service: BackupService
    hotel: BuiltHotel

    @property
    def parts(self) -> PartsService:
        settings, thresholds = self.service.settings, ThresholdService(self.database, self.clock, self.service.settings)
        configuration = ConfigurationService(self.database, self.clock, settings)
        return PartsService(self.service, Owners(thresholds, TriageService(self.database, self.clock), configuration))

    @property
    def models(self) -> Path:
        return self.folder / "models"

    def archived_rows(self) -> dict[Path, bytes]:
        """The files of archived metric rows."""
        return {path: path.read_bytes() for path in (self.folder / "archive").rglob("*.parquet")}

    @property
    def archives(self) -> list[Path]:
        return sorted((self.folder / "backups").glob("*.backup"))

    def backup(self) -> Label:
        """A backup that nobody proved yet; a minute goes by."""
        with self.service.shelf.alone():
            made = make(self.service.source, "manual", "deniz", self.clock.now(), silent)
        self.clock.advance(timedelta(minutes=1))
        return made

    def rows(self) -> dict[str, TableState]:
        """Every table with its rows and their checksum."""
        with self.database.reading() as connection:
            found = queries.states(connection)
        return {name: state for name, state in found.items() if name not in LEFT_ALONE}

    def beside(self) -> list[str]:
        """Databases of this test that should not be there."""
        with self.database.reading() as connection:
            return [*beside(connection, "check"), *beside(connection, "coming")]

    def execute(self, statement: str, **params: object) -> None:
        with self.database.transaction() as connection:
            connection.execute(text(statement), params)

    def scalar(self, query: str, **params: object) -> object:
        with self.database.reading() as connection:
            return connection.execute(text(query), params).scalar()


def shelf_of(installation: Installation) -> list[str]:
    """Everything that lies in the folder of backups."""
    folder = installation.folder / "backups"
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock") if folder.exists() else []


def installed(database: Database, folder: Path, clock: FixedClock) -> Installation:
    """With keys in files of its own, on a database that is there already."""
    settings = Settings(home=folder, models_dir=folder / "models")
    ring = KeyRing(folder / "secrets" / "encryption_keys")
    url = database.engine.url.render_as_string(hide_password=False)
    own = open_database(url, keys=ring)
    service = BackupService(own, clock, settings, url, ring, backup_key_ring(settings))
    with own.transaction() as connection:
        hotel = build_hotel(connection)
        for number in range(20):
            hotel.visit(connection, number % 2, clock.now(), consumed={0: number})
    ThresholdService(own, clock, settings).save(SYSTEM, hotel.hotel_id, "*", Change(budget_per_day=7.5), "season")
    publish(ModelManager(own, settings, clock), hotel.hotel_id, 1.0)
    with own.transaction() as connection:
        connection.execute(text(OLD_ROW), {"hotel": hotel.hotel_id, "at": clock.now() - timedelta(days=200)})
    Archiving(own, ArchiveFolder(settings.archive_folder)).archive_old(hotel.hotel_id, clock.now())
    return Installation(own, folder, clock, service, hotel)


@pytest.fixture
def installation(database: Database, tmp_path: Path, clock: FixedClock) -> Iterator[Installation]:
    made = installed(database, tmp_path, clock)
    yield made
    with made.database.reading() as connection:
        left = [name for role in ("before", "check", "coming") for name in beside(connection, role)]
    for name in left:
        made.service.source.neighbours.drop(name)
    made.database.dispose()
