"""Copies in the database become files, one by one beside a running system, and back again (SPEC B5, B10)."""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import AppError
from core.logs import logger
from core.scope import Scope
from core.stage import Progress, silent
from db.queries import model_copies as copies
from db.queries.models import ModelRow
from db.queries.versions import bump
from pipeline.models.reading.service import seal_values
from pipeline.models.seal import Identity, Seal
from pipeline.models.service import ModelManager

log = logger(__name__)


@dataclass(frozen=True)
class Moved:
    """What became of each model: moved, skipped (there is nothing to do any more), or failed with its reason."""

    moved: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)
    failed: dict[int, AppError] = field(default_factory=dict)
    size_bytes: int = 0


@dataclass(frozen=True)
class ModelMove:
    """Each model is its own transaction: stopped at any time, a second run goes on where the first one stopped."""

    models: ModelManager

    def to_files(self, scope: Scope, *, dry_run: bool = False, progress: Progress = silent) -> Moved:
        """Write every copy as a file and forget the copy. ``dry_run`` opens every copy and writes nothing.

        A copy that cannot be opened stays as it is and is named with its reason.
        """
        scope.require("models.write")
        with self.models.database.reading() as connection:
            ids = copies.ids_in_database(connection)
        return self._each(scope, ids, lambda row: self._to_file(row, dry_run=dry_run), progress)

    def to_database(self, scope: Scope, *, dry_run: bool = False, progress: Progress = silent) -> Moved:
        """Take back what ``to_files`` did: the model into the database, the file away."""
        scope.require("models.write")
        with self.models.database.reading() as connection:
            ids = copies.moved_ids(connection)
        return self._each(scope, ids, lambda row: self._to_database(row, dry_run=dry_run), progress)

    def _each(
        self, scope: Scope, ids: list[int], work: "Callable[[ModelRow], int | None]", progress: Progress
    ) -> Moved:
        moved, skipped, size = list[int](), list[int](), 0
        failed: dict[int, AppError] = {}
        for position, model_id in enumerate(ids):
            progress(position / len(ids), "models.moving")
            try:
                row = self.models.get_model_info(scope, model_id)
                done = work(row)
            except AppError as error:
                if error.code.startswith("database_"):
                    raise
                log.error("model_not_moved", model_id=model_id, reason=str(error))  # noqa: TRY400
                failed[model_id] = error
                continue
            (skipped if done is None else moved).append(model_id)
            size += done or 0
        progress(1.0, "stage.done")
        return Moved(moved, skipped, failed, size)

    def _to_file(self, row: ModelRow, *, dry_run: bool) -> int | None:
        """Bytes of the copy; None when it is gone already."""
        with self.models.database.reading() as connection:
            content = copies.model_data(connection, row.id)
        if content is None:
            return None
        if self._has_file(row):
            if not dry_run:
                with self.models.database.transaction() as connection:
                    copies.drop_copy(connection, row.id)
            return len(content)
        written, _ = self.models.reader.opened_copy(row, content)
        if dry_run:
            return len(content)
        return len(content) if self.models.reader.to_file(row, written) else None

    def _has_file(self, row: ModelRow) -> bool:
        """Whether the file of a row is there and is the right one."""
        seal = Seal.of(row)
        if seal is None or not seal.path:
            return False
        try:
            self.models.folder.read(Identity.of(row), seal).close()
        except AppError:
            return False
        return True

    def _to_database(self, row: ModelRow, *, dry_run: bool) -> int | None:
        seal = Seal.of(row)
        if seal is None or row.model_path is None:
            return None
        opened = self.models.folder.read(Identity.of(row), seal)
        opened.close()
        if opened.stored.original is not None:
            content = opened.stored.original
            values = {"model_path": None, "sha256": None, "hmac_sha256": None, "library_versions": None}
        else:
            written, identity = self.models.folder.serialised(opened.stored), Identity.of(row)
            content = self.models.keys.seal_bytes(written)
            values = seal_values(self.models.folder.sealed(identity, "", written))
        if dry_run:
            return len(content)
        with self.models.database.transaction() as connection:
            is_mine = copies.moved_back(connection, row, content, values)
            if is_mine:
                bump(connection, row.hotel_id, "models")
        if is_mine:
            self.models.folder.delete(row.model_path)
        return len(content) if is_mine else None
