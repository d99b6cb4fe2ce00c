"""Makes a backup: a snapshot of the database, model files, archived rows, the keys; sealed while it is written."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from core.durable_file import FULL
from core.errors import AppError
from core.key_ring import KeyRing
from core.logs import logger
from core.stage import Progress
from core.version import version
from db import dumps
from db.databases import Neighbours
from db.queries import audit_chain, backups
from db.queries.archive import paths
from operations.backups.archive import DUMP, KEYS, MODELS, ROWS, ArchiveWriter, writing
from operations.backups.manifest import Label, Manifest
from operations.backups.shelf import Shelf
from pipeline.metrics.archive.folder import ArchiveFolder

COUNTED, DUMPED = 0.25, 0.85  # how much of the work is done then

log = logger(__name__)


@dataclass(frozen=True)
class Source:
    """What is backed up, and under which keys: ``keys`` seal values in the database, ``backup_keys`` the archives."""

    owner_url: str
    models: Path
    rows: Path  # the archive of metric rows
    shelf: Shelf
    keys: KeyRing = field(repr=False)
    backup_keys: KeyRing = field(repr=False)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def neighbours(self) -> Neighbours:
        return Neighbours(self.owner_url)


def make(source: Source, kind: str, actor: str, at: datetime, progress: Progress) -> Label:
    """Write one archive; the caller is alone on the shelf. Raises ``disk_full``, and then nothing of it stays.

    Rows are counted and dumped in the same snapshot: whatever people write meanwhile is in neither.
    """
    neighbours = source.neighbours
    with neighbours.opened(neighbours.live) as database, database.reading() as connection:
        major = backups.major_version(connection)
        tools = dumps.find_tools(major)
        label = Label(
            f"barometer-{at:%Y%m%dT%H%M%S}-{kind}", kind, at, actor, source.backup_keys.first().id, version(),
            backups.schema_revision(connection) or "", major,
        )  # fmt: skip
        snapshot = backups.export_snapshot(connection)
        tables = backups.states(connection, lambda share: progress(COUNTED * share, "backup.counting"))
        head = audit_chain.head(connection)
        expected_bytes = backups.database_bytes(connection)
        path = source.shelf.new_path(label.name)
        with full_named(path.parent), writing(path, label, source.backup_keys) as archive:
            with dumps.dumping(tools, source.owner_url, snapshot) as dump:
                archive.add(DUMP, dump, lambda size: _told(progress, size / max(expected_bytes, 1)))
            progress(DUMPED, "backup.models")
            _add_models(archive, source.models)
            _add_rows(archive, source.rows, paths(connection))
            archive.add(KEYS, BytesIO("\n".join(key.secret for key in source.keys.all()).encode()))
            manifest = Manifest(
                label, tables, archive.files, f"{head.position}:{head.chain_sha256}" if head else None, source.settings
            )
            archive.finish(manifest)
    log.info("backup_made", name=label.name, rows=manifest.rows, files=len(archive.files), bytes=path.stat().st_size)
    return label


def _told(progress: Progress, share: float) -> None:
    """A dump is smaller than the database by what nobody knows before: it never says that it is done."""
    progress(COUNTED + (DUMPED - COUNTED) * min(3 * share, 0.99), "backup.dumping")


def _add_models(archive: ArchiveWriter, folder: Path) -> None:
    """Every model file; one that a clean-up deletes meanwhile is not missed, its row was inactive."""
    for path in sorted(folder.glob("hotel-*/*.pkl")):
        if path.is_symlink():
            continue
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            continue
        with stream:
            archive.add(MODELS + path.relative_to(folder).as_posix(), stream)


def _add_rows(archive: ArchiveWriter, folder: Path, names: Iterable[str]) -> None:
    """Every file that the manifest of archived rows names; of one that is missing or damaged the proof tells."""
    files = ArchiveFolder(folder)
    for name in names:
        try:
            content = files.whole(name)
        except AppError as error:
            log.warning("archived_rows_missing", path=name, reason=error.code)
            continue
        archive.add(ROWS + name, BytesIO(content))


@contextmanager
def full_named(folder: Path) -> Iterator[None]:
    """A disk without room raises ``disk_full``."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise AppError("disk_full", 500, params={"folder": str(folder)}) from error
