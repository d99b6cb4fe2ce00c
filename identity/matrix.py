"""The matrix of permissions as a document: which role holds what, which page, route and command asks for it (A9.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from identity.permissions import PERMISSIONS, ROLE_PERMISSIONS, allows

NOTHING = "–"


@dataclass(frozen=True)
class Door:
    """A page, a route or a command, and the permission that it asks for; None where there is nothing to ask for."""

    address: str
    needs: str | None


def permission_matrix(
    pages: Sequence[Door], routes: Sequence[Door], commands: Sequence[Door], public: Sequence[str]
) -> str:
    """Markdown; ``public``: addresses that ask for nothing."""
    roles = list(ROLE_PERMISSIONS)
    lines = [
        "# Who may do what",
        "",
        "Made by `manage.py permissions` from `identity/permissions.py`, the navigation table, the routes of the"
        " API and the commands; a test fails when it is not up to date.",
        "",
        f"| permission | {' | '.join(f'`{role}`' for role in roles)} | pages | routes of the API | commands |",
        f"|---|{'---|' * len(roles)}---|---|---|",
        *(_row(permission, roles, (pages, routes, commands)) for permission in PERMISSIONS),
        "",
        f"Everybody who is signed in: {_listed(pages, None)}. Without signing in: {', '.join(public)}."
        f" Without an installation: {_listed(commands, None)}.",
        "",
        "Every read and command is checked again in the services, within the hotels of the user. A key of a machine"
        " holds some of its owner's permissions. Commands of `manage.py` and the sidecar act for the installation"
        " itself and hold everything: whoever may run them on the machine is an operator. What a command stands for"
        " is told by its `--help` and its entries in the audit log: `system` in the role `command_line:users.write`.",
        "",
    ]
    return "\n".join(lines)


def _row(permission: str, roles: Sequence[str], doors: Sequence[Sequence[Door]]) -> str:
    held = " | ".join("yes" if allows(role, permission) else NOTHING for role in roles)
    return f"| `{permission}` | {held} | {' | '.join(_listed(kind, permission) for kind in doors)} |"


def _listed(doors: Sequence[Door], needed: str | None) -> str:
    return ", ".join(f"`{door.address}`" for door in doors if door.needs == needed) or NOTHING


def doors_of(operations: Mapping[str, Mapping[str, Mapping[str, object]]]) -> list[Door]:
    """The routes of an OpenAPI document's ``paths``, each with its ``x-permission``."""
    return [
        Door(f"{method.upper()} /api{path}", str(found) if (found := operation.get("x-permission")) else None)
        for path, methods in operations.items()
        for method, operation in methods.items()
    ]
