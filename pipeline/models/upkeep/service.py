"""Keeping the model folder small and known (SPEC B3, B8): clean-up, emergency, deletion, measures, cache counts."""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock, local_date, local_midnight
from core.errors import AppError
from core.logs import logger
from core.scope import Scope
from core.stage import Progress, StageReport, silent
from db.queries import audit, model_loads, premises
from db.queries import models as queries
from db.queries.models import ModelRow
from db.queries.scores import hotel_time_zone
from db.queries.versions import bump
from db.session import Database
from pipeline.models.loaded import LoadedModels
from pipeline.models.model_files import ModelFolder
from pipeline.models.retention import DISK_FULL_RATIO, VERSIONS_KEPT, CleanupPlan, cleanup_plan

STRAY_AGE = timedelta(hours=1)  # a publication has written its file and not yet named it for seconds at the most
log = logger(__name__)


@dataclass(frozen=True)
class Cleaned:
    """What a clean-up removed; ``in_use`` files would have gone and stay until nobody uses them."""

    files: int = 0
    size_bytes: int = 0
    rows: int = 0
    in_use: int = 0

    def __add__(self, other: "Cleaned") -> "Cleaned":
        return Cleaned(*(mine + theirs for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True)))


@dataclass(frozen=True)
class Preview:
    """What a clean-up would take now."""

    plan: CleanupPlan
    strays: dict[str, int] = field(default_factory=dict)  # files that no row names: bytes by path

    @property
    def files(self) -> int:
        return len(self.plan.files) + len(self.strays)

    @property
    def size_bytes(self) -> int:
        return self.plan.size_bytes + sum(self.strays.values())


