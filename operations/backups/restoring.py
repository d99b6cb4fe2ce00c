"""Restores a backup beside the database in use, and swaps the two when it is proven; undone by swapping again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from core.clock import Clock
from core.durable_file import whole_file
from core.errors import AppError
from core.key_ring import parse_keys
from core.logs import logger
from core.private_file import make_private
from core.stage import Progress
from db import migrate, roles
from db.carrying import Carried, carry
from db.databases import beside as databases_beside
from db.databases import discarded
from db.queries import audit_chain, sealed
from db.session import Database
from operations.archive.ownership import Ownership
from operations.backups.archive import KEYS, MODELS, READ_BYTES, ROWS, Archive, opened
from operations.backups.checking import beside, compare, fill
from operations.backups.making import Source, full_named, make
from operations.backups.manifest import FileState
from pipeline.metrics.archive.folder import ArchiveFolder, is_named_by

COMING, BEFORE = "coming", "before"
FILLED, COMPARED, SWAPPED = 0.7, 0.9, 0.98  # how much of the work is done then
FOLDER_MODE, FILE_MODE, PRIVATE_FILE_MODE = 0o755, 0o644, 0o600

log = logger(__name__)


@dataclass(frozen=True)
class Restored:
    """What took the place of the present state; ``safety``: the backup that was made of that before."""

    name: str
    safety: str | None
    before: str  # the database that was in use, kept for undoing
    restore_seconds: float
    rows: int
    carried: Carried


@dataclass(frozen=True)
class Asked:
    """Who asked, in which run of a job (None: a command), and when."""

    actor: str
    clock: Clock
    run_id: int | None = None

    @property
    def stamp(self) -> str:
        return f"{self.clock.now():%Y%m%d%H%M%S%f}"


def restore(source: Source, name: str, asked: Asked, progress: Progress) -> Restored:
    """Put a backup in the place of the present state; the caller is alone on the shelf.

    First everything is proven, then a safety copy is made, then the backup is restored into a database beside, and
    compared; until the swap nothing that is in use was touched. Archived rows come into the folder of this
    installation, which stays its own. Raises what ``checking`` and ``Ownership.claim`` raise, and ``disk_full``.
    """
    with opened(source.shelf.path(name), source.backup_keys) as archive:
        for share in archive.prove():
            progress(0.1 * share, "backup.opening")
        if holds_rows(archive):
            claim_folder(source)
        safety = make(source, "safety", asked.actor, asked.clock.now(), within(progress, 0.1, 0.35))
        with beside(source, COMING, asked.stamp) as coming:
            seconds = fill(source, archive, coming, within(progress, 0.35, FILLED))
            with source.neighbours.opened(coming, source.keys) as database:
                progress(FILLED, "backup.comparing")
                compare(archive, database)
                progress(COMPARED, "backup.migrating")
                migrate.upgrade(database)
                roles.settle(database)
                bring_keys(source, archive, database)
                write_models(archive, source.models)
                write_rows(archive, source.rows)
            progress(SWAPPED, "backup.swapping")
            note = {"restored": name, "safety": safety.name, "by": asked.actor, "at": asked.clock.now().isoformat()}
            before, carried = _swap(source, coming, asked, note)
        rows = archive.manifest.rows
    log.info("backup_restored", name=name, safety=safety.name, before=before, rows=rows, seconds=round(seconds, 2))
    return Restored(name, safety.name, before, seconds, rows, carried)


def undo(source: Source, asked: Asked, progress: Progress) -> Restored:
    """Put the state before the last restore back; what is in use now is kept in turn, so that this can be undone too.

    Raises ``nothing_to_undo``.
    """
    neighbours = source.neighbours
    with neighbours.opened(neighbours.live) as live, live.reading() as connection:
        found = databases_beside(connection, BEFORE)
    if not found:
        raise AppError("nothing_to_undo", 409)
    coming, note = list(found.items())[-1]
    progress(0.1, "backup.models")
    _bring_files_back(source, note.get("safety"))
    with neighbours.opened(coming) as database:
        migrate.upgrade(database)
        roles.settle(database)
    progress(0.8, "backup.swapping")
    undone = {"undone": note.get("restored"), "by": asked.actor, "at": asked.clock.now().isoformat()}
    before, carried = _swap(source, coming, asked, undone)
    log.info("restore_undone", before=before, name=note.get("restored"))
    return Restored(str(note.get("restored")), None, before, 0.0, 0, carried)


def _swap(source: Source, coming: str, asked: Asked, note: dict[str, Any]) -> tuple[str, Carried]:
    """Carry along what must go along, exchange the names, and drop what older restores kept."""
    neighbours = source.neighbours
    leaving = neighbours.named(BEFORE, asked.stamp)
    # Nobody writes to the audit log until the names are exchanged, which ends that connection with all others.
    with neighbours.opened(neighbours.live) as live, discarded(live) as present:
        with neighbours.opened(coming) as database, database.transaction() as connection:
            carried = carry(present, connection, asked.run_id)
        head = audit_chain.head(present)
        neighbours.swap(coming, leaving, note)
    with neighbours.opened(leaving) as left, left.reading() as connection:
        if (last := audit_chain.head(connection)) != head:
            log.error("audit_entries_left", database=leaving, carried=str(head), last=str(last))
        older = [name for name in databases_beside(connection, BEFORE, neighbours.live) if name != leaving]
    for name in older:
        neighbours.drop(name)
    return leaving, carried


def bring_keys(source: Source, archive: Archive, database: Database) -> None:
    """Keys that restored values are sealed with join our own; raises ``encryption_key_missing`` where one cannot."""
    with database.reading() as connection:
        used = sealed.key_counts(connection).keys()
    theirs = parse_keys(archive.content(KEYS).decode(), KEYS) if archive.manifest.files[KEYS].size else ()
    missing = [key for key in theirs if key.id in used - {ours.id for ours in source.keys.all()}]
    if missing and source.keys.given:
        raise AppError("encryption_key_missing", 503, params={"key": missing[0].id, "path": str(source.keys.path)})
    source.keys.adopt(missing)


def holds_rows(archive: Archive) -> bool:
    """Whether archived rows come along, or a manifest that names some."""
    files = archive.manifest.tables.get("archive_partitions")
    return bool(archive.files_of(ROWS)) or (files is not None and files.rows > 0)


def claim_folder(source: Source) -> None:
    """Files of archived rows come to nobody else's folder, nor to where a disk is not mounted."""
    with source.neighbours.opened(source.neighbours.live) as live:
        Ownership(live, ArchiveFolder(source.rows)).claim()


