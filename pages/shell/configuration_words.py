"""The configuration in words, and the tables of its page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.i18n import Translator
from operations.configuration.keys import EDITABLE, template
from operations.configuration.words import changed, state, told, value
from pages.shell.sentences import actor
from reports.excel import Column, Sheet

if TYPE_CHECKING:
    from operations.configuration.service import KeyChange, Setting, Version

SHOWN = ("all", "editable", "given")


def meaning(t: Translator, name: str) -> str:
    return t(f"setting.{name}")


def source(t: Translator, one: "Setting") -> str:
    named = t(f"configuration.source_{one.source}")
    if one.is_fixed and one.stored is not None:
        return t("configuration.fixed", source=named, stored=one.stored)
    return named


def takes(t: Translator, when: Sequence[str]) -> str:
    """When a change takes effect."""
    if "restart" in when and len(when) > 1:
        when = [*(one for one in when if one != "restart"), "restart_dashboard"]
    return "; ".join(t(f"configuration.takes_{one}") for one in when)


def with_meanings(t: Translator) -> str:
    """Every setting that may be changed, as comments with their meaning."""
    return template({name: meaning(t, name) for name in EDITABLE})


def is_shown(one: "Setting", which: str) -> bool:
    return which == "all" or (one.is_editable if which == "editable" else one.source != "default")


def settings_sheet(t: Translator, found: "Sequence[Setting]") -> Sheet:
    """One row a setting."""
    titles = ("setting", "value", "source", "default", "applies", "meaning", "variable")
    rows = [
        (
            one.name, value(t, one), source(t, one), one.default, takes(t, one.takes), meaning(t, one.name),
            one.variable,
        )
        for one in found
    ]  # fmt: skip
    return Sheet(t("configuration.settings"), [Column(t(f"configuration.{title}")) for title in titles], rows)


def changes_sheet(t: Translator, found: "Sequence[KeyChange]") -> Sheet:
    """One row a setting that a text changes."""
    titles = ("setting", "before", "after", "applies", "meaning")
    rows = [
        (
            one.name,
            told(one.before) if one.before is not None else t("configuration.source_default"),
            told(one.after) if one.after is not None else t("configuration.source_default"),
            takes(t, one.takes), meaning(t, one.name),
        )
        for one in found
    ]  # fmt: skip
    return Sheet(t("configuration.changes"), [Column(t(f"configuration.{title}")) for title in titles], rows)


def history_sheet(t: Translator, found: "Sequence[Version]") -> Sheet:
    """One row a version, the newest first."""
    columns = [
        Column(t("configuration.version"), "whole"), Column(t("board.time"), "instant"),
        Column(t("configuration.author")), Column(t("jobs.state")), Column(t("configuration.changed")),
        Column(t("configuration.reason")),
    ]  # fmt: skip
    rows = [(one.id, one.saved_at, actor(t, one.author), state(t, one), changed(one), one.reason) for one in found]
    return Sheet(t("configuration.history"), columns, rows)
