"""What the container image runs: ``python -m operations.container secrets|prepare|sidecar|dashboard|probe``."""

import os
import secrets
import stat
import sys
import urllib.request
from pathlib import Path

from core.clock import SystemClock
from core.embedded.postgres import APP_ROLE
from core.embedded.servers import prepare_home
from core.embedded.valkey import READER, reader_account
from core.errors import AppError
from core.i18n import Translator
from core.settings import ROOT, Settings, load_settings
from db.queries import health as queries
from db.session import open_database
from operations.health import SIDECAR_ALIVE_SECONDS

SECRETS_DIR, OWNER_DIR = Path("/secrets"), Path("/owner")
DATABASE_URL = "postgresql://{role}:{password}@postgres:5432/barometer"
COMMANDS = {
    "dashboard": ("asgi.py",),
    "sidecar": ("scheduler_service.py",),
    "keeper": ("scheduler_service.py", "keeper"),
    "prepare": ("manage.py", "prepare"),
}
VALKEY_CONFIGURATION = """requirepass {password}
maxmemory 256mb
maxmemory-policy allkeys-lru
save ""
appendonly no
"""


def main(arguments: list[str]) -> int:
    role = arguments[0] if arguments else "dashboard"
    try:
        if role == "secrets":
            return make_secrets(SECRETS_DIR, OWNER_DIR)
        settings = load_settings()
        if role == "probe":
            return probe(settings, arguments[1])
        check_models_folder(settings.models_dir)
    except AppError as error:
        sys.stderr.write(Translator("en")(error.message_id, **error.params) + "\n")
        return 1
    script, *rest = COMMANDS.get(role) or ("manage.py", *arguments)
    # Replaced, not wrapped: signals of the container reach the service itself.
    return os.execv(sys.executable, [sys.executable, str(ROOT / script), *rest])  # noqa: S606


def make_secrets(folder: Path, owner: Path) -> int:
    """Passwords of the two servers, made once; the folders are volumes: ``owner`` that of who owns the tables.

    An installation whose services signed in as the owner keeps its server's password and gets the application's role.
    """
    address = folder / "database_url"
    known = address.read_text(encoding="utf-8") if address.exists() else ""
    if known:
        _add_reader(folder)
    if f"//{APP_ROLE}:" in known:
        return 0
    shared = folder / "postgres_password"  # where it lay when there was one role for everything
    password = shared.read_text(encoding="utf-8") if shared.exists() else secrets.token_urlsafe(32)
    cache = secrets.token_urlsafe(32)
    _write(owner, "postgres_password", password)
    _write(owner, "database_owner_url", DATABASE_URL.format(role="barometer", password=password))
    if not known:
        _write(folder, "valkey.conf", VALKEY_CONFIGURATION.format(password=cache))
        _write(folder, "redis_url", f"redis://:{cache}@valkey:6379/0")
        _add_reader(folder)
    # The last one says that all are there.
    _write(folder, "database_url", DATABASE_URL.format(role=APP_ROLE, password=secrets.token_urlsafe(32)))
    shared.unlink(missing_ok=True)
    return 0


def _add_reader(folder: Path) -> None:
    """The account that may only look at the cache server; one of an earlier version knows it from its next start on."""
    if (folder / "redis_reader_url").exists():
        return
    password = secrets.token_urlsafe(32)
    configuration = (folder / "valkey.conf").read_text(encoding="utf-8").rstrip("\n")
    _write(folder, "valkey.conf", f"{configuration}\n{reader_account(password)}\n")
    _write(folder, "redis_reader_url", f"redis://{READER}:{password}@valkey:6379/0")


def _write(folder: Path, name: str, content: str) -> None:
    fresh = folder / f".{name}"
    fresh.write_text(content, encoding="utf-8")
    fresh.chmod(0o444)
    fresh.replace(folder / name)


def check_models_folder(folder: Path) -> None:
    """The volume is writable and nobody else can change model files (SPEC B1: 755)."""
    prepare_home(folder)
    if stat.S_IMODE(folder.stat().st_mode) & 0o022:
        try:
            folder.chmod(0o755)
        except OSError as error:
            raise AppError("data_folder_unusable", 500, params={"folder": str(folder), "reason": "mode"}) from error


def probe(settings: Settings, role: str) -> int:
    """0 when the service of this container is well: the dashboard answers, a sidecar or keeper leads."""
    if role == "dashboard":
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{settings.port}/api/health", timeout=4).close()
        except OSError:
            return 1
        return 0
    database = open_database(settings.database_url or "", pool_size=1)
    with database.reading() as connection:
        beat = queries.heartbeat(connection, role)
    database.dispose()
    if beat is None:
        return 1
    return int((SystemClock().now() - beat.beat_at).total_seconds() > SIDECAR_ALIVE_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
