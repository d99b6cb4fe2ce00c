"""Panels of the configuration: what is in force, a version that is not valid, the editor, the history."""

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from operations.configuration.words import problem
from pages.shell import configuration_words as words
from pages.shell.attempt import refusal, refused
from pages.shell.consumption_tables import downloads, show_sheet
from pages.shell.filters import choose_one, switch, to_address
from pages.shell.guard import Page
from pages.shell.stock_tables import instants
from pages.shell.text import muted, plain
from reports.configuration_effect import budget_effect

if TYPE_CHECKING:
    from operations.configuration.service import Configuration, KeyChange, Proposal, Version

TEXT, BASE, SAVED, VERSION, ALL = "config_text", "config_base", "config_saved", "version", "all"
BUDGET = "alert_budget_per_day"
LINES = 320


def settings(page: Page, found: "Configuration") -> None:
    """Every setting with its value and where that comes from."""
    t = page.t
    st.header(t("configuration.settings"), anchor=False)
    which = switch("shown", words.SHOWN, t("configuration.shown"), lambda one: t(f"configuration.show_{one}"))
    sheet = words.settings_sheet(t, [one for one in found.settings if words.is_shown(one, which)])
    show_sheet(sheet, f"table_settings_{which}")
    downloads(page, [sheet], "settings", None)


def banner(page: Page, found: "Configuration") -> None:
    """The newest version is not valid: what is wrong with it, and the two ways out."""
    t, newest = page.t, found.newest
    if newest is None or not found.problems:
        return
    good = found.good
    named = t("configuration.good_version", id=good.id, author=good.author) if good else t("configuration.good_none")
    lines = [t("configuration.banner", id=newest.id, good=named), *(problem(t, one) for one in found.problems)]
    st.error("  \n".join(map(plain, lines)), icon=":material/error:")
    if not may_write(page):
        return
    with st.container(horizontal=True):
        back = st.button(t("configuration.back_to_good"), key="back_to_good", icon=":material/undo:", type="primary")
        st.button(
            t("configuration.correct"), key="correct", icon=":material/edit:", on_click=_open,
            args=(newest.text, newest.id),
        )  # fmt: skip
    reason = t("configuration.back_reason", id=newest.id)
    if back:
        _saved(
            page, partial(page.services.configuration.rollback, page.scope, good.id if good else 0, reason, newest.id)
        )


def may_write(page: Page) -> bool:
    """Settings are those of every hotel."""
    return page.scope.allows("config.write") and page.scope.hotels is None


def editor(page: Page, found: "Configuration") -> None:
    """The text, what is wrong with it, what it changes, and saving it."""
    t, saved_text = page.t, found.good.text if found.good else ""
    st.header(t("configuration.editor"), anchor=False)
    if not may_write(page):
        muted(t("configuration.read_only"))
        st.code(saved_text or "#", language="toml", line_numbers=True)
        return
    if TEXT not in st.session_state:
        _open(saved_text, found.newest_id)
    muted(t("configuration.editor_help"))
    with st.container(horizontal=True):
        template = f"{saved_text.rstrip()}\n\n{words.with_meanings(t)}".lstrip()
        st.button(t("configuration.template"), key="template", on_click=_open, args=(template, found.newest_id),
                  icon=":material/playlist_add:")  # fmt: skip
        st.button(t("configuration.discard"), key="discard", on_click=_open, args=(saved_text, found.newest_id),
                  icon=":material/restart_alt:")  # fmt: skip
    typed, shown = st.columns(2)
    with typed:
        said = st.text_area(t("configuration.text"), key=TEXT, height=LINES, max_chars=20_000)
    with shown:
        st.markdown(f":small[{plain(t('configuration.as_typed'))}]")
        st.code(said or "#", language="toml", line_numbers=True, height=LINES)
    proposal = page.services.configuration.check(page.scope, said)
    _proposed(page, proposal)
    _save(page, said, proposal)


def _open(text: str, base: int | None) -> None:
    """Put a text into the editor, to be saved upon ``base``."""
    st.session_state[TEXT], st.session_state[BASE] = text, base


def _proposed(page: Page, proposal: "Proposal") -> None:
    t = page.t
    if not proposal.is_valid:
        lines = [t("configuration.wrong", count=len(proposal.problems))]
        lines += [problem(t, one) for one in proposal.problems]
        st.error("  \n".join(map(plain, lines)), icon=":material/error:")
        return
    if not proposal.difference:
        return
    st.subheader(t("configuration.changes"), anchor=False)
    st.code(proposal.difference, language="diff")
    if not proposal.changes:
        st.info(t("configuration.no_change"), icon=":material/check_circle:")
        return
    show_sheet(words.changes_sheet(t, proposal.changes), "table_proposed")
    fixed = [one.name for one in proposal.changes if one.is_fixed]
    if fixed:
        st.warning(plain(t("configuration.fixed_note", names=", ".join(fixed))), icon=":material/lock:")
    _effects(page, [one for one in proposal.changes if one.alerts and not one.is_fixed])


