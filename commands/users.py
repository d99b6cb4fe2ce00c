"""``manage.py user``: people who sign in."""

from typing import Annotated
from urllib.parse import urlencode

import typer

from commands.permission import stands_for
from commands.terminal import console, opened
from core.mail import Mail, checked_address
from core.scope import SYSTEM

user_app = typer.Typer(no_args_is_help=True, help="People who sign in.")


@user_app.command("add")
@stands_for("users.write")
def add_user(
    username: str,
    role: Annotated[str, typer.Option(help="superadmin, sistem_yoneticisi, admin, veri_bilimci …")] = "admin",
    full_name: Annotated[str, typer.Option()] = "",
    email: Annotated[str, typer.Option(help="Where links are mailed to.")] = "",
    language: Annotated[str, typer.Option(help="tr or en")] = "tr",
    hotel: Annotated[list[str] | None, typer.Option(help="Code of a hotel to see; all when empty.")] = None,
    password: Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True)] = "",
) -> None:
    """Add a person who may sign in."""
    with opened() as (services, t):
        hotels = [services.hotels.listed(SYSTEM, code)[0].id for code in hotel] if hotel else None
        services.identity.add_user(
            SYSTEM, username, password, role, full_name=full_name, email=email, language=language, hotels=hotels
        )
        console.print(t("command.user_added", username=username, role=t(f"role.{role}")))


@user_app.command("list")
@stands_for("users.write")
def list_users() -> None:
    """Everybody who may sign in, with role and state."""
    with opened() as (services, t):
        for account in services.users.listed(SYSTEM):
            state = t(f"users.state_{account.state}")
            factor = t("factor.title") if account.row.has_second_factor else "–"
            console.print(account.row.username, t(f"role.{account.row.role}"), state, factor, sep="\t", markup=False)


@user_app.command("link")
@stands_for("users.write")
def new_link(username: str) -> None:
    """Print a one-time link by which a person chooses a password: for who forgot it, the last administrator too."""
    with opened() as (services, t):
        link = services.users.new_link(SYSTEM, services.users.id_of(SYSTEM, username))
        console.print(t("command.user_link", username=username, until=link.expires_at))
        address = f"http://{services.settings.address}:{services.settings.port}"
        typer.echo(f"{address}/password?{urlencode({'link': link.token})}")


@user_app.command()
@stands_for("users.write")
def unlock(username: str) -> None:
    """Forget failed attempts of a person."""
    with opened() as (services, t):
        services.users.unlock(SYSTEM, services.users.id_of(SYSTEM, username))
        console.print(t("command.user_done", username=username))


@user_app.command()
@stands_for("users.write")
def disable(username: str) -> None:
    """End every session of a person and refuse signing in."""
    with opened() as (services, t):
        services.users.set_active(SYSTEM, services.users.id_of(SYSTEM, username), False)
        console.print(t("command.user_done", username=username))


@user_app.command()
@stands_for("users.write")
def enable(username: str) -> None:
    """Let a person sign in again."""
    with opened() as (services, t):
        services.users.set_active(SYSTEM, services.users.id_of(SYSTEM, username), True)
        console.print(t("command.user_done", username=username))


@user_app.command("forget-second-factor")
@stands_for("users.write")
def forget_second_factor(username: str) -> None:
    """For a person who lost their phone and their recovery codes."""
    with opened() as (services, t):
        services.users.forget_second_factor(SYSTEM, services.users.id_of(SYSTEM, username))
        console.print(t("command.user_done", username=username))


@user_app.command("mail-test")
@stands_for("users.write")
def mail_test(address: str) -> None:
    """Send a mail by the server of the settings: what it answers is told."""
    with opened() as (services, t):
        to = checked_address(address) or address
        words = {"address": services.users.mailer.address("/")}
        services.users.mailer.send(Mail(to, t("mail.test_subject"), t("mail.test_text", **words), t.language))
        console.print(t("command.mail_sent", to=to), markup=False)
