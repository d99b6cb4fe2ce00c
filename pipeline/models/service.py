"""ModelManager: model files on the volume, their metadata in the database (SPEC B1, B4)."""

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock, SystemClock, local_date, local_midnight
from core.errors import AppError
from core.logs import logger
from core.scope import Scope
from core.settings import Settings
from core.stage import Progress, StageReport, silent
from db.queries import model_loads
from db.queries import models as model_queries
from db.queries.models import ModelRow
from db.queries.scores import hotel_time_zone
from db.queries.versions import bump
from db.session import Database
from pipeline.models.model_files import ModelFolder, Seal

VERSIONS_KEPT = 3
ORPHAN_AGE = timedelta(hours=24)
log = logger(__name__)


@dataclass(frozen=True)
class TrainedModel:
    """A fitted model and what is known about it; ``accuracy`` stays None until it is measured."""

    hotel_id: int
    model_type: str
    metric_type: str
    estimator: Any
    trained_from: datetime
    trained_until: datetime
    feature_names: list[str] = field(default_factory=list)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    accuracy: float | None = None
    refused: str | None = None  # why it does not replace the model in use; kept, but never used


@dataclass(frozen=True)
class Cleaned:
    """What a clean-up removed."""

    files: int
    size_bytes: int


@dataclass(frozen=True)
class ModelManager:
    """Saves, finds, checks and removes models. The file is on the disk before a row names it."""

    database: Database
    settings: Settings
    clock: Clock = field(default_factory=SystemClock)

    @property
    def folder(self) -> ModelFolder:
        return ModelFolder(self.settings.models_dir.expanduser(), self.settings.data_dir / "secrets" / "model_key")

    def save_model_to_file(self, connection: Any, model: TrainedModel) -> int:
        """Write the file, then name it in the caller's transaction, as the active one unless it was refused; its id."""
        now = self.clock.now()
        seal = self.folder.write(model.hotel_id, model.model_type, model.metric_type, now, model.estimator)
        values = {
            "hotel_id": model.hotel_id,
            "model_type": model.model_type,
            "metric_type": model.metric_type,
            "model_path": seal.path,
            "size_bytes": seal.size_bytes,
            "sha256": seal.sha256,
            "hmac_sha256": seal.hmac_sha256,
            "library_versions": dict(seal.library_versions),
            "feature_names": list(model.feature_names),
            "parameters": dict(model.parameters) | ({"refused": model.refused} if model.refused else {}),
            "metrics": dict(model.metrics),
            "accuracy": model.accuracy,
            "trained_from": model.trained_from,
            "trained_until": model.trained_until,
            "trained_at": now,
        }
        if model.refused:
            return model_queries.add_model(connection, values, is_active=False)
        return model_queries.add_active(connection, values)

    def load_model_from_file(self, row: ModelRow) -> Any:
        """The model of a row; raises ``model_missing``, ``model_corrupt`` or ``model_outdated`` unopened.

        Every attempt leaves a record (SPEC B8); without a database the model is loaded all the same (B9).
        """
        began, outcome = time.perf_counter(), model_loads.LOADED
        try:
            model = self._read(row)
        except AppError as error:
            outcome = error.code
            raise
        finally:
            self._record_load(row, time.perf_counter() - began, outcome)
        return model

    def _read(self, row: ModelRow) -> Any:
        if not row.model_path or not row.sha256 or not row.hmac_sha256:
            raise AppError("model_missing", 404, params={"path": row.model_path or f"model {row.id}"})
        seal = Seal(row.model_path, row.size_bytes or 0, row.sha256, row.hmac_sha256, row.library_versions or {})
        return self.folder.read(seal)

    def _record_load(self, row: ModelRow, seconds: float, outcome: str) -> None:
        if outcome == model_loads.LOADED:
            log.info("model_loaded", path=row.model_path, milliseconds=round(1000 * seconds, 1))
        load = {
            "hotel_id": row.hotel_id, "model_id": row.id, "metric_type": row.metric_type,
            "model_type": row.model_type, "loaded_at": self.clock.now(), "duration_seconds": seconds,
            "outcome": outcome,
        }  # fmt: skip
        try:
            with self.database.transaction() as connection:
                model_loads.record(connection, load)
        except AppError as error:
            log.warning("model_load_not_recorded", model_id=row.id, reason=error.code)

    def measure(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """The last whole local day's load times, the sizes and the disk as rows of ``ml_metrics`` (SPEC B8)."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        root = self.folder.root
        usage = shutil.disk_usage(next(path for path in (root, *root.parents) if path.exists()))
        with self.database.transaction() as connection:
            time_zone = hotel_time_zone(connection, hotel_id)
            today = local_date(at, time_zone)
            since, until = (local_midnight(today - timedelta(days=back), time_zone) for back in (1, 0))
            ratio = round(usage.used / usage.total, 4)
            written = model_loads.write_measures(connection, hotel_id, since, until, ratio)
            bump(connection, hotel_id, "models")
        progress(1.0, "stage.done")
        return StageReport(written, written, {"disk_ratio": ratio})

    def usable_models(self, connection: Any, hotel_id: int, metric_type: str, model_type: str) -> list[ModelRow]:
        """Rows with a file, newest training cutoff first: for detection, which may only look at earlier ones.

        A model that was refused when it was trained is none of them.
        """
        rows = model_queries.list_models(connection, hotel_id, metric_type, model_type)
        usable = [
            row for row in rows if row.model_path and row.trained_until and not (row.parameters or {}).get("refused")
        ]
        return sorted(usable, key=lambda row: (row.trained_until or row.trained_at, row.id), reverse=True)

    def list_available_models(self, scope: Scope, hotel_id: int) -> list[ModelRow]:
        """Models of a hotel whose file is there, newest first."""
        scope.require("system.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            rows = model_queries.list_models(connection, hotel_id)
        return [row for row in rows if row.model_path and self.folder.inside(row.model_path).exists()]

    def get_model_info(self, scope: Scope, model_id: int) -> ModelRow:
        """Metadata of one model; raises ``not_found``."""
        scope.require("system.read")
        with self.database.reading() as connection:
            row = model_queries.model(connection, model_id)
        if row is None:
            raise AppError("not_found", 404, params={"what": f"model {model_id}"})
        scope.require_hotel(row.hotel_id)
        return row

    def cleanup_old_models(self, scope: Scope, hotel_id: int | None = None) -> Cleaned:
        """Keep ``VERSIONS_KEPT`` versions of each kind and the active one; delete other files, and orphans."""
        scope.require("jobs.run")
        if hotel_id is not None:
            scope.require_hotel(hotel_id)
        with self.database.transaction() as connection:
            rows = [row for row in model_queries.list_models(connection, hotel_id) if row.model_path]
            spare = _beyond(rows, VERSIONS_KEPT)
            model_queries.retire(connection, [row.id for row in spare])
        gone = {str(row.model_path) for row in spare}
        orphans: list[str] = []
        if hotel_id is None:
            known = {str(row.model_path) for row in rows} - gone
            orphans = self.folder.orphans(known | gone, self.clock.now() - ORPHAN_AGE)
        removed = [self.folder.delete(path) for path in sorted(gone | set(orphans))]
        cleaned = Cleaned(len(removed), sum(removed))
        log.info("models_cleaned", files=cleaned.files, megabytes=round(cleaned.size_bytes / 1e6, 2))
        return cleaned


def _beyond(rows: list[ModelRow], keep: int) -> list[ModelRow]:
    """The rows after the first ``keep`` of each kind, newest first; never an active one."""
    seen: dict[tuple[int, str, str], int] = {}
    spare = []
    for row in rows:
        kind = (row.hotel_id, row.model_type, row.metric_type)
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] > keep and not row.is_active:
            spare.append(row)
    return spare
