"""The command line: start, import, simulate, run the pipeline, evaluate, score, forecast, thresholds, models, keys."""

import sys
from typing import Annotated

import typer

from commands.api_keys import api_keys_app
from commands.archive import archive_app
from commands.audit import audit_app
from commands.backups import backup_app
from commands.config import config_app
from commands.data import import_file, import_older, simulate
from commands.database import db_app
from commands.evaluation import evaluate
from commands.forecast import forecast_app
from commands.keys import keys_app
from commands.models import models_app
from commands.permission import NOTHING, declared, permission_of, stands_for
from commands.pipeline import pipeline_app
from commands.score import score
from commands.terminal import begin_command, console, migrated, opened, shown_progress, words
from commands.thresholds import thresholds_app
from commands.tokens import tokens_app
from commands.users import user_app
from core.clock import SystemClock
from core.embedded.servers import Servers, prepare_home, running_servers
from core.errors import AppError
from core.i18n import Translator
from core.logs import configure_logging
from core.settings import Settings, load_settings
from db import migrate as migrations
from identity.matrix import Door, doors_of, permission_matrix
from operations import doctor as doctor_checks
from operations import launcher
from services import prepare_installation

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Barometer watches the minibars of hotels.")
app.command("import")(import_file)
app.command("import-older")(import_older)
app.command()(simulate)
app.command()(evaluate)
app.command()(score)
app.add_typer(pipeline_app, name="pipeline")
app.add_typer(forecast_app, name="forecast")
app.add_typer(thresholds_app, name="thresholds")
app.add_typer(models_app, name="models")
app.add_typer(keys_app, name="keys")
app.add_typer(tokens_app, name="tokens")
app.add_typer(user_app, name="user")
app.add_typer(api_keys_app, name="api-keys")
app.add_typer(audit_app, name="audit")
app.add_typer(db_app, name="db")
app.add_typer(backup_app, name="backup")
app.add_typer(archive_app, name="archive")
app.add_typer(config_app, name="config")


@app.command()
@stands_for("installation.operate")
def up() -> None:
    """Start everything: servers, migrations, sample hotel, first pass, sidecar, dashboard (``make run``)."""
    settings = load_settings()
    prepare_home(settings.data_dir)
    configure_logging("command", settings.log_level, settings.logs_dir, console=False)
    sys.exit(launcher.up(settings, prepare))


def prepare(settings: Settings, servers: Servers) -> launcher.Prepared:
    """Migrate, add the first administrator, load the sample hotel into an empty database and judge its past."""
    t = words(settings)
    begin_command()
    services = migrated(settings, servers)
    try:
        found = prepare_installation(services, lambda key, params: shown_progress(t, t(key, **params)))
    finally:
        services.close()
    return launcher.Prepared(*found)


@app.command("prepare")
@stands_for("installation.operate")
def prepare_only() -> None:
    """What ``up`` does before it starts the services; containers run it once."""
    sys.exit(launcher.prepare_once(load_settings(), prepare))


@app.command()
@stands_for("installation.operate")
def migrate() -> None:
    """Bring the database to the newest revision."""
    with opened() as (services, t):
        current, _ = migrations.revisions(services.database)
        console.print(t("command.migrated", revision=str(current)))


@app.command("api-client")
@stands_for(NOTHING)
def api_client() -> None:
    """Print a Python client of the API, made from its OpenAPI document."""
    from api.app import api_document  # FastAPI takes its time, which the other commands need not wait
    from api.client import client_source

    typer.echo(client_source(api_document()), nl=False)


@app.command("db-url")
@stands_for("installation.operate")
def db_url(owner: Annotated[bool, typer.Option(help="As the owner of the tables.")] = False) -> None:
    """Print the address of the database."""
    with running_servers(load_settings()) as servers:
        typer.echo((servers.owner_url if owner else servers.database_url).replace("+psycopg2", ""))


@app.command()
@stands_for(NOTHING)
def permissions() -> None:
    """Print which role may do what, and which page, route and command asks for it (``docs/permissions.md``)."""
    typer.echo(permission_document(), nl=False)


def permission_document() -> str:
    """The matrix of this version's pages, routes and commands."""
    from api.app import create_api
    from pages.shell.navigation import TABLE

    entries = [entry for group in TABLE.values() for entry in group]
    pages = [Door(f"/{entry.url_path}", entry.needs) for entry in entries if not entry.is_public]
    routes = doors_of(create_api(lambda: None).openapi()["paths"])  # type: ignore[arg-type, return-value]
    public = [f"`/{entry.url_path}`" for entry in entries if entry.is_public]
    public += [f"`{route.address}`" for route in routes if route.needs is None]
    given = [(name, permission_of(function)) for name, function in declared(typer.main.get_command(app))]
    commands = [Door(name, None if needs == NOTHING else needs) for name, needs in given]
    return permission_matrix(pages, routes, commands, public)


@app.command()
@stands_for("installation.operate")
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
