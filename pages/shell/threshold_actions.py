"""Saving thresholds as a version and rolling back to one; both ask for the reason first."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.asking import ask, asked, asking, done
from pages.shell.attempt import attempted
from pages.shell.guard import Page
from pages.shell.text import muted, plain
from pages.shell.threshold_filters import Chosen
from pages.shell.threshold_sliders import forget
from pages.shell.threshold_words import difference, metric_name

if TYPE_CHECKING:
    from reports.thresholds import Difference, Proposal, Record

SAVE, ROLL_BACK, DEFAULTS = "save_thresholds", "roll_back_thresholds", "default_thresholds_of_"
STARTED = "thresholds_started_from"  # the versions in force when the dialog was opened
MAY = "thresholds.write"


def save_bar(page: Page, chosen: Chosen, proposal: "Proposal") -> None:
    """Save the proposal, or take it back."""
    t, is_changed = page.t, bool(proposal.changes)
    with st.container(horizontal=True, vertical_alignment="center"):
        if page.scope.allows(MAY):
            told = None if is_changed else t("tuning.save_nothing")
            if st.button(
                t("tuning.save"), key="tune_save", type="primary", icon=":material/save:", disabled=not is_changed,
                help=told,
            ):  # fmt: skip
                st.session_state[STARTED] = chosen.tuning.versions(proposal.metric_type)
                ask(SAVE, chosen.hotel_id)
        else:
            muted(t("tuning.read_only"))
        if is_changed:
            st.button(
                t("tuning.reset"), key="tune_reset", icon=":material/undo:", on_click=forget, args=(chosen,)
            )  # fmt: skip
    if asked(SAVE, chosen.hotel_id) and is_changed:
        _save(page, chosen, proposal)


def roll_back_button(page: Page, hotel_id: int, record: "Record") -> None:
    """Go back to one version."""
    t = page.t
    if st.button(t("tuning.roll_back"), key=f"roll_back_{record.setting_id}", icon=":material/history:"):
        ask(ROLL_BACK, record.setting_id)
    if asked(ROLL_BACK, record.setting_id):
        name = t("tuning.version", metric=metric_name(t, record.metric_type), version=record.version)
        _roll_back(page, hotel_id, (record.metric_type, record.version), name, record.back)


def defaults_button(page: Page, hotel_id: int, metric_type: str) -> None:
    """Go back to what an installation begins with."""
    t = page.t
    label, what = t("tuning.defaults", metric=metric_name(t, metric_type)), DEFAULTS + metric_type
    if st.button(label, key=f"roll_back_defaults_{metric_type}", icon=":material/restart_alt:"):
        ask(what, hotel_id)
    if asked(what, hotel_id):
        name = t("tuning.defaults_of", metric=metric_name(t, metric_type))
        _roll_back(page, hotel_id, (metric_type, 0), name)


def _save(page: Page, chosen: Chosen, proposal: "Proposal") -> None:
    t = page.t

    @asking(t("tuning.save_title"))
    def dialog() -> None:
        _listed(page, chosen.tuning.differences(proposal))
        reason = _reason(page)
        if st.button(t("tuning.save"), type="primary", key="tune_save_yes"):
            tuning, started = page.services.tuning, st.session_state[STARTED]
            if attempted(page, lambda: tuning.save(page.scope, chosen.hotel_id, proposal, reason, started)):
                forget(chosen)
                done()

    dialog()


def _roll_back(
    page: Page, hotel_id: int, version: tuple[str, int], name: str, changes: "tuple[Difference, ...]" = ()
) -> None:
    t = page.t

    @asking(t("tuning.roll_back_title"))
    def dialog() -> None:
        st.markdown(plain(t("tuning.roll_back_told", version=name)))
        _listed(page, changes)
        reason = _reason(page)
        if st.button(t("tuning.roll_back"), type="primary", key="roll_back_yes"):
            thresholds = page.services.thresholds
            if attempted(page, lambda: thresholds.rollback(page.scope, hotel_id, *version, reason)):
                done()

    dialog()


def _listed(page: Page, changes: "tuple[Difference, ...]") -> None:
    """Each value that changes, from what to what."""
    st.markdown("\n".join(f"- {plain(difference(page.t, one))}" for one in changes))


def _reason(page: Page) -> str:
    t = page.t
    return st.text_input(
        t("tuning.reason"), placeholder=t("tuning.reason_hint"), max_chars=300, key="tune_reason"
    )  # fmt: skip
