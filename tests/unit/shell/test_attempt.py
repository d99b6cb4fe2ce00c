"""A command of an open page or dialog is run for who its reader is now (A9.1)."""

from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from core.scope import Scope
from db.queries.identity import UserRow
from pages.shell import attempt

AYSE = UserRow(1, "ayse", "Ayşe", "superadmin", "tr", "device", True, True, None, False, frozenset())


@pytest.fixture
def page() -> Any:
    return Mock(user=AYSE, scope=Scope("ayse"))


@pytest.mark.parametrize("now", [None, replace(AYSE, role="admin"), replace(AYSE, hotels=frozenset({1}))])
def test_who_was_signed_out_or_has_other_rights_now_changes_nothing(
    page: Any, monkeypatch: pytest.MonkeyPatch, now: UserRow | None
) -> None:
    """Dialogs are drawn without the rest of their page, whose guard would have noticed."""
    drawn_anew, command = Mock(), Mock()
    monkeypatch.setattr(attempt, "visitor", lambda: now)
    monkeypatch.setattr(attempt.st, "rerun", drawn_anew)
    refusal = attempt.refused(page, command)
    assert refusal is not None
    assert refusal.code == "unauthenticated"
    command.assert_not_called()
    drawn_anew.assert_called_once()


def test_who_is_the_same_does_it(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    command = Mock()
    monkeypatch.setattr(attempt, "visitor", lambda: replace(AYSE))
    assert attempt.refused(page, command) is None
    command.assert_called_once()
