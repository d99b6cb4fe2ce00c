"""``manage.py user``: people who sign in."""

from typing import Annotated

import typer

from commands.terminal import console, opened
from core.scope import SYSTEM

user_app = typer.Typer(no_args_is_help=True, help="People who sign in.")


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
