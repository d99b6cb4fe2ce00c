"""A trained model becomes a version: its file is written, read back and scored, then it is named (SPEC B1, B9)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.logs import logger
from db.queries import models as queries
from db.queries.versions import bump
from db.session import Database
from pipeline.models.model_files import ModelFolder
from pipeline.models.reading.service import seal_values
from pipeline.models.seal import Identity, Seal, feature_hash
from pipeline.models.stored import check_reference, with_reference
from pipeline.models.upkeep.service import ModelUpkeep

Also = Callable[[Any, int, str | None], object]  # (connection, model id, why it is not used)
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
    breaks_pin: bool = False  # replaces also a version that a person chose: that one cannot be loaded any more
    batch: Any | None = None  # inputs of ``estimator.scores``: what they give now they must give whenever it is loaded


def nothing(connection: Any, model_id: int, refused: str | None) -> None:
    """No more than the publication itself."""


@dataclass(frozen=True)
class ModelPublisher:
    """Whatever fails, the version before stays the active one."""

    database: Database
    folder: ModelFolder
    upkeep: ModelUpkeep
    clock: Clock

    def publish(self, model: TrainedModel, also: Also) -> int:
        """Publish a version and make it the active one unless it was refused or a person pinned another one; its id.

        The file is written, read back and scored first. Then one transaction names it: metadata, active pointer,
        history, and what ``also`` writes. Whatever fails, the version before stays the active one.
        Raises ``model_disk_full`` (after an emergency clean-up) or ``model_scores_differ``. Where the folder may not be
        written to, the database keeps the copy (SPEC B9).
        """
        identity = Identity(
            model.hotel_id, model.model_type, model.metric_type, tuple(model.feature_names), model.trained_from,
            model.trained_until,
        )  # fmt: skip
        now = self.clock.now()
        content = self.folder.serialised(with_reference(model.estimator, model.batch))
        seal = self._written(identity, now, content)
        values = seal_values(seal) | {
            "hotel_id": model.hotel_id, "model_type": model.model_type, "metric_type": model.metric_type,
            "model_data": None if seal.path else self.folder.keys.seal_bytes(content),
            "feature_names": list(model.feature_names), "feature_hash": feature_hash(model.feature_names),
            "parameters": dict(model.parameters), "metrics": dict(model.metrics),
            "accuracy": model.accuracy, "trained_from": model.trained_from, "trained_until": model.trained_until,
            "trained_at": now,
        }  # fmt: skip
        kind = (model.hotel_id, model.metric_type, model.model_type)
        with self.database.transaction() as connection:
            queries.lock_models(connection, model.hotel_id)
            is_pinned = not model.breaks_pin and queries.is_pinned(connection, kind)
            refused = model.refused or ("pinned" if is_pinned else None)
            if refused:
                values |= {"withdrawn_reason": refused, "withdrawn_at": now, "deactivated_at": now}
            model_id = queries.add_model(connection, values)
            row = queries.model(connection, model_id)
            if row is not None and not refused:
                queries.activate(connection, row, now, reason="trained", actor="system")
            also(connection, model_id, refused)
            bump(connection, model.hotel_id, "models")
        return model_id

    def _written(self, identity: Identity, at: datetime, content: bytes) -> Seal:
        """The seal of what was written, after it was read back and scored."""
        try:
            try:
                seal = self.folder.write(identity, at, content)
            except AppError as error:
                if error.code != "model_disk_full":
                    raise
                self.upkeep.emergency()
                seal = self.folder.write(identity, at, content)
        except AppError as error:
            if error.code != "model_folder_forbidden":
                raise
            log.error("model_kept_in_database", hotel_id=identity.hotel_id, reason=error.code)  # noqa: TRY400
            seal = self.folder.sealed(identity, "", content)
        try:
            if seal.path:
                opened = self.folder.read(identity, seal)
                opened.close()
            else:
                opened = self.folder.opened(identity, seal, content)
            check_reference(opened.stored, {"path": seal.path})
        except AppError:
            if seal.path:
                self.folder.delete(seal.path)
            raise
        return seal
