"""``manage.py config``: settings with their sources, changing them in the database, versions, going back (SPEC C9)."""

from typing import Annotated

import typer
from rich.table import Table

from commands.permission import stands_for
from commands.terminal import console, opened
from core.errors import AppError
from core.scope import SYSTEM
from operations.configuration import words

config_app = typer.Typer(no_args_is_help=True, help="Settings: where each comes from, changes, versions, going back.")

Reason = Annotated[str, typer.Option(prompt=True, help="Why; kept with the version.")]
KeyOption = Annotated[str | None, typer.Option("--key", help="Only versions that changed this setting.")]


@config_app.command()
@stands_for("config.read")
def show(
    text: Annotated[bool, typer.Option("--text", help="The text in the database, to be edited and set again.")] = False,
) -> None:
    """Every setting, its value here, and where that comes from; secrets only tell whether they are set."""
    with opened() as (services, t):
        found = services.configuration.shown(SYSTEM)
        if text:
            typer.echo(found.good.text if found.good else "", nl=False)
            typer.echo(t("configuration.upon", id=found.newest_id or 0), err=True)
            return
        table = Table(t("configuration.setting"), t("configuration.value"), t("configuration.source"))
        for one in found.settings:
            table.add_row(one.name, words.value(t, one), t(f"configuration.source_{one.source}"))
        console.print(table)
        for problem in found.problems:
            console.print(words.problem(t, problem), markup=False)


@config_app.command("set")
@stands_for("config.write")
def change(
    file: Annotated[typer.FileText, typer.Argument(help="TOML with all settings of the database; - reads the input.")],
    upon: Annotated[int, typer.Option(help="The version it was made upon, as show --text tells it; 0: none.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the version.")],
) -> None:
    """Check a text and make it the new version; exit code 1 and every wrong line when it is not valid."""
    said = file.read()
    with opened() as (services, t):
        proposal = services.configuration.check(SYSTEM, said)
        if not proposal.is_valid:
            for problem in proposal.problems:
                console.print(words.problem(t, problem), markup=False)
            raise typer.Exit(1)
        made = services.configuration.save(SYSTEM, said, reason, upon or None)
        console.print(proposal.difference, markup=False)
        console.print(t("configuration.saved", id=made))


@config_app.command()
@stands_for("config.read")
def history(key: KeyOption = None) -> None:
    """The versions, the newest first, with what each changed."""
    with opened() as (services, t):
        for one in services.configuration.history(SYSTEM, key):
            about = (str(one.id), t.instant(one.saved_at), one.author, words.state(t, one), one.reason)
            console.print("  ".join((*about, words.changed(one))), markup=False)


@config_app.command()
@stands_for("config.write")
def rollback(
    version: Annotated[int, typer.Argument(help="The version to go back to; 0: no settings in the database.")],
    reason: Reason = "",
) -> None:
    """A new version with the text of an older one."""
    with opened() as (services, t):
        newest_id = services.configuration.shown(SYSTEM).newest_id
        if newest_id is None:
            raise AppError("not_found", 404, params={"what": f"configuration {version}"})
        made = services.configuration.rollback(SYSTEM, version, reason, newest_id)
        console.print(t("configuration.saved", id=made))
