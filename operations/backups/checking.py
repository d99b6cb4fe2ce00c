"""Proves a backup: opens every byte, restores it into a scratch database, and compares what is in it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.clock import Clock
from core.errors import AppError
from core.key_ring import KeyRing, parse_keys
from core.scope import SYSTEM
from core.stage import Progress
from db import dumps, migrate
from db.queries import backups, sealed
from db.queries.archive import paths
from db.queries.backups import TableState
from db.session import Database
from identity.audit.service import AuditService, Head
from operations.backups.archive import DUMP, KEYS, MODELS, ROWS, Archive
from operations.backups.making import Source
from operations.backups.manifest import Label

SCRATCH = "check"
OPENED, FILLED, COMPARED = 0.2, 0.7, 0.95  # how much of the work is done then


@dataclass(frozen=True)
class Findings:
    """How long filling a database took, and what was wrong before the backup was made: it is kept, and told."""

    restore_seconds: float
    rows: int
    tables: int
    files: int
    audit_findings: int
    models_missing: int
    keys_missing: int
    rows_missing: int  # files of archived rows


def check(source: Source, archive: Archive, stamp: str, clock: Clock, progress: Progress) -> Findings:
    """Restore into a scratch database, compare, and drop it. Raises like ``fill`` and ``compare``."""
    with beside(source, SCRATCH, stamp) as name:
        seconds = fill(source, archive, name, progress)
        with source.neighbours.opened(name) as database:
            progress(FILLED, "backup.comparing")
            compare(archive, database)
            migrate.upgrade(database)  # an older schema must be one that can be brought to the present
            return _findings(archive, database, clock, seconds)


@contextmanager
def beside(source: Source, role: str, stamp: str) -> Iterator[str]:
    """A new database beside the one in use, which is gone afterwards unless it was given another name."""
    name = source.neighbours.named(role, stamp)
    source.neighbours.create(name)
    try:
        yield name
    finally:
        source.neighbours.drop(name)


def fill(source: Source, archive: Archive, name: str, progress: Progress, tables: Sequence[str] = ()) -> float:
    """Prove every byte and restore the dump, or some tables of it, into an empty database; the seconds of the latter.

    Raises ``backup_damaged``, ``backup_from_newer_version``, ``backup_from_newer_postgres``, ``backup_restore_failed``.
    """
    neighbours = source.neighbours
    with neighbours.opened(name) as database, database.reading() as connection:
        major = backups.major_version(connection)
    refuse_newer(archive.manifest.label, major)
    for share in archive.prove():
        progress(OPENED * share, "backup.opening")
    progress(OPENED, "backup.restoring")
    began = time.monotonic()
    with archive.part(DUMP) as dump:
        dumps.restore(dumps.find_tools(major), neighbours.url(name), dump, tables)
    return time.monotonic() - began


def refuse_newer(label: Label, major: int) -> None:
    """What a newer Barometer or a newer PostgreSQL wrote cannot be read by an older one."""
    if not migrate.knows(label.schema):
        raise AppError("backup_from_newer_version", 409, params={"what": label.app_version, "ours": label.schema})
    if label.postgres > major:
        params = {"theirs": str(label.postgres), "ours": str(major)}
        raise AppError("backup_from_newer_postgres", 409, params=params)


def compare(archive: Archive, database: Database) -> None:
    """Tables, rows and content are those of the manifest, and so is every file; raises ``backup_differs``."""
    manifest = archive.manifest
    with database.reading() as connection:
        found = backups.states(connection)
    for table in sorted(manifest.tables.keys() | found.keys()):
        _alike(table, manifest.tables.get(table), found.get(table))
    for name in manifest.files:
        if name != DUMP:  # which was read to its end when it was restored
            archive.content(name)


def compare_tables(archive: Archive, database: Database, tables: Sequence[str]) -> None:
    """The same for some tables that were restored alone; one that the backup does not know is not there."""
    with database.reading() as connection:
        for table in tables:
            if table in archive.manifest.tables:
                _alike(table, archive.manifest.tables[table], backups.state(connection, table))


def _alike(table: str, written: TableState | None, read: TableState | None) -> None:
    if written != read:
        params = {"table": table, "written": written.rows if written else 0, "found": read.rows if read else 0}
        raise AppError("backup_differs", 409, params=params)


def archived_keys(archive: Archive) -> KeyRing:
    """The keys that seal values in the archived database."""
    return KeyRing(Path(KEYS), parse_keys(archive.content(KEYS).decode(), KEYS))


def _findings(archive: Archive, database: Database, clock: Clock, seconds: float) -> Findings:
    manifest, here = archive.manifest, {key.id for key in archived_keys(archive).given}
    kept = Head.parse(manifest.audit_head) if manifest.audit_head else None
    audit = AuditService(database, clock).verify(SYSTEM, kept)
    with database.reading() as connection:
        used = sealed.key_counts(connection).keys()
        models, archived = backups.active_models(connection), paths(connection)
    missing = [path for path, digest in models if _digest(archive, MODELS + path) != digest]
    rows_missing = [path for path, digest in archived.items() if _digest(archive, ROWS + path) != digest]
    return Findings(
        seconds, manifest.rows, len(manifest.tables), len(manifest.files), len(audit.findings), len(missing),
        len(used - here), len(rows_missing),
    )  # fmt: skip


def _digest(archive: Archive, name: str) -> str | None:
    file = archive.manifest.files.get(name)
    return file.sha256 if file else None
