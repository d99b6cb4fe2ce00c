"""pg_dump and pg_restore: found in the version of the server, run with the password out of sight, their words kept."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Protocol

from sqlalchemy.engine import make_url

from core.embedded.postgres import BINARIES
from core.errors import AppError
from core.settings import child_environment
from db.session import normalise_url

PLACES = ("/usr/lib/postgresql/{major}/bin", "/usr/pgsql-{major}/bin", "/opt/homebrew/opt/postgresql@{major}/bin")
PACKING = "gzip:3"  # measured: a third of the time of gzip's default, 6 % larger
PIPE_BYTES = 1 << 18
# Made by an administrator of the server or by ``db.roles``; to restore it the owner would have to be one.
SERVERS_OWN, EXCLUDING_SINCE = ("pg_stat_statements", "hypopg"), 17


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Tools:
    """The folder of pg_dump and pg_restore of one major version."""

    folder: Path

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_tools(major: int) -> Tools:
    """The tools of the server's own major version: the machine's, which can speak TLS, or the package's.

    An older pg_dump refuses a newer server, and what a newer one writes an older server may not read. Raises
    ``backup_tools_missing`` naming the version that is wanted.
    """
    on_path = shutil.which("pg_dump")
    known = [Path(place.format(major=major)) for place in PLACES]
    for folder in [*known, *([Path(on_path).parent] if on_path else []), BINARIES]:
        if (folder / "pg_restore").exists() and _major(folder / "pg_dump") == major:
            return Tools(folder)
    raise AppError("backup_tools_missing", 500, params={"major": str(major)})


@contextmanager
def dumping(tools: Tools, url: str, snapshot: str) -> Iterator[IO[bytes]]:
    """The dump of a database as of a snapshot, in pg_dump's own format, to be read to its end.

    Raises ``backup_dump_failed`` with pg_dump's reason.
    """
    command = [tools.program("pg_dump"), "-Fc", f"--compress={PACKING}", f"--snapshot={snapshot}", "--no-owner"]
    if (_major(Path(tools.program("pg_dump"))) or 0) >= EXCLUDING_SINCE:
        command += [f"--exclude-extension={name}" for name in SERVERS_OWN]
    with TemporaryFile() as words:
        process = subprocess.Popen(
            [*command, "--lock-wait-timeout=60s"], env=_environment(url), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=words,
        )  # fmt: skip
        with _ended(process):
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            yield process.stdout
        if process.returncode:
            raise AppError("backup_dump_failed", 503, params={"reason": _reason(words)})


def restore(tools: Tools, url: str, source: Readable, tables: Sequence[str] = ()) -> None:
    """Fill an empty database from a dump; privileges are given by ``db.roles``, since roles differ by installation.

    Of ``tables``, where some are named, the rows alone, without keys, indexes and everything else.

    In one transaction: of a dump that fails nothing stays, and hundreds of statements wait for the disk once (measured:
    0.4 instead of 2.3 s for the schema).

    Raises ``backup_restore_failed`` with pg_restore's reason, or what reading the source raises.
    """
    command = [tools.program("pg_restore"), "--no-owner", "--no-privileges", "--single-transaction"]
    command += [f"--table={name}" for name in tables]
    database = make_url(normalise_url(url)).database or ""
    with TemporaryFile() as words:
        process = subprocess.Popen(
            [*command, "-d", database], env=_environment(url), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=words,
        )  # fmt: skip
        with _ended(process):
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            _feed(process.stdin, source)
        if process.returncode:
            raise _failure(_reason(words))


def _feed(target: IO[bytes], source: Readable) -> None:
    """Everything of the source, to its end even when nobody reads any more: only there it is proven."""
    is_read = True
    while content := source.read(PIPE_BYTES):
        if is_read:
            try:
                target.write(content)
            except BrokenPipeError:
                is_read = False
    try:
        target.close()
    except BrokenPipeError:
        return


def _failure(reason: str) -> AppError:
    if "No space left" in reason:
        return AppError("database_disk_full", 503)
    return AppError("backup_restore_failed", 500, params={"reason": reason})


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """The process ends with the block: by itself, or killed where the block failed."""
    is_done = False
    try:
        yield
        is_done = True
    finally:
        if not is_done:
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        process.wait()


def _environment(url: str) -> dict[str, str]:
    """Where and as whom to sign in; not as arguments, which every user of the machine can see."""
    parsed = make_url(normalise_url(url))
    secured = {
        f"PG{name.upper()}": str(parsed.query[name]) for name in ("sslmode", "sslrootcert") if name in parsed.query
    }
    return child_environment(
        PGHOST=str(parsed.query.get("host") or parsed.host or ""), PGPORT=str(parsed.port or 5432),
        PGUSER=parsed.username or "", PGPASSWORD=parsed.password or "", PGDATABASE=parsed.database or "",
        PGCONNECT_TIMEOUT="10", PGOPTIONS="-c statement_timeout=0 -c idle_in_transaction_session_timeout=0",
        **secured,
    )  # fmt: skip


def _reason(words: IO[bytes]) -> str:
    words.seek(0)
    lines = [line.strip() for line in words.read().decode(errors="replace").splitlines() if line.strip()]
    told = [line for line in lines if "error" in line.lower()]
    return (told or lines or ["?"])[0][:500]


def _major(program: Path) -> int | None:
    """The major version that a program says it has; None when there is none."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.search(r"\) (\d+)", done.stdout)
    return int(found.group(1)) if found else None
