"""The command line: start, migrate, import, simulate, run the pipeline, add users, ask the doctor."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from core.clock import SystemClock
from core.embedded.servers import Servers, prepare_home, running_servers
from core.errors import AppError
from core.i18n import Translator
from core.logs import configure_logging
from core.scope import SYSTEM
from core.settings import Settings, load_settings
from core.stage import Progress as Report
from core.stage import StageReport
from db import migrate as migrations
from db.session import open_database
from operations import doctor as doctor_checks
from operations import launcher
from pipeline.passes import STAGES
from services import Services, build_services, prepare_installation, run_now
from sources.hotels import HotelRow
from sources.imports.report import ImportReport, read_mapping, summary, write_errors
from sources.simulation.anomalies import PlantPlan

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Barometer watches the minibars of hotels.")
pipeline_app = typer.Typer(no_args_is_help=True, help="The pipeline by hand.")
user_app = typer.Typer(no_args_is_help=True, help="People who sign in.")
app.add_typer(pipeline_app, name="pipeline")
app.add_typer(user_app, name="user")
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
    with running_servers(settings) as servers:
        services = migrated(settings, servers)
        try:
            yield services, words(settings)
        finally:
            services.close()


def migrated(settings: Settings, servers: Servers) -> Services:
    """Services over a database at the newest revision."""
    database = open_database(servers.database_url)
    database.ping()
    migrations.upgrade(database)
    return build_services(settings, servers, database=database)


@contextmanager
def shown_progress(t: Translator, what: str = "") -> Iterator[Report]:
    """A progress bar on the terminal, fed by the stages."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda ratio, note: bar.update(task, completed=ratio, description=f"{what} {t(note)}".strip())


@app.command()
def up() -> None:
    """Start everything: servers, migrations, sample hotel, first pass, sidecar, dashboard (``make run``)."""
    settings = load_settings()
    prepare_home(settings.data_dir)
    configure_logging("command", settings.log_level, settings.logs_dir, console=False)
    sys.exit(launcher.up(settings, prepare))


def prepare(settings: Settings, servers: Servers) -> launcher.Prepared:
    """Migrate, add the first administrator, load the sample hotel into an empty database and judge its past."""
    t = words(settings)
    services = migrated(settings, servers)
    try:
        found = prepare_installation(services, lambda key, params: shown_progress(t, t(key, **params)))
    finally:
        services.close()
    return launcher.Prepared(*found)


@app.command("prepare")
def prepare_only() -> None:
    """What ``up`` does before it starts the services; containers run it once."""
    sys.exit(launcher.prepare_once(load_settings(), prepare))


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""
    with opened() as (services, t):
        current, _ = migrations.revisions(services.database)
        console.print(t("command.migrated", revision=str(current)))


@app.command("db-url")
def db_url() -> None:
    """Print the address of the database."""
    with running_servers(load_settings()) as servers:
        typer.echo(servers.database_url.replace("+psycopg2", ""))


@app.command("import")
def import_file(
    kind: Annotated[str, typer.Argument(help="bookings, stays, products, movements, visits, checks, custody …")],
    file: Annotated[Path, typer.Argument(help="CSV, XLSX or Parquet.")],
    hotel: HotelOption = None,
    dry_run: Annotated[bool, typer.Option(help="Check everything, write nothing.")] = False,
    skip_bad_rows: Annotated[bool, typer.Option(help="Import the good rows of a file with bad ones.")] = False,
    create_rooms: Annotated[bool, typer.Option(help="Stays: add rooms that are not known yet.")] = False,
    column: Annotated[list[str] | None, typer.Option(help="field=heading; kept for the hotel.")] = None,
    errors: Annotated[Path | None, typer.Option(help="Where to write the errors by row and field.")] = None,
) -> None:
    """Import a file of the hotel's records; the same file twice changes nothing."""
    mapping = read_mapping(column or [])
    with opened() as (services, t):
        with shown_progress(t) as progress:
            if kind == "bookings":
                report = services.imports.bookings(
                    SYSTEM, file, hotel or "RESORT", dry_run=dry_run, progress=progress
                )  # fmt: skip
            else:
                report = services.imports.run(
                    SYSTEM, one_hotel(services, hotel).id, kind, file, mapping=mapping or None, dry_run=dry_run,
                    skip_bad_rows=skip_bad_rows, create_rooms=create_rooms, progress=progress,
                )  # fmt: skip
        print_import(t, report, errors or Path(f"{file.name}.errors.csv"))
    sys.exit(1 if report.errors and not skip_bad_rows else 0)


def one_hotel(services: Services, code: str | None) -> HotelRow:
    """The hotel of the code, or the only one there is."""
    hotels = services.hotels.listed(SYSTEM, code)
    if len(hotels) != 1:
        raise AppError("hotel_wanted", params={"known": ", ".join(hotel.code for hotel in hotels) or "–"})
    return hotels[0]


def print_import(t: Translator, report: ImportReport, errors_file: Path) -> None:
    for line in summary(report, t):
        console.print(line, markup=False)
    if report.errors:
        write_errors(report, errors_file, t)
        console.print(t("command.import_errors_file", count=len(report.errors), file=str(errors_file)), markup=False)


