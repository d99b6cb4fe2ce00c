"""Every command of ``manage.py`` says which permission it stands for (A9.1)."""

import inspect
from collections.abc import Callable
from typing import Any

import typer

from commands.permission import NOTHING, declared, permission_of, stands_for
from identity.permissions import PERMISSIONS
from manage import app

USES_INSTALLATION = ("opened(", "running_servers(", "load_settings(")


def undeclared(tree: typer.Typer) -> list[str]:
    known = {*PERMISSIONS, NOTHING}
    return [name for name, given in declared(typer.main.get_command(tree)) if permission_of(given) not in known]


def test_every_command_stands_for_a_known_permission() -> None:
    assert undeclared(app) == []
    assert len(list(declared(typer.main.get_command(app)))) >= 40


def test_a_command_without_a_permission_or_with_an_unknown_one_would_be_found() -> None:
    planted, group = typer.Typer(), typer.Typer()

    def plant(name: str, command: Callable[[], Any]) -> None:
        group.command(name)(command)

    plant("open", lambda: None)
    plant("burn", stands_for("alerts.burn")(lambda: None))
    plant("good", stands_for("users.write")(lambda: None))
    planted.add_typer(group, name="group")
    assert undeclared(planted) == ["group open", "group burn"]


def test_only_commands_that_need_no_installation_stand_for_nothing() -> None:
    free = [(name, given) for name, given in declared(typer.main.get_command(app)) if permission_of(given) == NOTHING]
    assert {"score", "permissions", "keys new"} <= {name for name, _ in free}
    assert [name for name, given in free if any(use in inspect.getsource(given) for use in USES_INSTALLATION)] == []


def test_the_help_says_it() -> None:
    helps = {name: given.__doc__ for name, given in declared(typer.main.get_command(app))}
    assert helps["user unlock"].endswith("\n\nPermission: users.write")
    assert "Permission" not in helps["score"]
