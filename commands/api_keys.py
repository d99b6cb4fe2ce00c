"""``manage.py api-keys``: keys with which machines call the API."""

from typing import Annotated

import typer

from commands.permission import stands_for
from commands.terminal import console, opened
from core.scope import SYSTEM

api_keys_app = typer.Typer(no_args_is_help=True, help="Keys with which machines call the API.")


@api_keys_app.command("create")
@stands_for("api_keys.write")
def create(
    name: str,
    owner: Annotated[str, typer.Option(help="The user for whom it acts; it can do no more than they can.")],
    permission: Annotated[list[str], typer.Option(help="Such as alerts.read; may be repeated.")],
    hotel: Annotated[list[str] | None, typer.Option(help="Code of a hotel; all of the owner's when empty.")] = None,
    days: Annotated[int, typer.Option(help="How long it works.")] = 365,
) -> None:
    """Make a key and print it, this once."""
    with opened() as (services, t):
        hotels = [services.hotels.listed(SYSTEM, code)[0].id for code in hotel] if hotel else None
        made = services.api_keys.create(SYSTEM, name, permission, days=days, hotels=hotels, owner=owner)
        console.print(t("api_keys.created", id=str(made.id), until=made.expires_at, key=made.key), markup=False)


@api_keys_app.command("list")
@stands_for("api_keys.write")
def show() -> None:
    """Every key: whose it is, what it may do, until when, when it was last used."""
    with opened() as (services, t):
        found = services.api_keys.listed(SYSTEM)
        for row in found:
            state = "ended" if row.revoked_at else "expired" if row.expires_at <= services.clock.now() else "working"
            used = "–" if row.last_used_at is None else t.instant(row.last_used_at)
            line = {"id": str(row.id), "owner": row.owner, "name": row.name, "hint": row.hint, "used": used}
            may = ", ".join(row.permissions)
            console.print(
                t("api_keys.line", **line, until=row.expires_at, permissions=may, state=t(f"api_keys.{state}")),
                markup=False,
            )
        if not found:
            console.print(t("api_keys.none"))


@api_keys_app.command("revoke")
@stands_for("api_keys.write")
def revoke(key_id: int) -> None:
    """End a key at once."""
    with opened() as (services, t):
        services.api_keys.revoke(SYSTEM, key_id)
        console.print(t("api_keys.revoked", id=str(key_id)))
