"""A job that somebody asks for on a page: the button, what it is doing now, and how it ended."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.i18n import Translator
from operations.jobs.service import JobState, RunRow
from pages.shell import session
from pages.shell.attempt import attempted
from pages.shell.audit_words import known
from pages.shell.guard import Page
from pages.shell.page_runs import fragment
from pages.shell.sentences import actor
from pages.shell.text import muted, plain

POLL_SECONDS = 2  # while it waits or runs
ENDED_WELL = "succeeded"


def job_bar(page: Page, hotel_id: int, names: Sequence[str], label: str, outcome: Callable[[RunRow], str]) -> None:
    """The bar of the first job of ``names`` in a hotel; the others are asked for with it, to run after it.

    It follows the job by itself, and the page is drawn anew when the job ends. ``outcome`` says what a run did.
    """
    if not page.scope.allows("jobs.read"):
        return
    shown = page.services.jobs.state(page.scope, names[0], hotel_id)

    def follow() -> None:
        now = page.services.jobs.state(page.scope, names[0], hotel_id)
        if now.is_active != shown.is_active:
            session.run_by_itself()
            st.rerun(scope="app")
        with st.container(border=True):
            _bar(page, hotel_id, names, label, now)
            told(page, now, outcome)

    fragment(follow, run_every=POLL_SECONDS if shown.is_active else None)()


def _bar(page: Page, hotel_id: int, names: Sequence[str], label: str, now: JobState) -> None:
    jobs = page.services.jobs
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/model_training: {plain(page.t(f'job.{names[0]}'))}")
        is_asked = page.scope.allows("jobs.run") and st.button(label, key=f"ask_{names[0]}", disabled=now.is_active)
        if is_asked and attempted(page, lambda: [jobs.request(page.scope, name, hotel_id) for name in names]):
            st.rerun(scope="app")


def told(page: Page, now: JobState, outcome: Callable[[RunRow], str]) -> None:
    """How far it is, or how it ended."""
    t = page.t
    if now.running is not None:
        note = now.running.progress_note
        st.progress(now.running.progress_ratio or 0.0, t("jobs.at_work", what=t(note) if note else t("jobs.beginning")))
    elif now.request is not None:
        st.progress(0.0, t("jobs.waiting", at=t.instant(now.request.requested_at)))
        if not now.is_served:
            st.warning(t("jobs.nobody_serves"), icon=":material/cloud_off:")
    elif now.last is None:
        muted(t("jobs.never_ran"))
    else:
        _ended(page, now.last, outcome)


def _ended(page: Page, run: RunRow, outcome: Callable[[RunRow], str]) -> None:
    t = page.t
    ended = run.finished_at or run.started_at
    seconds = t.number((ended - run.started_at).total_seconds(), 1)
    by = t("jobs.by", who=actor(t, run.requested_by)) if run.requested_by else t("jobs.by_schedule")
    when = t("jobs.last_run", at=t.instant(run.started_at), seconds=seconds, by=by)
    if run.state == ENDED_WELL:
        muted(f"{when} {outcome(run)}")
    else:
        reason = t("jobs.ended_badly", state=t(f"jobs.state_{run.state}"), why=failure(t, run).rstrip("."))
        st.error(plain(f"{when} {reason}"), icon=":material/error:")


def failure(t: Translator, run: RunRow) -> str:
    """Why it failed: in words where the machinery itself ended it or there are words for the stage's own code."""
    code = run.error_code or ""
    if code == "cancelled_by_person":
        return t("jobs.error_cancelled_by_person", who=actor(t, run.cancel_requested_by))
    told = known(t, f"jobs.error_{code}", code)
    return f"{code}: {said}" if told == code and (said := why(t, run)) else told


def why(t: Translator, run: RunRow) -> str:
    """Why it failed, as the page would have said it had it failed there; nothing where only the code is known."""
    key, told = f"error.{run.error_code}", (run.result or {}).get("error")
    said = t.sentence(told["id"], told["params"]) if told else t.stored(key, {})
    return "" if said == key else said
