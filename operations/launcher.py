"""``make run``: servers, preparation, sidecar and dashboard up in order, watched, and down in order."""

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from types import FrameType

from core.embedded.servers import Servers, running_servers
from core.errors import AppError
from core.i18n import Translator
from core.logs import logger
from core.settings import ROOT, Settings, child_environment
from operations.preflight import check_machine, check_servers
from operations.supervision import EmbeddedServers, Service

DASHBOARD_COMMAND = (sys.executable, str(ROOT / "asgi.py"))
SIDECAR_COMMAND = (sys.executable, str(ROOT / "scheduler_service.py"))
KEEPER_COMMAND = (*SIDECAR_COMMAND, "keeper")
HEALTH_TIMEOUT_SECONDS = 90.0
TICK_SECONDS = 0.25
PASSWORD_FILE = "first-admin.txt"  # noqa: S105 - the name of a file

log = logger(__name__)


@dataclass(frozen=True)
class Prepared:
    """Who can sign in first; the password is None unless it was generated just now."""

    username: str
    password: str | None = None


@dataclass(frozen=True)
class Commands:
    """What is started; tests start something else."""

    dashboard: Sequence[str] = DASHBOARD_COMMAND
    sidecar: Sequence[str] = SIDECAR_COMMAND
    keeper: Sequence[str] = KEEPER_COMMAND


def up(
    settings: Settings,
    prepare: Callable[[Settings, Servers], Prepared],
    say: Callable[[str], None] | None = None,
    commands: Commands | None = None,
) -> int:
    """Run the installation until Ctrl-C or SIGTERM; returns 0 after a clean stop, raises AppError otherwise.

    ``prepare`` does what needs services: migrate, first administrator, sample hotel, first pass. ``say`` prints a line.
    """
    say = say or print_line
    check_machine(settings)
    try:
        with _interruptible(), _alone(settings.data_dir), running_servers(settings) as servers:
            _run(settings, servers, prepare, say, commands or Commands())
    except KeyboardInterrupt:
        say(Translator(settings.language)("launcher.stopped"))
    return 0


def prepare_once(settings: Settings, prepare: Callable[[Settings, Servers], Prepared]) -> int:
    """Only the preparation, for installations whose sidecar and dashboard are started by others (containers)."""
    with running_servers(settings) as servers:
        check_servers(servers)
        prepared = prepare(settings, servers)
        keep_password(settings.data_dir, prepared)
        for line in _sign_in(settings, prepared):
            print_line(line)
    return 0


def print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def services_of(settings: Settings, servers: Servers, commands: Commands) -> list[Service]:
    """Sidecar, keeper and dashboard, told by their environment where everything is."""
    environment = child_environment(
        DATABASE_URL=servers.database_url,
        DATABASE_OWNER_URL="",  # services have no use for the owner's rights, but one
        REDIS_URL=servers.redis_url,
        REDIS_READER_URL=servers.redis_reader_url or "",
        BAROMETER_HOME=str(settings.data_dir),
        BAROMETER_PORT=str(settings.port),
        BAROMETER_ADDRESS=settings.address,
        PYTHONUNBUFFERED="1",
    )
    return [
        Service("sidecar", commands.sidecar, environment, settings.logs_dir / "sidecar.log"),
        Service(
            "keeper",
            commands.keeper,
            environment | {"DATABASE_OWNER_URL": servers.owner_url},
            settings.logs_dir / "keeper.log",
        ),
        Service("dashboard", commands.dashboard, environment, settings.logs_dir / "dashboard.log"),
    ]


def keep_password(home: Path, prepared: Prepared) -> None:
    """The generated password in a file of mode 0600; the database has only its hash."""
    if prepared.password is None:
        return
    descriptor = os.open(home / PASSWORD_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(f"{prepared.username}\n{prepared.password}\n")


def dashboard_url(settings: Settings) -> str:
    """The address for a browser on this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.address, settings.address)  # noqa: S104
    return f"http://{shown}:{settings.port}"


def _run(
    settings: Settings,
    servers: Servers,
    prepare: Callable[[Settings, Servers], Prepared],
    say: Callable[[str], None],
    commands: Commands,
) -> None:
    check_servers(servers)
    prepared = prepare(settings, servers)
    keep_password(settings.data_dir, prepared)
    services = services_of(settings, servers, commands)
    try:
        for service in services:
            service.start()
        _wait_until_it_answers(f"{dashboard_url(settings)}/api/health", services)
        for line in _welcome(settings, prepared):
            say(line)
        embedded = EmbeddedServers(settings, servers)
        while True:
            embedded.keep_alive()
            for service in services:
                service.keep_alive()
            time.sleep(TICK_SECONDS)
    finally:
        for service in reversed(services):
            service.stop()


def _wait_until_it_answers(url: str, services: list[Service]) -> None:
    deadline = time.monotonic() + HEALTH_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        for service in services:
            service.keep_alive()
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - our own address
        except urllib.error.HTTPError:
            return  # it answers; what it says is for the health check's readers
        except OSError:
            time.sleep(TICK_SECONDS)
        else:
            return
    raise AppError("dashboard_silent", 500, params={"url": url, "log": str(services[-1].log_file)})


def _welcome(settings: Settings, prepared: Prepared) -> Iterator[str]:
    t = Translator(settings.language)
    yield t("launcher.address", url=dashboard_url(settings))
    yield from _sign_in(settings, prepared)
    yield t("launcher.how_to_stop")


def _sign_in(settings: Settings, prepared: Prepared) -> Iterator[str]:
    t = Translator(settings.language)
    file = settings.data_dir / PASSWORD_FILE
    if prepared.password is not None:
        yield t("launcher.first_sign_in", username=prepared.username, password=prepared.password)
        yield t("launcher.password_kept", file=str(file))
    elif file.exists():
        yield t("launcher.password_in_file", username=prepared.username, file=str(file))
    else:
        yield t("launcher.sign_in", username=prepared.username)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One launcher a data folder; the system takes the lock back from a killed one."""
    with (home / "launcher.lock").open("w") as stream:
        try:
            flock(stream, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise AppError("already_running", 500, params={"folder": str(home)}) from error
        yield


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM means what Ctrl-C means; a second one does not disturb the stop that the first began."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    previous = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
