"""From a row to a loaded model (SPEC B2, B5, B9): the file in three tries, else the copy in the database."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.logs import logger
from db.queries import model_copies as copies
from db.queries import model_loads
from db.queries import models as queries
from db.queries.models import ModelRow
from db.queries.versions import bump
from db.session import Database
from pipeline.models.model_files import ModelFolder, OpenedModel, bring_libraries
from pipeline.models.older_format import older_model
from pipeline.models.seal import Identity, Seal, feature_hash
from pipeline.models.stored import StoredModel
from pipeline.models.tries import tried

ASKED_AGAIN = timedelta(hours=6)  # a training is not asked for more often because a file cannot be used
WANTS_TRAINING = frozenset(
    {
        "model_outdated", "model_missing", "model_corrupt", "model_unsafe", "model_scores_differ", "model_locked",
        "model_path_wrong", "model_unreadable", "model_forbidden",
    }
)  # fmt: skip
log = logger(__name__)


def seal_values(seal: Seal) -> dict[str, Any]:
    """The columns of a row that hold its seal."""
    return {
        "model_path": seal.path or None, "size_bytes": seal.size_bytes, "sha256": seal.sha256,
        "hmac_sha256": seal.signature, "library_versions": seal.library_versions,
    }  # fmt: skip


@dataclass(frozen=True)
class ModelReader:
    """Opens versions. Every attempt leaves a record (B8); without a database a file is loaded all the same (B9)."""

    database: Database
    folder: ModelFolder
    clock: Clock
    sleep: Callable[[float], None]

    def open(self, row: ModelRow) -> OpenedModel:
        """The checked and loaded version; the caller closes it.

        Raises ``model_missing``, ``model_corrupt``, ``model_outdated`` and the like before a byte of it is executed.
        """
        bring_libraries()
        began, outcome = time.perf_counter(), "failed"
        try:
            opened = self._opened(row)
            outcome = model_loads.LOADED
        except AppError as error:
            outcome = error.code
            self._ask_for_training(row, error.code)
            raise
        finally:
            self._record_load(row, time.perf_counter() - began, outcome)
        return opened

    def _opened(self, row: ModelRow) -> OpenedModel:
        if row.is_locked:
            raise AppError("model_locked", 503, params={"path": row.model_path or f"model {row.id}"})
        seal, identity = Seal.of(row), Identity.of(row)
        if row.feature_hash is not None and row.feature_hash != feature_hash(identity.feature_names):
            raise AppError("model_corrupt", 409, params={"path": row.model_path or f"model {row.id}"})
        if seal is not None and seal.path:
            try:
                return tried(lambda: self.folder.read(identity, seal), self.sleep)
            except AppError as error:
                if not row.has_data:
                    raise
                log.warning("model_copy_used", model_id=row.id, reason=error.code)
        if row.has_data:
            return tried(lambda: self._from_database(row, identity, seal), self.sleep)
        raise AppError("model_missing", 404, params={"path": row.model_path or f"model {row.id}"})

    def _from_database(self, row: ModelRow, identity: Identity, seal: Seal | None) -> OpenedModel:
        """The copy in the database, which becomes a file where one can be written (SPEC B5)."""
        with self.database.reading() as connection:
            content = copies.model_data(connection, row.id)
        if content is None:
            return self._from_new_file(row)
        written, opened = self.opened_copy(row, content)
        try:
            self.to_file(row, written)
        except AppError as error:
            log.warning("model_stays_in_database", model_id=row.id, reason=error.code)
        return opened

    def _from_new_file(self, row: ModelRow) -> OpenedModel:
        """Somebody else made the file of a copy after the row was read."""
        with self.database.reading() as connection:
            fresh = queries.model(connection, row.id)
        seal = None if fresh is None else Seal.of(fresh)
        if fresh is None or seal is None or not seal.path:
            raise AppError("model_missing", 404, params={"path": f"model {row.id}"})
        return self.folder.read(Identity.of(fresh), seal)

    def opened_copy(self, row: ModelRow, copy: bytes) -> tuple[bytes, OpenedModel]:
        """What the file of a copy in the database is to hold, and the model; raises what is wrong with the copy."""
        seal = Seal.of(row)
        if seal is None:  # of the older system: its own bytes travel along, so that the move can be taken back
            stored = StoredModel(older_model(copy), original=copy)
            written = self.folder.serialised(stored)
            return written, OpenedModel(stored, len(written))
        content = self.folder.keys.unseal_bytes(copy)
        return content, self.folder.opened(Identity.of(row), seal, content)

    def to_file(self, row: ModelRow, content: bytes) -> bool:
        """Write a content of ours as the row's file and forget the copy; False when another process did it."""
        seal = self.folder.write(Identity.of(row), self.clock.now(), content)
        values = seal_values(seal) | {"feature_hash": feature_hash(row.feature_names or ())}
        with self.database.transaction() as connection:
            is_mine = copies.converted(connection, row.id, values, self.clock.now())
            if is_mine:
                bump(connection, row.hotel_id, "models")
        if not is_mine:
            self.folder.delete(seal.path)
        return is_mine

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

    def _ask_for_training(self, row: ModelRow, code: str) -> None:
        """A version in use that cannot be used is replaced soon, not at midnight."""
        if code not in WANTS_TRAINING or not row.is_active:
            return
        now = self.clock.now()
        try:
            with self.database.transaction() as connection:
                if queries.request_training(connection, row.hotel_id, now, now - ASKED_AGAIN):
                    log.warning("training_requested", hotel_id=row.hotel_id, model_id=row.id, reason=code)
        except AppError as error:
            log.warning("training_not_requested", hotel_id=row.hotel_id, reason=error.code)
