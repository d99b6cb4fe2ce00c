"""``manage.py tokens``: keys that sign access tokens, and sign-ins of the API (SPEC R3)."""

import typer

from commands.permission import stands_for
from commands.terminal import console, opened
from core.scope import SYSTEM
from identity.tokens.signing_keys import OVERLAP

tokens_app = typer.Typer(no_args_is_help=True, help="Keys that sign access tokens, and sign-ins of the API.")


@tokens_app.command("keys")
@stands_for("keys.write")
def show() -> None:
    """Which key signs, which ones verify and until when. No key itself is shown."""
    with opened() as (services, t):
        for key in services.tokens.signing_keys(SYSTEM):
            if key.superseded_at is None:
                console.print(t("tokens.signing", key=key.id, at=t.instant(key.made_at)))
            else:
                is_used = key.verifies(services.clock.now())
                kind = "tokens.verifying" if is_used else "tokens.spent"
                console.print(t(kind, key=key.id, at=t.instant(key.superseded_at + OVERLAP)))


@tokens_app.command()
@stands_for("keys.write")
def rotate() -> None:
    """Sign with a new key; the older one verifies until its last token has expired."""
    with opened() as (services, t):
        key, gone = services.tokens.rotate_keys(SYSTEM)
        console.print(t("tokens.rotated", key=key))
        if gone:
            console.print(t("tokens.retired", keys=", ".join(gone)))


@tokens_app.command()
@stands_for("keys.write")
def retire() -> None:
    """Delete keys that verify nothing any more."""
    with opened() as (services, t):
        gone = services.tokens.retire_keys(SYSTEM)
        console.print(t("tokens.retired", keys=", ".join(gone)) if gone else t("tokens.none_retired"))


@tokens_app.command()
@stands_for("users.write")
def end(username: str) -> None:
    """End every sign-in of a user to the API, at once."""
    with opened() as (services, t):
        count = services.tokens.end_all(SYSTEM, username)
        console.print(t("tokens.ended", username=username, count=count))
