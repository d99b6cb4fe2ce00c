"""Model files for the screen and the command line: versions, sizes, loads, history, and what a clean-up would free."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from core.scope import Scope
from db.queries import model_loads
from db.queries import models as queries
from db.queries.models import ModelRow
from db.session import Database
from pipeline.models.retention import DISK_FULL_RATIO
from pipeline.models.service import ModelManager
from pipeline.models.upkeep.service import Preview

__all__ = ["Activation", "ModelFiles", "ModelFilesService", "Preview", "Version"]

LOADS_OF = timedelta(days=30)
RECENT = timedelta(hours=24)
HISTORY_LINES = 50


@dataclass(frozen=True)
class Version:
    """One version of a kind. ``state``: active, spare, withdrawn, damaged (its file is not there), gone, copy."""

    id: int
    hotel_id: int
    metric_type: str
    model_type: str
    state: str
    is_active: bool
    is_pinned: bool  # a person chose it: trainings do not replace it
    trained_at: datetime
    trained_until: datetime | None
    path: str | None
    size_bytes: int | None
    withdrawn_reason: str | None
    loads: int
    failed_loads: int
    mean_seconds: float | None
    p95_seconds: float | None
    last_outcome: str | None

    @property
    def learned_until(self) -> datetime:
        """The last instant that it knows of."""
        return self.trained_until or self.trained_at

    @property
    def kind(self) -> str:
        return f"{self.metric_type}.{self.model_type}"

    @property
    def can_be_chosen(self) -> bool:
        return not self.is_active and self.state in ("spare", "withdrawn", "copy")

    @property
    def can_be_deleted(self) -> bool:
        return not self.is_active and self.state != "gone"


@dataclass(frozen=True)
class Activation:
    """A span in which a version was in use; ``active_until`` None: it is."""

    metric_type: str
    model_type: str
    model_id: int
    trained_at: datetime
    active_from: datetime
    active_until: datetime | None
    reason: str
    note: str | None
    actor: str


@dataclass(frozen=True)
class ModelFiles:
    """What there is of a hotel. Loads and fallbacks of 24 hours; ``hit_ratio`` None: nobody asked the caches."""

    as_of: datetime
    versions: list[Version]
    size_bytes: int
    disk_ratio: float
    is_disk_full: bool
    loads: int
    fallbacks: int
    hit_ratio: float | None
    cache: Mapping[str, Mapping[str, float]]  # counts of 24 hours by service

    @property
    def file_count(self) -> int:
        return sum(version.path is not None and version.state != "damaged" for version in self.versions)


@dataclass(frozen=True)
class ModelFilesService:
    """Everything is counted from files and rows at the moment of asking."""

    database: Database
    clock: Clock
    models: ModelManager

    def files(self, scope: Scope, hotel_id: int) -> ModelFiles:
        """Versions of a hotel, the active one of each kind first, then the newest."""
        scope.require("models.read")
        scope.require_hotel(hotel_id)
        now = self.clock.now()
        with self.database.reading() as connection:
            rows = queries.list_models(connection, hotel_id)
            loads = model_loads.loads_by_model(connection, hotel_id, now - LOADS_OF)
            recent, failed = model_loads.load_counts(connection, hotel_id, now - RECENT, now + timedelta(seconds=1))
            pinned = queries.pinned_kinds(connection, hotel_id)
            cache = model_loads.cache_counts(connection, hotel_id, now - RECENT)
        there = self.models.folder.files(hotel_id)
        versions = [
            _version(row, row.model_path in there, row.kind[1:] in pinned, loads.get(row.id, {})) for row in rows
        ]
        versions.sort(key=lambda one: (one.metric_type, one.model_type, not one.is_active, -one.id))
        ratio = self.models.folder.disk_ratio()
        size = sum(facts.st_size for facts in there.values())
        return ModelFiles(
            now, versions, size, ratio, ratio >= DISK_FULL_RATIO, recent, failed, _hit_ratio(cache), cache
        )

    def history(self, scope: Scope, hotel_id: int) -> list[Activation]:
        """Which version was in use from when to when and why, newest first."""
        scope.require("models.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            return [Activation(**row) for row in queries.activations(connection, hotel_id, HISTORY_LINES)]

    def preview(self, scope: Scope, hotel_id: int) -> Preview:
        """What "clean up now" would free."""
        return self.models.upkeep.preview(scope, hotel_id)


def _version(row: ModelRow, is_there: bool, is_pinned: bool, loads: Mapping[str, Any]) -> Version:
    size = row.size_bytes if row.model_path or row.has_data else None
    times = (row.trained_at, row.trained_until)
    return Version(
        row.id, row.hotel_id, row.metric_type, row.model_type, _state(row, is_there), row.is_active,
        row.is_active and is_pinned, *times, row.model_path, size, row.withdrawn_reason, int(loads.get("loads", 0)),
        int(loads.get("failed", 0)), loads.get("mean_seconds"), loads.get("p95_seconds"), loads.get("last_outcome"),
    )  # fmt: skip


def _state(row: ModelRow, is_there: bool) -> str:
    if row.model_path is not None and not is_there:
        return "damaged"
    if row.is_active:
        return "active"
    if row.model_path is None:
        return "copy" if row.has_data else "gone"
    return "withdrawn" if row.withdrawn_reason else "spare"


def _hit_ratio(cache: Mapping[str, Mapping[str, float]]) -> float | None:
    asked = sum(counts["hits"] + counts["misses"] + counts["waits"] for counts in cache.values())
    return sum(counts["hits"] for counts in cache.values()) / asked if asked else None
