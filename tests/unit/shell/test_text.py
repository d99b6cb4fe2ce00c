"""Data never becomes markup, and an address never leads to another site."""

import re

import pytest

from core.i18n import Translator
from pages.shell.sentences import actor, signed_percent
from pages.shell.session import safe_path
from pages.shell.text import ICONS, SEVERITIES, WORD_JOINER, plain, severity_badge


@pytest.mark.parametrize(
    "name",
    ["**Kola**", "[Efes](http://x)", ":red[x]", ":material/error:", "<b>x</b>", "$x$", "# x", "1. x", "a_b_", "`x`"],
)
def test_every_mark_in_a_name_is_escaped(name: str) -> None:
    escaped = plain(name)
    assert escaped != name
    assert escaped.replace("\\", "").replace(WORD_JOINER, "") == name


@pytest.mark.parametrize("name", ["http://evil.example", "HTTPS://x.y", "www.evil.example", ":material/error:"])
def test_what_is_looked_for_after_marks_were_escaped_is_in_pieces(name: str) -> None:
    shown = plain(name).replace("\\", "")
    assert not re.search(r"https?://|www\.|:material/", shown, re.IGNORECASE)


@pytest.mark.parametrize("text", ["As of 08:15", "barometer:cache:reports", "www"])
def test_times_and_sentences_stay_in_one_piece(text: str) -> None:
    assert WORD_JOINER not in plain(text)


def test_a_name_without_marks_stays_as_it_is() -> None:
    assert plain("Çıtır Kola 33 cl") == "Çıtır Kola 33 cl"


def test_line_breaks_cannot_start_a_block() -> None:
    assert plain("Kola\n\n    kod") == "Kola kod"


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("language", ["tr", "en"])
def test_severity_is_icon_word_and_colour(severity: str, language: str) -> None:
    shown = severity_badge(Translator(language), severity)
    assert ICONS[severity] in shown
    assert Translator(language)(f"severity.{severity}") in shown
    assert "-badge[" in shown


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "", None, "/a\nb", "javascript:x"]
)
def test_a_destination_outside_this_origin_becomes_the_first_page(path: str | None) -> None:
    assert safe_path(path) == "/"


def test_a_page_with_its_filters_is_a_destination() -> None:
    assert safe_path("/alerts?severity=kritik&alert=12") == "/alerts?severity=kritik&alert=12"


def test_a_deviation_says_its_direction() -> None:
    assert signed_percent(Translator("tr"), 9.0) == "+%900"
    assert signed_percent(Translator("en"), -0.42) == "−42%"
    assert signed_percent(Translator("tr"), -0.004) == "%0"
    assert signed_percent(Translator("en"), 0.0) == "0%"
    assert signed_percent(Translator("en"), None) == "–"


def test_the_machine_speaks_under_its_own_name() -> None:
    assert actor(Translator("en"), "system") == "Barometer"
    assert actor(Translator("en"), "ayse") == "ayse"
