"""A hotel with published models, and what may happen to their files, their disk and their database."""

import os
import pickle
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from core.clock import Clock, FixedClock
from core.scope import SYSTEM
from core.settings import Settings
from db.queries import models as queries
from db.queries.models import ModelRow
from db.session import Database, open_database
from pipeline.alerts.model_watch.service import ModelWatch
from pipeline.alerts.service import AlertService
from pipeline.features.service import FeatureService
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager, TrainedModel
from pipeline.models.stored import StoredModel
from sources.simulation.service import SimulationService
from tests.conftest import NOW
from tests.integration.builders import build_hotel

BATCH = np.arange(5.0)
NOBODY = 65534
KIND = ("stok_seviye", "zscore")
opened: list[float] = []  # the middle of every Rule that was unpickled; a file that was not opened adds nothing
meanwhile: list[Callable[[], object]] = []  # what happens while a Rule is unpickled


class Rule:
    """An estimator that scores by the distance from its middle and tells when it is unpickled."""

    def __init__(self, middle: float, ballast: bytes) -> None:
        self.middle, self.ballast = middle, ballast

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        opened.append(self.middle)
        for happening in meanwhile:
            happening()

    def scores(self, batch: Any) -> Any:
        return np.abs(batch - self.middle)


class Canary:
    """A pickle that leaves a trace when somebody opens it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.trace,)


def canary_file(trace: Path, size_bytes: int = 0) -> bytes:
    """The canary as our own files are written, filled up to a size."""
    return zlib.compress(pickle.dumps(Canary(trace))).ljust(size_bytes, b"\0")


@dataclass
class Installation:
    """A hotel with a model manager whose waits between two tries are noted and take no time."""

    database: Database
    settings: Settings
    clock: Clock
    hotel_id: int
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.manager = self.process()

    def process(self) -> ModelManager:
        """What another process has: nothing loaded, and no version in use."""
        return ModelManager(self.database, self.settings, self.clock, sleep=self.waits.append)

    def trained(self, middle: float, metric_type: str = KIND[0], ballast_bytes: int = 2000) -> TrainedModel:
        """A Rule that does not compress; its row says which middle it should have."""
        rule = Rule(middle, np.random.default_rng(1).bytes(ballast_bytes))
        parameters = {"middle": middle}
        return TrainedModel(
            self.hotel_id, KIND[1], metric_type, rule, NOW - timedelta(days=1), NOW, parameters=parameters, batch=BATCH
        )

    def publish(self, middle: float = 1.0, metric_type: str = KIND[0], ballast_bytes: int = 2000) -> ModelRow:
        row = self.row(self.manager.save_model_to_file(self.trained(middle, metric_type, ballast_bytes)))
        opened.clear()
        return row

    def row(self, model_id: int) -> ModelRow:
        with self.database.reading() as connection:
            row = queries.model(connection, model_id)
        assert row is not None
        return row

    def rows(self) -> list[ModelRow]:
        with self.database.reading() as connection:
            return queries.list_models(connection, self.hotel_id)

    def path(self, row: ModelRow) -> Path:
        return self.settings.models_dir / str(row.model_path)

    def sql(self, statement: str, **params: Any) -> None:
        with self.database.transaction() as connection:
            connection.execute(text(statement), params)

    def found(self, query: str) -> list[Any]:
        """The first column of a query's rows."""
        with self.database.reading() as connection:
            return list(connection.scalars(text(query)))

    @property
    def outcomes(self) -> list[str]:
        return self.found("SELECT outcome FROM ml_model_loads ORDER BY id")

    @property
    def trainings_wanted(self) -> int:
        return len(self.found("SELECT id FROM job_requests WHERE job_name = 'train' AND state = 'pending'"))

    def alerts(self, kind: str) -> list[str]:
        return self.found(
            "SELECT severity || CASE WHEN closed_at IS NULL THEN '' ELSE ', closed' END FROM ml_alerts "
            f"WHERE alert_type = '{kind}'"
        )

    @property
    def active(self) -> list[int]:
        """Ids of the active versions of the kind that ``publish`` makes."""
        return [row.id for row in self.rows() if row.is_active and (row.metric_type, row.model_type) == KIND]

    @property
    def strays(self) -> list[str]:
        """Names of files in the hotel's folder that no row names, temporary ones among them."""
        known = {".lock"} | {self.path(row).name for row in self.rows() if row.model_path}
        return sorted(path.name for path in self.settings.models_dir.glob("hotel-*/*") if path.name not in known)


def install(database: Database, models_dir: Path, clock: Clock | None = None) -> Installation:
    with database.transaction() as connection:
        hotel = build_hotel(connection)
    settings = Settings(home=models_dir.parent / "home", models_dir=models_dir)
    return Installation(database, settings, clock or FixedClock(NOW), hotel.hotel_id)