def write_models(archive: Archive, folder: Path) -> int:
    """Model files that are missing or differ, each written as a whole; others stay. How many were written."""
    paths = {name: folder / name.removeprefix(MODELS) for name in archive.files_of(MODELS)}
    return _write_files(archive, paths, _make_open, FILE_MODE)


def write_rows(archive: Archive, folder: Path) -> int:
    """The same for files of archived rows, which only their owner reads; never one over a better one."""
    whole = [name for name in archive.files_of(ROWS) if is_named_by(name, archive.manifest.files[name].sha256)]
    paths = {name: folder / name.removeprefix(ROWS) for name in whole}
    return _write_files(archive, paths, make_private, PRIVATE_FILE_MODE)


def _make_open(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)


def _write_files(
    archive: Archive, paths: Mapping[str, Path], make: Callable[[Path], None], file_mode: int
) -> int:  # fmt: skip
    written = 0
    for name, path in paths.items():
        expected = archive.manifest.files[name]
        if ".." in path.parts:
            raise AppError("model_path_wrong", params={"path": name})
        if path.is_file() and _state_of(path) == expected:
            continue
        with full_named(path.parent):
            make(path.parent)
            with archive.part(name) as part, whole_file(path, file_mode) as target:
                while content := part.read(READ_BYTES):
                    target.write(content)
        written += 1
    return written


def _state_of(path: Path) -> FileState:
    with path.open("rb") as file:
        return FileState(path.stat().st_size, file_digest(file, "sha256").hexdigest())


def _bring_files_back(source: Source, safety: str | None) -> None:
    """Files that a clean-up deleted since come back from the safety copy, as long as there is one."""
    if safety is None or not source.shelf.new_path(safety).exists():
        return
    with opened(source.shelf.path(safety), source.backup_keys) as archive:
        if holds_rows(archive):
            claim_folder(source)
        write_models(archive, source.models)
        write_rows(archive, source.rows)


def within(progress: Progress, begin: float, end: float) -> Progress:
    """The progress of a part of the work, which lies between two shares of it."""
    return lambda ratio, note: progress(begin + (end - begin) * ratio, note)
