"""``manage.py doctor``: looks at everything an installation rests on and says what to do about what is wrong."""

import re
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from packaging.markers import Marker

from core.clock import Clock
from core.embedded.servers import Servers, prepare_home
from core.errors import AppError
from core.settings import ROOT, Settings
from db import migrate, roles
from db.queries import health as queries
from db.session import Database, open_database
from operations.cache import cache_version
from operations.health import SIDECAR_ALIVE_SECONDS
from operations.preflight import MIN_FREE_MB, check_port, free_megabytes

MIN_PYTHON = (3, 11)
MIN_POSTGRES_MAJOR = 15  # NULLS NOT DISTINCT
MAX_SKEW_SECONDS = 5.0
WANTED_EXTENSIONS = {"pg_stat_statements", "auto_explain"}
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?: ;([^\\\n]+))?", re.MULTILINE)


@dataclass(frozen=True)
class Check:
    """One finding: what was looked at, how it is, and, when it is not well, what to do."""

    name: str
    state: str  # ok, warn, fail
    message_id: str
    params: dict[str, Any] = field(default_factory=dict)
    advice_id: str | None = None


def found(name: str, is_well: bool, bad_state: str = "fail", **params: Any) -> Check:
    """A check whose texts are ``doctor.<name>.ok`` or ``doctor.<name>.<bad state>`` and ``doctor.<name>.advice``."""
    state = "ok" if is_well else bad_state
    return Check(name, state, f"doctor.{name}.{state}", params, None if is_well else f"doctor.{name}.advice")


def run_checks(settings: Settings, servers: Servers, clock: Clock) -> list[Check]:
    """Every check, in the order in which one would repair things."""
    checks = [python_check(), packages_check(), *folder_checks(settings), disk_check(settings), port_check(settings)]
    checks.append(cache_check(servers.redis_url))
    return [*checks, *database_checks(servers.owner_url, clock), roles_check(servers.database_url)]


def python_check(running: tuple[int, ...] = sys.version_info[:3]) -> Check:
    return found(
        "python", running >= MIN_PYTHON, version=".".join(map(str, running)), needed=".".join(map(str, MIN_PYTHON))
    )


def packages_check(requirements: Path = ROOT / "requirements.txt") -> Check:
    """Installed versions against the locked ones."""
    lines = PINNED.findall(requirements.read_text(encoding="utf-8"))
    pinned = [(name, wanted) for name, wanted, marker in lines if not marker or Marker(marker).evaluate()]
    different = [name for name, wanted in pinned if _installed(name) != wanted]
    return found("packages", not different, "warn", packages=", ".join(different[:5]), number=len(pinned))


def _installed(name: str) -> str | None:
    try:
        return installed_version(name)
    except PackageNotFoundError:
        return None


def folder_checks(settings: Settings) -> Iterator[Check]:
    """The data folder is ours alone; the model folder is writable and others may only read it (SPEC B1)."""
    home = settings.data_dir
    mode = stat.S_IMODE(home.stat().st_mode) if home.exists() else 0
    yield found("data_folder", _is_writable(home), folder=str(home))
    yield found("data_folder_mode", mode & 0o077 == 0, "warn", folder=str(home), mode=f"{mode:o}")
    models = settings.models_dir
    yield found("models_folder", _is_writable(models), folder=str(models))
    models_mode = stat.S_IMODE(models.stat().st_mode) if models.exists() else 0
    yield found("models_folder_mode", models_mode & 0o022 == 0, "warn", folder=str(models), mode=f"{models_mode:o}")


def _is_writable(folder: Path) -> bool:
    try:
        prepare_home(folder)
    except AppError:
        return False
    return True


def disk_check(settings: Settings) -> Check:
    free_mb = free_megabytes(settings.data_dir if settings.data_dir.exists() else ROOT)
    return found("disk", free_mb >= MIN_FREE_MB, free_mb=free_mb, needed_mb=MIN_FREE_MB)


def port_check(settings: Settings) -> Check:
    """A warning only: while Barometer runs, its own dashboard holds the port."""
    try:
        check_port(settings.address, settings.port)
    except AppError:
        return found("port", False, "warn", port=str(settings.port))
    return found("port", True, port=str(settings.port))


def cache_check(redis_url: str) -> Check:
    try:
        version = cache_version(redis_url)
    except AppError as error:
        return found("cache", False, reason=str(error.params.get("reason", "")))
    return found("cache", True, version=version)


def database_checks(database_url: str, clock: Clock) -> list[Check]:
    """When the server does not answer there is nothing more to look at."""
    try:
        database = open_database(database_url, "barometer-doctor", pool_size=1)
    except AppError as error:
        return [found("database", False, reason=str(error))]
    try:
        database.ping()
        looks: list[Callable[[Database, Clock], Check]] = [
            server_check, extensions_check, clock_check, migrations_check, sidecar_check,
        ]  # fmt: skip
        return [look(database, clock) for look in looks]
    except AppError as error:
        return [found("database", False, reason=str(error.params.get("reason", "")))]
    finally:
        database.dispose()


def roles_check(database_url: str) -> Check:
    """Whether the application signs in as a role that cannot change tables and the audit log."""
    try:
        database = open_database(database_url, "barometer-doctor", pool_size=1)
    except AppError as error:
        return found("roles", False, reason=str(error))
    try:
        database.ping()
        return found("roles", roles.is_separate(database), "warn")
    except AppError as error:
        return found("roles", False, reason=str(error.params.get("reason", "")))
    finally:
        database.dispose()


def server_check(database: Database, clock: Clock) -> Check:
    with database.reading() as connection:
        version = queries.server(connection).version
    return found("database_version", int(version.split(".")[0]) >= MIN_POSTGRES_MAJOR, version=version)


def extensions_check(database: Database, clock: Clock) -> Check:
    with database.reading() as connection:
        preloaded = queries.server(connection).preloaded
    missing = sorted(WANTED_EXTENSIONS - set(preloaded))
    return found("extensions", not missing, "warn", missing=", ".join(missing))


def clock_check(database: Database, clock: Clock) -> Check:
    with database.reading() as connection:
        server_now = queries.server(connection).now
    seconds = abs((clock.now() - server_now).total_seconds())
    return found("clock", seconds <= MAX_SKEW_SECONDS, "warn", seconds=round(seconds, 1))


def migrations_check(database: Database, clock: Clock) -> Check:
    current, newest = migrate.revisions(database)
    return found("migrations", current == newest, current=current or "-", newest=newest or "-")


def sidecar_check(database: Database, clock: Clock) -> Check:
    current, newest = migrate.revisions(database)
    beat = None
    if current == newest:
        with database.reading() as connection:
            beat = queries.heartbeat(connection, "sidecar")
    if beat is None:
        return Check("sidecar", "warn", "doctor.sidecar.never", advice_id="doctor.sidecar.advice")
    seconds = round((clock.now() - beat.beat_at).total_seconds(), 1)
    return found("sidecar", seconds <= SIDECAR_ALIVE_SECONDS, "warn", seconds=seconds, host=beat.host)
