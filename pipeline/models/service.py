"""ModelManager: model files on the volume, their metadata in the database (SPEC B1, B2, B4, B5, B9, R4)."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.clock import Clock, SystemClock
from core.errors import AppError
from core.key_ring import KeyRing, key_ring
from core.logs import logger
from core.memory import MemoryGauge
from core.scope import Scope
from core.settings import Settings
from db.queries import audit
from db.queries import models as queries
from db.queries.models import ModelRow
from db.queries.versions import bump
from db.session import Database
from pipeline.models.loaded import LoadedModels
from pipeline.models.model_files import ModelFolder, OpenedModel, bring_libraries
from pipeline.models.publishing.service import Also, ModelPublisher, TrainedModel, nothing
from pipeline.models.reading.service import ModelReader
from pipeline.models.stored import check_reference
from pipeline.models.switching import Kind, Switchboard
from pipeline.models.tries import tried
from pipeline.models.upkeep.service import Cleaned, ModelUpkeep

__all__ = ["Cleaned", "ModelManager", "TrainedModel"]
log = logger(__name__)


@dataclass(frozen=True)
class ModelManager:
    """Saves, finds, checks, switches and removes models. A file is on the disk before a row names it."""

    database: Database
    settings: Settings
    clock: Clock = field(default_factory=SystemClock)
    sleep: Callable[[float], None] = time.sleep

    @cached_property
    def keys(self) -> KeyRing:
        return self.database.keys or key_ring(self.settings)

    @cached_property
    def folder(self) -> ModelFolder:
        return ModelFolder(self.settings.models_dir.expanduser(), self.keys)

    @cached_property
    def cache(self) -> LoadedModels[OpenedModel]:
        """The models that this process has loaded."""
        return LoadedModels(self.settings.model_cache_mb * 1_000_000, MemoryGauge().used_ratio)

    def spare(self) -> None:
        """Give back the memory of models that nobody uses now."""
        self.cache.clear()

    def close(self) -> None:
        """Give loaded models and their files back."""
        self.cache.shut()

    @cached_property
    def switchboard(self) -> Switchboard:
        return Switchboard(self._active, self.check)

    @cached_property
    def reader(self) -> ModelReader:
        return ModelReader(self.database, self.folder, self.clock, self.sleep)

    @cached_property
    def upkeep(self) -> ModelUpkeep:
        return ModelUpkeep(self.database, self.folder, self.clock)

    def save_model_to_file(self, model: TrainedModel, also: Also = nothing) -> int:
        """Publish a version; its id. It is the active one unless it was refused or a person pinned another one.

        ``also`` writes in the publication's transaction. Raises ``model_disk_full`` (after an emergency clean-up) or
        ``model_scores_differ``; whatever fails, the version before stays the active one.
        """
        return ModelPublisher(self.database, self.folder, self.upkeep, self.clock).publish(model, also)

    def load_model_from_file(self, row: ModelRow) -> Any:
        """The estimator of a row, from its file or else from the copy in the database; tried three times.

        Raises ``model_missing``, ``model_corrupt``, ``model_outdated`` and the like before a byte is opened. Every
        attempt leaves a record (SPEC B8); without a database the model is loaded all the same (B9).
        """
        opened = self.reader.open(row)
        opened.close()
        return opened.stored.estimator

    @contextmanager
    def loaded(self, row: ModelRow) -> Iterator[Any]:
        """The estimator for the time of the block, from this process's cache where it is there already."""
        key = (*row.kind, row.id, row.sha256)
        with self.cache.lease(key, lambda: self.reader.open(row), owner=row.hotel_id) as opened:
            yield opened.stored.estimator

    @contextmanager
    def in_use(self, hotel_id: int, metric_type: str, model_type: str) -> Iterator[Any]:
        """The active version's estimator for the time of the block. Processes follow a switch within 5 s (R4)."""
        with self.loaded(self.switchboard.row((hotel_id, metric_type, model_type))) as estimator:
            yield estimator

    def check(self, row: ModelRow) -> float:
        """Load a version and score its reference batch; seconds. Raises what is wrong with it."""
        bring_libraries()
        began = time.perf_counter()
        key = (*row.kind, row.id, row.sha256)
        with self.cache.lease(key, lambda: self.reader.open(row), owner=row.hotel_id) as opened:
            check_reference(opened.stored, {"path": row.model_path or f"model {row.id}"})
        return time.perf_counter() - began

    def check_now(self, scope: Scope, model_id: int) -> float:
        """``check`` of the file as it is now, not of what is remembered of it."""
        row = self.get_model_info(scope, model_id)
        self.cache.forget((*row.kind, row.id, row.sha256))
        return self.check(row)

    def make_active(self, scope: Scope, model_id: int, note: str, reason: str = "chosen") -> ModelRow:
        """Use this version from now on, everywhere, until somebody chooses another one or follows trainings again.

        Raises what is wrong with its file (the version in use stays) and ``reason_missing``.
        """
        scope.require("models.write")
        if not note.strip():
            raise AppError("model_reason_missing")
        row = self.get_model_info(scope, model_id)
        self.check_now(scope, model_id)
        now = self.clock.now()
        with self.database.transaction() as connection:
            queries.lock_models(connection, row.hotel_id)
            found = queries.model(connection, model_id)
            if found is None or not (found.model_path or found.has_data):
                raise AppError("model_missing", 404, params={"path": row.model_path or f"model {model_id}"})
            if not (found.is_active and queries.is_pinned(connection, found.kind)):
                used = [one.id for one in queries.list_models(connection, *row.kind) if one.is_active]
                queries.activate(connection, found, now, reason=reason, actor=scope.actor, note=note)
                queries.withdraw_newer(connection, found, now, "rolled_back")
                details = {"metric_type": row.metric_type, "model_type": row.model_type, "note": note}
                audit.record(
                    connection, scope.actor, "model_activated", hotel_id=row.hotel_id, entity=f"model {model_id}",
                    details=details, before={"model": next(iter(used), None)}, after={"model": model_id},
                )  # fmt: skip
                bump(connection, row.hotel_id, "models")
        log.info("model_activated", model_id=model_id, reason=reason, actor=scope.actor)
        return row

    def rollback(self, scope: Scope, hotel_id: int, metric_type: str, model_type: str, note: str) -> ModelRow:
        """Back to the version that was in use before, the newest of them that still loads and scores.

        Raises ``model_nothing_before`` when there is none.
        """
        scope.require("models.write")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            ids = queries.previously_active(connection, (hotel_id, metric_type, model_type))
            rows = {row.id: row for row in queries.list_models(connection, hotel_id, metric_type, model_type)}
        usable = {row.id for row in rows.values() if not row.is_active and row.withdrawn_reason is None}
        for row in (rows[one] for one in dict.fromkeys(ids) if one in usable):
            try:
                return self.make_active(scope, row.id, note, "rollback")
            except AppError as error:
                if error.code == "model_reason_missing":
                    raise
                log.warning("model_rollback_skips", model_id=row.id, reason=error.code)
        raise AppError("model_nothing_before", 409, params={"metric": metric_type, "model": model_type})

    def follow_trainings(self, scope: Scope, hotel_id: int, metric_type: str, model_type: str) -> ModelRow:
        """End a person's choice: the newest version that trainings promoted meanwhile is used, else the present one."""
        scope.require("models.write")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            rows = queries.list_models(connection, hotel_id, metric_type, model_type)
        waiting = [row for row in rows if row.is_active or row.withdrawn_reason == "pinned"]
        if not any(row.is_active for row in waiting):
            raise AppError("model_none_active", 404, params={"metric": metric_type, "model": model_type})
        newest = max(waiting, key=lambda row: (row.trained_until or row.trained_at, row.id))
        self.check(newest)
        now = self.clock.now()
        with self.database.transaction() as connection:
            queries.lock_models(connection, hotel_id)
            found = queries.model(connection, newest.id)
            if found is None or not (found.model_path or found.has_data):
                raise AppError("model_missing", 404, params={"path": newest.model_path or f"model {newest.id}"})
            queries.activate(connection, found, now, reason="released", actor=scope.actor)
            entity = f"model {newest.id}"
            audit.record(connection, scope.actor, "model_released", hotel_id=hotel_id, entity=entity)
            bump(connection, hotel_id, "models")
        return newest

    def usable_models(self, connection: Any, hotel_id: int, metric_type: str, model_type: str) -> list[ModelRow]:
        """Versions for detection, newest training cutoff first; a withdrawn one is none of them.

        Until the caller's transaction ends, no clean-up takes their files.
        """
        queries.share_models(connection, hotel_id)
        rows = queries.list_models(connection, hotel_id, metric_type, model_type)
        usable = [
            row for row in rows
            if (row.model_path or row.has_data) and row.trained_until and row.withdrawn_reason is None
        ]  # fmt: skip
        return sorted(usable, key=lambda row: (row.trained_until or row.trained_at, row.id), reverse=True)

    def list_available_models(self, scope: Scope, hotel_id: int) -> list[ModelRow]:
        """Models of a hotel whose file is there, newest first."""
        scope.require("models.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            rows = queries.list_models(connection, hotel_id)
        there = self.folder.files(hotel_id)
        return [row for row in rows if row.model_path in there]

    def get_model_info(self, scope: Scope, model_id: int) -> ModelRow:
        """Metadata of one model; raises ``not_found``."""
        scope.require("models.read")
        with self.database.reading() as connection:
            row = queries.model(connection, model_id)
        if row is None:
            raise AppError("not_found", 404, params={"what": f"model {model_id}"})
        scope.require_row(row.hotel_id, f"model {model_id}")
        return row

    def cleanup_old_models(self, scope: Scope, hotel_id: int | None = None) -> Cleaned:
        """Versions beyond three of a kind, inactive ones of a month, strays; more when the disk is nearly full (B3)."""
        return self.upkeep.clean(scope, hotel_id)

    def _active(self, kind: Kind) -> ModelRow | None:
        def found() -> ModelRow | None:
            with self.database.reading() as connection:
                model_id = queries.active_id(connection, kind)
                return None if model_id is None else queries.model(connection, model_id)

        return tried(found, self.sleep)