def _effects(page: Page, changes: "list[KeyChange]") -> None:
    """What the changes mean for alerts; of the budget also what it would have raised, when somebody asks."""
    t = page.t
    if not changes:
        return
    st.subheader(t("configuration.effect"), anchor=False)
    st.markdown(
        "\n".join(f"- **{plain(one.name)}**: {plain(t(f'configuration.alerts_{one.name}'))}" for one in changes)
    )
    budget = next((one for one in changes if one.name == BUDGET), None)
    if budget is None or not page.scope.allows("alerts.read"):
        return
    if not st.button(t("configuration.measure"), key="measure", icon=":material/replay:"):
        return
    hotels = [hotel.id for hotel in page.services.hotels.listed(page.scope)]
    found = budget_effect(page.services.thresholds, page.scope, hotels, budget.after, page.now)
    key = "effect_replay" if found.hotels else "effect_no_hotel"
    said = t(f"configuration.{key}", days=found.days, before=t.number(found.before), after=t.number(found.after),
             added=t.number(found.added), removed=t.number(found.removed))  # fmt: skip
    st.info(plain(said), icon=":material/notifications:")


def _save(page: Page, said: str, proposal: "Proposal") -> None:
    t = page.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reason = st.text_input(t("configuration.reason"), key="reason", max_chars=200)
        pressed = st.button(
            t("configuration.save"), key="save", type="primary", icon=":material/save:",
            disabled=not proposal.is_valid or not proposal.difference,
        )  # fmt: skip
    if pressed:
        base = st.session_state[BASE]
        _saved(page, partial(page.services.configuration.save, page.scope, said, reason, base), keeps=True)


def _saved(page: Page, command: "partial[int]", keeps: bool = False) -> None:
    """Save; overtaken by somebody, the text stays and is shown against theirs, to be saved upon it."""
    made: list[int] = []
    error = refused(page, lambda: made.append(command()))
    if error is None:
        st.session_state[SAVED] = made[0]
        for name in (TEXT, BASE, "reason"):
            st.session_state.pop(name, None)
        st.rerun()
    refusal(page, error)
    if keeps and error is not None and error.code == "configuration_changed":
        st.session_state[BASE] = error.params["id"]


def told(page: Page) -> None:
    """What the run before saved."""
    made = st.session_state.pop(SAVED, None)
    if made is not None:
        st.success(page.t("configuration.saved", id=made), icon=":material/check_circle:")


def history(page: Page, found: "Configuration") -> None:
    """All versions, or those of one setting; the one that is ticked with its difference and the way back to it."""
    t, configuration = page.t, page.services.configuration
    st.header(t("configuration.history"), anchor=False)
    if found.newest is None:
        st.info(t("configuration.history_empty"), icon=":material/history:")
        return
    keys = [ALL, *(one.name for one in found.settings if one.is_editable)]
    key = choose_one(
        "key",
        keys,
        t("configuration.history_of"),
        lambda one: t("configuration.every") if one == ALL else one,
        width=260,
    )
    kept = configuration.history(page.scope, None if key == ALL else key)
    if kept:
        table = f"table_versions_{kept[0].id}_{key}"
        show_sheet(
            words.history_sheet(t, kept), table, config=instants(t, t("board.time")), selection_mode="single-row",
            on_select=partial(_row_to_address, table, [one.id for one in kept]),
        )  # fmt: skip
    chosen = next((one for one in kept if str(one.id) == st.query_params.get(VERSION)), None)
    if chosen is not None:
        _version(page, chosen, found)


def _version(page: Page, one: "Version", found: "Configuration") -> None:
    t = page.t
    st.subheader(t("configuration.chosen", id=one.id), anchor=False)
    for each in one.problems:
        st.markdown(f":material/error: {plain(problem(t, each))}")
    muted(t("configuration.difference"))
    st.code(
        page.services.configuration.compared(page.scope, one.id) or t("configuration.no_difference"), language="diff"
    )
    if not may_write(page) or one.problems or one.counts:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reason = st.text_input(t("configuration.reason"), key="back_reason", max_chars=200)
        pressed = st.button(t("configuration.rollback"), key="rollback", icon=":material/undo:")
    if pressed:
        _saved(page, partial(page.services.configuration.rollback, page.scope, one.id, reason, found.newest_id))


def _row_to_address(key: str, ids: list[int]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        to_address(**{VERSION: str(ids[rows[0]])})
