"""Who did something, in words (C4, C13)."""

import pytest

from core.i18n import Translator
from pages.shell.sentences import actor


@pytest.mark.parametrize(
    ("name", "told"),
    [(None, "Barometer"), ("system", "Barometer"), ("command", "komut satırı"), ("ayse", "ayse")],
)
def test_the_system_and_the_command_line_are_told_in_words_and_people_by_name(name: str | None, told: str) -> None:
    assert actor(Translator("tr"), name) == told