@app.command("import-older")
def import_older(
    url: Annotated[str | None, typer.Option(help="Its database; this database when empty.")] = None,
    schema: Annotated[str, typer.Option(help="Schema of its tables.")] = "public",
    time_zone: Annotated[str, typer.Option(help="Time zone of its times.")] = "Europe/Istanbul",
) -> None:
    """Copy the records of the older system's database; run again, it copies what is new."""
    with opened() as (services, t):
        with shown_progress(t) as progress:
            reports = services.older_system.connect(SYSTEM, schema, url=url, time_zone=time_zone, progress=progress)
        for position, report in enumerate(reports):
            print_import(t, report, Path(f"older-{position + 1}.errors.csv"))


@app.command()
def simulate(
    hotels: Annotated[int, typer.Option(min=1)] = 1,
    rooms: Annotated[int, typer.Option(min=10)] = 180,
    days: Annotated[int, typer.Option(min=1)] = 120,
    seed: Annotated[int, typer.Option()] = 1,
    plant: Annotated[bool, typer.Option(help="Plant labelled anomalies.")] = True,
    on_stays_of: Annotated[str | None, typer.Option(help="Code of a hotel with imported stays.")] = None,
) -> None:
    """Make sample hotels, or the activity on top of a hotel's imported stays; every row is marked as simulated."""
    plan = PlantPlan().with_live(days) if plant else None
    with opened() as (services, t), shown_progress(t) as progress:
        if on_stays_of is not None:
            hotel = one_hotel(services, on_stays_of)
            services.simulation.on_stays(SYSTEM, hotel.id, seed=seed, days=days, plant=plan, progress=progress)
            made = [hotel.id]
        else:
            made = services.simulation.create(
                SYSTEM, hotels, rooms, days, seed=seed, until=services.clock.now(), plant=plan, progress=progress
            )
        for hotel in services.hotels.listed(SYSTEM):
            if hotel.id in made:
                console.print(t("command.simulated", hotel=hotel.code))


@pipeline_app.command("run")
def run_pipeline(
    stage: Annotated[str | None, typer.Option(help="collect, features, train or detect; all when empty.")] = None,
    hotel: HotelOption = None,
    at: AtOption = None,
) -> None:
    """Run the pipeline. A hotel that was never judged gets its whole past judged, block by block."""
    with opened() as (services, t):
        for found in services.hotels.listed(SYSTEM, hotel):
            with shown_progress(t, found.code) as progress:
                report = run_stages(services, found, stage, at, progress)
            details = {"rows_in": report.rows_in, "rows_out": report.rows_out}
            console.print(t("command.stage_report", hotel=found.code, **details))
            if services.hotels.first_record_at(SYSTEM, found.id) is None:
                console.print(t("command.nothing_recorded", hotel=found.code))


def run_stages(
    services: Services, hotel: HotelRow, stage: str | None, at: datetime | None, progress: Report
) -> StageReport:
    """The wanted stages, each a recorded run."""
    instant = services.clock.now() if at is None else at.replace(tzinfo=ZoneInfo(hotel.time_zone)).astimezone(UTC)
    if stage is not None:
        services.pipeline.stage(stage)
        return run_now(services, stage, hotel.id, instant, progress)
    if not services.pipeline.was_judged(SYSTEM, hotel.id):
        return run_now(services, "first_pass", hotel.id, instant, progress)
    total = StageReport()
    for name in STAGES:
        total += run_now(services, name, hotel.id, instant, progress)
    return total


@app.command()
def evaluate(hotel: HotelOption = None) -> None:
    """Compare detection with the planted anomalies of simulated hotels, beside the older system's rule."""
    from pipeline.detection.evaluation.service import evaluate as judge_planted
    from pipeline.detection.evaluation.table import as_markdown

    with opened() as (services, _):
        hotels = [found.id for found in services.hotels.listed(SYSTEM, hotel)]
        typer.echo(as_markdown(judge_planted(services.database, hotels)))


@user_app.command("add")
def add_user(
    username: str,
    role: Annotated[str, typer.Option(help="superadmin, sistem_yoneticisi, admin, veri_bilimci …")] = "admin",
    full_name: Annotated[str, typer.Option()] = "",
    language: Annotated[str, typer.Option(help="tr or en")] = "tr",
    hotel: Annotated[list[str] | None, typer.Option(help="Code of a hotel to see; all when empty.")] = None,
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)] = "",
) -> None:
    """Add a person who may sign in."""
    with opened() as (services, t):
        hotels = [services.hotels.listed(SYSTEM, code)[0].id for code in hotel] if hotel else None
        services.identity.add_user(
            SYSTEM, username, password, role, full_name=full_name, language=language, hotels=hotels
        )
        console.print(t("command.user_added", username=username, role=t(f"role.{role}")))


@app.command()
def doctor() -> None:
    """Check versions, servers, migrations, folders, clocks and disk, and say what to do."""
    settings = load_settings()
    t = words(settings)
    with running_servers(settings) as servers:
        checks = doctor_checks.run_checks(settings, servers, SystemClock())
    for check in checks:
        advice = f" → {t(check.advice_id, **check.params)}" if check.advice_id else ""
        console.print(f"{check.state:<4} {t(check.message_id, **check.params)}{advice}", markup=False)
    sys.exit(1 if any(check.state == "fail" for check in checks) else 0)


def main() -> None:
    """Run a command; an expected failure is one clear sentence and exit code 1."""
    try:
        app()
    except AppError as error:
        sys.exit(Translator(language_of(error))(error.message_id, **error.params))


def language_of(error: AppError) -> str:
    """The language of the settings, English when they are what is wrong."""
    return "en" if error.code == "settings_wrong" else load_settings().language


if __name__ == "__main__":
    main()
