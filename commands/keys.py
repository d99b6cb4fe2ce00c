"""``manage.py keys``: what encrypts parameters and thresholds and signs model files (SPEC A9.3)."""

from typing import Annotated

import typer

from commands.permission import NOTHING, stands_for
from commands.terminal import console, opened
from core.key_ring import new_key
from core.scope import SYSTEM

keys_app = typer.Typer(no_args_is_help=True, help="Keys that encrypt thresholds and sign model files.")


@keys_app.command("list")
@stands_for("keys.write")
def show() -> None:
    """The keys by their ids, what they seal, and which are missing. No key itself is shown."""
    with opened() as (services, t):
        for use in services.keys.listed(SYSTEM):
            kind = "keys.missing" if not use.is_here else "keys.first" if use.is_first else "keys.older"
            console.print(t(kind, key=use.id, values=use.values))


@keys_app.command()
@stands_for("keys.write")
def rotate() -> None:
    """Make a new key and seal everything with it, while everything runs."""
    with opened() as (services, t):
        done = services.keys.rotate(SYSTEM)
        console.print(t("keys.rotated", key=done.key_id, values=done.values))
        if done.lost:
            console.print(t("keys.lost", count=done.lost))


@keys_app.command()
@stands_for(NOTHING)
def new() -> None:
    """Print a new key, for installations whose keys stand in the environment."""
    typer.echo(new_key().secret)


@keys_app.command()
@stands_for("keys.write")
def retire() -> None:
    """Forget older keys that nothing is sealed with any more."""
    with opened() as (services, t):
        gone = services.keys.retire(SYSTEM)
        console.print(t("keys.retired", keys=", ".join(gone)) if gone else t("keys.none_retired"))


@keys_app.command("discard-lost")
@stands_for("keys.write")
def discard_lost(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Give up what no key opens: thresholds go back to the defaults, models are trained again."""
    with opened() as (services, t):
        if not yes:
            typer.confirm(t("keys.discard_sure"), abort=True)
        counts = services.keys.discard_lost(SYSTEM)
        console.print(
            t(
                "keys.discarded",
                settings=counts["detection_settings"],
                models=counts["ml_models"],
                factors=counts["second_factors"],
            )
        )