@dataclass(frozen=True)
class ModelUpkeep:
    """Never takes the active version nor one in use; a publication and a clean-up of a hotel wait for one another."""

    database: Database
    folder: ModelFolder
    clock: Clock

    def preview(self, scope: Scope, hotel_id: int) -> Preview:
        """What ``clean`` would take."""
        scope.require("models.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            rows = queries.list_models(connection, hotel_id)
        plan = cleanup_plan(rows, self.clock.now(), self._kept(), self._unsound(hotel_id, rows))
        return Preview(plan, self._strays(hotel_id, rows))

    def clean(self, scope: Scope, hotel_id: int | None = None) -> Cleaned:
        """Three versions of each kind stay, one where 90 % of the disk are used; strays of killed writers go.

        Of one hotel, or of all of them.
        """
        scope.require("jobs.run")
        if hotel_id is not None:
            scope.require_hotel(hotel_id)
        hotel_ids = (scope.hotel_filter(self._hotels()) or []) if hotel_id is None else [hotel_id]
        cleaned = self._clean(hotel_ids, VERSIONS_KEPT)
        if self.folder.disk_ratio() >= DISK_FULL_RATIO:
            cleaned += self.emergency(scope.hotel_filter(self._hotels()))
        return cleaned

    def emergency(self, hotel_ids: list[int] | None = None) -> Cleaned:
        """The disk is full: of every kind only the version in use stays, in every hotel or in some."""
        log.warning("model_disk_low", disk_ratio=round(self.folder.disk_ratio(), 4), limit=DISK_FULL_RATIO)
        return self._clean(self._hotels() if hotel_ids is None else hotel_ids, 1)

    def delete(self, scope: Scope, model_id: int) -> int:
        """Delete one version's file; its bytes. The row stays, inactive, for a month.

        Raises ``model_is_active`` and ``model_is_used``.
        """
        scope.require("models.write")
        with self.database.transaction() as connection:
            row = queries.model(connection, model_id)
            if row is None:
                raise AppError("not_found", 404, params={"what": f"model {model_id}"})
            scope.require_row(row.hotel_id, f"model {model_id}")
            queries.lock_models(connection, row.hotel_id)
            row = queries.model(connection, model_id) or row
            if row.is_active:
                raise AppError("model_is_active", 409)
            size = self.folder.delete(row.model_path) if row.model_path else 0
            if size is None:
                raise AppError("model_is_used", 409)
            queries.retire(connection, [row.id], self.clock.now())
            entity = f"model {model_id}"
            audit.record(connection, scope.actor, "model_deleted", hotel_id=row.hotel_id, entity=entity)
            bump(connection, row.hotel_id, "models")
        log.info("model_deleted", model_id=model_id, path=row.model_path, size_bytes=size, actor=scope.actor)
        return size

    def measure(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """The last whole local day's load times, the sizes and the disk as rows of ``ml_metrics`` (SPEC B8)."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        ratio = round(self.folder.disk_ratio(), 4)
        with self.database.transaction() as connection:
            time_zone = hotel_time_zone(connection, hotel_id)
            today = local_date(at, time_zone)
            since, until = (local_midnight(today - timedelta(days=back), time_zone) for back in (1, 0))
            written = model_loads.write_measures(connection, hotel_id, since, until, ratio)
            bump(connection, hotel_id, "models")
        progress(1.0, "stage.done")
        return StageReport(written, written, {"disk_ratio": ratio})

    def count(self, cache: LoadedModels[Any], service: str) -> None:
        """Add what a cache did since the last time to the hour's counts of its service."""
        hour = self.clock.now().replace(minute=0, second=0, microsecond=0)
        taken = {owner: counts for owner, counts in cache.take_counts().items() if isinstance(owner, int)}
        if taken:
            with self.database.transaction() as connection:
                for hotel_id, counts in taken.items():
                    model_loads.add_cache_counts(connection, hotel_id, hour, service, asdict(counts))

    def _kept(self) -> int:
        return 1 if self.folder.disk_ratio() >= DISK_FULL_RATIO else VERSIONS_KEPT

    def _hotels(self) -> list[int]:
        with self.database.reading() as connection:
            return [hotel.id for hotel in premises.hotels(connection)]

    def _clean(self, hotel_ids: list[int], kept: int) -> Cleaned:
        cleaned = Cleaned()
        for hotel_id in hotel_ids:
            with self.database.transaction() as connection:
                queries.lock_models(connection, hotel_id)
                cleaned += self._clean_hotel(connection, hotel_id, kept)
        log.info("models_cleaned", count=cleaned.files, megabytes=round(cleaned.size_bytes / 1e6, 2), **asdict(cleaned))
        return cleaned

    def _clean_hotel(self, connection: Any, hotel_id: int, kept: int) -> Cleaned:
        swept = self._swept(hotel_id)
        rows = queries.list_models(connection, hotel_id)
        plan = cleanup_plan(rows, self.clock.now(), kept, self._unsound(hotel_id, rows))
        sizes = {row.id: self._freed(row.model_path) if row.model_path else 0 for row in plan.files}
        gone = [row.id for row in plan.files if sizes[row.id] is not None]
        queries.retire(connection, gone, self.clock.now())
        rows_gone = queries.delete_rows(connection, [row.id for row in plan.rows if sizes.get(row.id, 0) is not None])
        strays = [self._freed(path) for path in self._strays(hotel_id, rows)]
        freed = [size for size in [*sizes.values(), *strays] if size is not None]
        if gone or rows_gone:
            bump(connection, hotel_id, "models")
        return Cleaned(len(freed), sum(freed) + swept, rows_gone, len(sizes) + len(strays) - len(freed))

    def _freed(self, path: str) -> int | None:
        """Bytes of a deleted file; None when it stays because it is used or cannot be deleted."""
        try:
            return self.folder.delete(path)
        except AppError as error:
            log.warning("model_not_cleaned", path=path, reason=error.code)
            return 0 if error.code == "model_path_wrong" else None  # a name of the older system: no file of ours

    def _swept(self, hotel_id: int) -> int:
        try:
            return self.folder.sweep(hotel_id)
        except AppError as error:
            log.warning("model_partials_not_swept", hotel_id=hotel_id, reason=error.code)
            return 0

    def _unsound(self, hotel_id: int, rows: list[ModelRow]) -> frozenset[int]:
        """Active versions whose file is not what it should be: a spare one of their kind stays, whatever happens."""
        there = self.folder.files(hotel_id)
        return frozenset(
            row.id for row in rows
            if row.is_active and row.model_path
            and (row.model_path not in there or there[row.model_path].st_size != row.size_bytes)
        )  # fmt: skip

    def _strays(self, hotel_id: int, rows: list[ModelRow]) -> dict[str, int]:
        known = {row.model_path for row in rows}
        oldest = (self.clock.now() - STRAY_AGE).timestamp()
        files = self.folder.files(hotel_id).items()
        return {path: facts.st_size for path, facts in files if path not in known and facts.st_mtime < oldest}
