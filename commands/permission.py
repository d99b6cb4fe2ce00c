"""The permission that each command stands for: what somebody would need to do the same through a door (A9.1).

Whoever has the machine's shell may give any command; the declaration is for readers, for ``docs/permissions.md``, and
for the audit log, whose entries say under which permission "system" did it.
"""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import wraps
from inspect import getdoc
from typing import Any, ParamSpec, TypeVar

NOTHING = "nothing"  # it prints or computes what needs no installation
COMMAND_LINE = "command_line"
P = ParamSpec("P")
R = TypeVar("R")
_GIVEN: ContextVar[str] = ContextVar("permission_of_command", default=NOTHING)


def stands_for(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare it; the help of the command says it."""

    def declare(command: Callable[P, R]) -> Callable[P, R]:
        @wraps(command)
        def given(*arguments: P.args, **options: P.kwargs) -> R:
            _GIVEN.set(permission)
            return command(*arguments, **options)

        vars(given)["permission"] = permission
        if permission != NOTHING:
            given.__doc__ = f"{getdoc(command)}\n\nPermission: {permission}"
        return given

    return declare


def role_of_command() -> str:
    """As whom the audit log names the command that was given."""
    return f"{COMMAND_LINE}:{_GIVEN.get()}"


def declared(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """(words, function) of every command under a group, as Typer built it."""
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from declared(inner, (*path, name))
    else:
        yield " ".join(path), command.callback


def permission_of(function: Any) -> str | None:
    """None where nobody declared one."""
    found: str | None = getattr(function, "permission", None)
    return found