def simulated(database: Database, models_dir: Path, until: datetime) -> Installation:
    """A hotel with 40 days of data up to an instant, nothing trained and nothing judged."""
    [hotel_id] = SimulationService(database).create(SYSTEM, 1, 20, 40, seed=6, until=until)
    MetricsService(database).collect(SYSTEM, hotel_id, until)
    FeatureService(database).build(SYSTEM, hotel_id, until)
    settings = Settings(home=models_dir.parent / "home", models_dir=models_dir, min_data_points=20)
    return Installation(database, settings, FixedClock(until), hotel_id)


def watched(place: Installation) -> None:
    """The look at the model files that follows detections and trainings."""
    alerts = AlertService(place.database, place.clock)
    watch = ModelWatch(place.database, place.manager.folder, alerts, place.settings, place.clock)
    watch.watch(SYSTEM, place.hotel_id)


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def replaced(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


def exchanged(path: Path) -> None:
    [other] = path.parent.glob("*zimmet_kullanim*")
    path.write_bytes(other.read_bytes())


def linked(path: Path) -> None:
    """A link to the very same file or folder, elsewhere."""
    outside = path.parents[path.is_file() + 1] / f"outside-{path.name}"
    path.rename(outside)
    path.symlink_to(outside)


Damage = Callable[[Path, Path], object]  # (the model's file, the trace of a canary)
DAMAGES: dict[str, tuple[str, Damage]] = {
    "missing": ("model_missing", lambda path, trace: path.unlink()),
    "folder missing": ("model_missing", lambda path, trace: path.parent.rename(path.parents[1] / "gone")),
    "empty": ("model_corrupt", lambda path, trace: path.write_bytes(b"")),
    "truncated": ("model_corrupt", lambda path, trace: os.truncate(path, path.stat().st_size // 2)),
    "zeros at its end": ("model_corrupt", lambda path, trace: path.write_bytes(path.read_bytes()[:-512] + bytes(512))),
    "longer": ("model_corrupt", lambda path, trace: path.write_bytes(path.read_bytes() + b"\0")),
    "one bit flipped": ("model_corrupt", lambda path, trace: flip(path, 4 * path.stat().st_size)),
    "a canary": ("model_corrupt", lambda path, trace: path.write_bytes(pickle.dumps(Canary(trace)))),
    "a canary of its size": (
        "model_corrupt",
        lambda path, trace: path.write_bytes(canary_file(trace, path.stat().st_size)),
    ),
    "another metric's model": ("model_corrupt", lambda path, trace: exchanged(path)),
    "directory": ("model_corrupt", lambda path, trace: replaced(path, Path.mkdir)),
    "pipe": ("model_corrupt", lambda path, trace: replaced(path, os.mkfifo)),
    "link": ("model_path_wrong", lambda path, trace: linked(path)),
    "linked folder": ("model_path_wrong", lambda path, trace: linked(path.parent)),
}


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """Where to put model files that every user of this machine can reach."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name) / "models"


@contextmanager
def as_normal_user() -> Iterator[None]:
    """Files are opened without privileges. Only root has to become somebody else for that."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A disk of its own at ``folder``; what is given mounts it again with other options."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
    tried = subprocess.run(mount, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {tried.stderr.strip()}")
    try:
        yield lambda options: _run("mount", "-o", f"remount,{options}", str(folder))
    finally:
        _run("umount", "--lazy", str(folder))


@contextmanager
def unwritable(place: Installation, is_disk: bool) -> Iterator[Callable[[], object]]:
    """The folder may not be written to, until what is given is called."""
    folder = place.settings.models_dir
    if is_disk:
        with disk(folder, "5m") as remount:
            remount("ro")
            yield lambda: remount("rw")
        return
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    folder.chmod(0o555)
    place.manager.folder.serialised(StoredModel(None))  # brings joblib, which not every user can read
    with as_normal_user():
        yield lambda: folder.chmod(0o755)


@contextmanager
def database_gone(database: Database) -> Iterator[None]:
    """The server closes every connection to this database and refuses new ones."""
    url = database.engine.url
    admin = open_database(url.set(database="postgres").render_as_string(hide_password=False), pool_size=1)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'ALTER DATABASE "{url.database}" WITH ALLOW_CONNECTIONS false'))
        try:
            connection.execute(
                text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name"),
                {"name": url.database},
            )
            yield
        finally:
            connection.execute(text(f'ALTER DATABASE "{url.database}" WITH ALLOW_CONNECTIONS true'))
    admin.dispose()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
