"""The timetable on the page Jobs: when what is due, run now, pause and resume."""

from typing import TYPE_CHECKING

import streamlit as st

from operations.jobs.control import PAUSABLE
from operations.jobs.definitions import JOB_NAMES
from pages.shell import job_words as words
from pages.shell.attempt import attempted
from pages.shell.consumption_tables import downloads, show_sheet
from pages.shell.guard import Page
from pages.shell.stock_tables import instants
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from operations.jobs.control import PauseRow

EVERYWHERE = 0  # among the hotels to choose from


def timetable(page: Page, whole: Page, names: words.Names) -> None:
    """Every job that is due by itself, and what people do about it.

    ``page`` shows the chosen hotels; what is done goes by what the visitor may do, ``whole``: everywhere is everywhere.
    """
    t = page.t
    st.header(t("jobs.timetable"), anchor=False)
    sheet = words.timetable_sheet(page, names, page.services.job_board.timetable(page.scope))
    show_sheet(sheet, "jobs_timetable", config=instants(t, t("jobs.next")) | instants(t, t("jobs.last_good")))
    downloads(page, [sheet], "jobs-timetable", None)
    _pauses(page, whole, names)
    if page.scope.allows("jobs.run"):
        _run_now(whole, names)
    if page.scope.allows("jobs.control"):
        _pause(whole, names)


def _pauses(page: Page, whole: Page, names: words.Names) -> None:
    t = page.t
    st.header(t("jobs.pauses"), anchor=False)
    found = page.services.job_control.pauses(page.scope)
    if not found:
        muted(t("jobs.none_paused"))
    for pause in found:
        _paused(whole, names, pause)


def _paused(page: Page, names: words.Names, pause: "PauseRow") -> None:
    t, control = page.t, page.services.job_control
    where = t("jobs.everywhere") if pause.hotel_id is None else words.hotel(page, names, pause.hotel_id)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"pause_{pause.id}"):
        told = t("jobs.paused_by", who=pause.paused_by, at=pause.paused_at, reason=pause.reason)
        st.markdown(f"**{plain(words.job(page, pause.job_name))}** · {plain(where)} :small[:gray[{plain(told)}]]")
        may_resume = page.scope.allows if pause.hotel_id is not None else page.scope.allows_everywhere
        if (
            may_resume("jobs.control")
            and st.button(t("jobs.resume"), key=f"resume_{pause.id}", icon=":material/play_arrow:")
            and attempted(page, lambda: control.resume(page.scope, pause.id))
        ):
            st.rerun()


def _run_now(page: Page, names: words.Names) -> None:
    t, jobs = page.t, page.services.jobs
    st.header(t("jobs.run_now"), anchor=False)
    with st.form("run_now"):
        name = st.selectbox(t("jobs.job"), JOB_NAMES, format_func=lambda one: words.job(page, one), key="run_job")
        places = [*names, EVERYWHERE]
        place = st.selectbox(
            t("shell.hotel"), places, format_func=lambda one: _place(page, names, one), key="run_hotel"
        )
        is_sent = st.form_submit_button(t("jobs.run_now"), type="primary", icon=":material/play_arrow:")
    if is_sent and attempted(page, lambda: jobs.request(page.scope, name, place or None)):
        st.success(plain(t("jobs.asked_for", job=words.job(page, name))), icon=":material/check:")


def _pause(page: Page, names: words.Names) -> None:
    t, control = page.t, page.services.job_control
    st.header(t("jobs.pause"), anchor=False)
    muted(t("jobs.pause_told"))
    is_everywhere = page.scope.hotels is None
    jobs = PAUSABLE if is_everywhere else JOB_NAMES
    places = [*names, EVERYWHERE] if is_everywhere else [*names]
    with st.form("pause_job"):
        name = st.selectbox(t("jobs.job"), jobs, format_func=lambda one: words.job(page, one), key="pause_name")
        place = st.selectbox(
            t("shell.hotel"), places, format_func=lambda one: _place(page, names, one), key="pause_hotel"
        )
        reason = st.text_input(t("jobs.reason"), key="pause_reason", max_chars=500, autocomplete="off")
        is_sent = st.form_submit_button(t("jobs.pause"), icon=":material/pause:")
    if is_sent and attempted(page, lambda: control.pause(page.scope, name, place or None, reason)):
        st.rerun()


def _place(page: Page, names: words.Names, hotel_id: int) -> str:
    return page.t("jobs.everywhere") if hotel_id == EVERYWHERE else names[hotel_id]
