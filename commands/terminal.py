"""What every command shares: services on running servers, words, progress, the options of a hotel and a time."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from secrets import token_hex
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from commands.permission import role_of_command
from core.embedded.servers import Servers, prepare_home, running_servers
from core.errors import AppError
from core.i18n import Translator
from core.key_ring import key_ring
from core.logs import configure_logging
from core.request_context import begin_request, identify_request, place_request
from core.scope import SYSTEM
from core.settings import Settings, load_settings
from core.stage import Progress as Report
from db import migrate as migrations
from db import roles
from db.session import open_database
from operations.configuration.taking import effective_settings
from operations.queries.statement_log import COMMAND, logged
from services import Services, build_services
from sources.hotels import HotelRow

console = Console(highlight=False, soft_wrap=True)

HotelOption = Annotated[str | None, typer.Option("--hotel", help="Code of one hotel; every hotel when empty.")]
AtOption = Annotated[datetime | None, typer.Option("--at", help="As of this hotel-local time; now when empty.")]


def words(settings: Settings) -> Translator:
    return Translator(settings.language)


@contextmanager
def opened() -> Iterator[tuple[Services, Translator]]:
    """Services on the configured servers; embedded ones that do not run yet run for the time of the command."""
    settings = load_settings()
    prepare_home(settings.data_dir)
    configure_logging("command", settings.log_level, settings.logs_dir, console=False)
    begin_command()
    with running_servers(settings) as servers:
        services = migrated(settings, servers)
        try:
            with logged(services.database, COMMAND):
                yield services, words(settings)
        finally:
            services.close()


def begin_command() -> None:
    """What the logs tell of a command: which user of which machine gave it, and what it stands for."""
    begin_request(address=f"{psutil.Process().username()}@{socket.gethostname()}", wanted_id=f"command-{token_hex(4)}")
    identify_request(SYSTEM.actor, role_of_command())
    place_request("command")


def migrated(settings: Settings, servers: Servers) -> Services:
    """Services over a database at the newest revision, working as the application's role."""
    keys = key_ring(settings)
    owner = open_database(servers.owner_url, pool_size=1, keys=keys)
    try:
        owner.ping()
        migrations.upgrade(owner)
        roles.prepare(owner, servers.database_url)
    finally:
        owner.dispose()
    database = open_database(servers.database_url, keys=keys)
    return build_services(effective_settings(settings, database), servers, database=database)


@contextmanager
def shown_progress(t: Translator, what: str = "") -> Iterator[Report]:
    """A progress bar on the terminal, fed by the stages."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda ratio, note: bar.update(task, completed=ratio, description=f"{what} {t(note)}".strip())


def one_hotel(services: Services, code: str | None) -> HotelRow:
    """The hotel of the code, or the only one there is."""
    hotels = services.hotels.listed(SYSTEM, code)
    if len(hotels) != 1:
        raise AppError("hotel_wanted", params={"known": ", ".join(hotel.code for hotel in hotels) or "–"})
    return hotels[0]
