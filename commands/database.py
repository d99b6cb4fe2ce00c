"""``manage.py db``: what an administrator of a PostgreSQL server needs."""

import typer

from commands.permission import NOTHING, stands_for
from db import roles

db_app = typer.Typer(no_args_is_help=True, help="The database of an installation on servers of your own.")


@db_app.callback()
def database() -> None:
    """The database of an installation on servers of your own."""


@db_app.command("roles")
@stands_for(NOTHING)
def show_roles() -> None:
    """Print the SQL that makes Barometer's roles on a server of your own."""
    typer.echo(roles.script())
