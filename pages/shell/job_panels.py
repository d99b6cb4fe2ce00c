"""Panels of the page Jobs: figures of a day, what is old, what runs and waits, what failed, what was completed."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from operations.jobs.board import FAILED
from operations.jobs.control import is_repeatable
from operations.jobs.definitions import INSTALLATION_JOB_NAMES, JOB_NAMES
from operations.jobs.history import is_long, silent_seconds
from pages.shell import job_words as words
from pages.shell import session
from pages.shell.asking import ask
from pages.shell.attempt import attempted
from pages.shell.console import ratio
from pages.shell.consumption_tables import downloads, show_sheet
from pages.shell.filters import ALL, asked_one, choose_one
from pages.shell.guard import Page
from pages.shell.job_progress import failure
from pages.shell.page_runs import fragment
from pages.shell.sentences import actor
from pages.shell.stock_tables import instants
from pages.shell.text import badge, muted, plain

if TYPE_CHECKING:
    from operations.jobs.service import RequestRow, RunRow
    from sources.hotels import HotelRow

RUN, CANCEL = "job_run", "cancel_run"
FAILED_ROWS, COMPLETED_ROWS = 10, 50
BUSY_SECONDS, IDLE_SECONDS = 2, 10


@dataclass(frozen=True)
class Work:
    """What runs and waits at a moment."""

    running: "list[RunRow]"
    waiting: "list[RequestRow]"

    @property
    def seen(self) -> tuple[list[int], list[int]]:
        """What a change of is worth drawing the page again."""
        return [run.id for run in self.running], [request.id for request in self.waiting]


def narrowed(page: Page, hotels: "tuple[HotelRow, ...]") -> Page:
    """With a hotel chosen nothing but its jobs; with all of them the installation's too."""
    if asked_one("hotel", [ALL, *(hotel.code for hotel in hotels)]) == ALL:
        return page
    return replace(page, scope=replace(page.scope, hotels=frozenset(hotel.id for hotel in hotels)))


def key_figures(page: Page, work: Work) -> None:
    """Of the last 24 hours, and of now."""
    t, found = page.t, page.services.job_board.figures(page.scope)
    with st.container(horizontal=True):
        told = t("jobs.of_runs", succeeded=found.succeeded, count=found.ended)
        st.metric(t("jobs.success_rate"), ratio(t, found.success_ratio), border=True, help=plain(told))
        mean = "–" if found.mean_seconds is None else words.length(page, found.mean_seconds)
        st.metric(t("jobs.mean_duration"), mean, border=True, help=plain(t("jobs.mean_duration_help")))
        st.metric(t("jobs.failed_24h"), t.number(found.ended - found.succeeded), border=True)
        st.metric(t("jobs.active"), t.number(len(work.running)), border=True)
        st.metric(t("jobs.pending"), t.number(len(work.waiting)), border=True)


def troubles(page: Page, names: words.Names) -> None:
    """Nobody serves; data that are old, and what is made of them."""
    t = page.t
    scheduler = page.services.job_board.service(page.scope)
    if not scheduler.is_alive:
        never = scheduler.last_at is None
        told = t("jobs.nobody_serves") if never else t("jobs.scheduler_silent", since=scheduler.last_at)
        st.warning(plain(told), icon=":material/cloud_off:")
    found = page.services.job_board.stale(page.scope)
    if found:
        lines = [f"**{plain(t('jobs.stale_title'))}**", *(plain(words.stale(page, names, one)) for one in found)]
        st.warning("  \n".join(lines), icon=":material/history:")


def at_work(page: Page) -> Work:
    jobs = page.services.jobs
    return Work(jobs.active(page.scope), jobs.pending(page.scope))


def work(page: Page, names: words.Names, shown: Work) -> None:
    """What runs and waits, followed by itself; the page is drawn anew when a run begins or ends."""

    def follow() -> None:
        now = at_work(page)
        if now.seen != shown.seen:
            session.run_by_itself()
            st.rerun(scope="app")
        t = page.t
        st.header(t("jobs.active"), anchor=False)
        etas = page.services.job_board.etas(page.scope, now.running)
        for run in now.running:
            _running(page, names, run, words.eta(page, etas.get(run.id)))
        if not now.running:
            muted(t("jobs.none_active"))
        st.header(t("jobs.pending"), anchor=False)
        for request in now.waiting:
            _waiting(page, names, request)
        if not now.waiting:
            muted(t("jobs.none_pending"))

    fragment(follow, run_every=BUSY_SECONDS if shown.running or shown.waiting else IDLE_SECONDS)()


def _running(page: Page, names: words.Names, run: "RunRow", eta: str) -> None:
    t = page.t
    with st.container(border=True, key=f"running_{run.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{_name(page, names, run)} {' '.join(_badges(page, run))}")
            _asking(t("jobs.open"), RUN, run, ":material/more_horiz:")
            can_end = page.scope.allows("jobs.run") and run.cancel_requested_at is None
            if can_end:
                _asking(t("jobs.cancel"), CANCEL, run, ":material/stop_circle:")
        note = run.progress_note
        share = f"{t.percent(run.progress_ratio)} · " if run.progress_ratio else ""
        st.progress(run.progress_ratio or 0.0, plain(share + (t(note) if note else t("jobs.beginning"))))
        since = t("jobs.running_since", at=run.started_at, length=words.lasted(page, run))
        muted(f"{since} · {words.by(page, run)} · {eta}")


def _asking(label: str, what: str, run: "RunRow", icon: str) -> None:
    """A button that opens a dialog; asked in a callback, so that a run that begins or ends meanwhile loses no click."""
    if st.button(label, key=f"{what}_{run.id}", icon=icon, on_click=ask, args=(what, run.id)):
        st.rerun(scope="app")


def _name(page: Page, names: words.Names, of: "RunRow | RequestRow") -> str:
    return f"**{plain(words.job(page, of.job_name))}** · {plain(words.hotel(page, names, of.hotel_id))}"


def _badges(page: Page, run: "RunRow") -> list[str]:
    """Its state, and what is unusual about it."""
    t, now, found = page.t, page.services.clock.now(), [words.state(page, run)]
    silent = silent_seconds(run, now)
    if is_long(run, now):
        found.append(badge(t("jobs.takes_long"), "yellow", ":material/hourglass:"))
    if silent is not None:
        found.append(badge(t("jobs.silent", length=words.length(page, silent)), "orange", ":material/heart_broken:"))
    if run.state == "running" and run.cancel_requested_at is not None:
        found.append(badge(t("jobs.cancelling", who=run.cancel_requested_by or "–"), "gray", ":material/stop_circle:"))
    return found


def _waiting(page: Page, names: words.Names, request: "RequestRow") -> None:
    t, control = page.t, page.services.job_control
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"waiting_{request.id}"):
        told = t("jobs.asked_at", at=request.requested_at, who=actor(t, request.requested_by))
        st.markdown(f"{_name(page, names, request)} :small[:gray[{plain(told)}]]")
        if (
            page.scope.allows("jobs.run")
            and st.button(t("jobs.take_back"), key=f"take_back_{request.id}", icon=":material/undo:")
            and attempted(page, lambda: control.cancel_request(page.scope, request.id))
        ):
            st.rerun(scope="app")


def choose_job(page: Page) -> str | None:
    """One job, or (None) all."""
    named = {ALL: page.t("jobs.all_jobs")}
    named |= {name: words.job(page, name) for name in (*JOB_NAMES, *INSTALLATION_JOB_NAMES, "backup", "restore")}
    chosen = choose_one("job", list(named), page.t("jobs.job"), named.__getitem__, width=220)
    return None if chosen == ALL else chosen


def failed(page: Page, names: words.Names, job_name: str | None) -> None:
    """The newest that ended badly, each with its reason and what can be done."""
    t = page.t
    st.header(t("jobs.failed"), anchor=False)
    found = page.services.job_board.ended(page.scope, FAILED, job_name, FAILED_ROWS)
    if not found:
        muted(t("jobs.none_failed"))
    for run in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"failed_{run.id}"):
            with st.container(gap="xxsmall"):
                st.markdown(f"{_name(page, names, run)} {' '.join(_badges(page, run))}")
                lasted = words.lasted(page, run)
                muted(f"{t.instant(run.started_at)} · {lasted} · {words.by(page, run)}")
                st.markdown(plain(failure(t, run)))
            _asking(t("jobs.open"), RUN, run, ":material/more_horiz:")
            _retry(page, run)


def _retry(page: Page, run: "RunRow") -> None:
    t, control = page.t, page.services.job_control
    if not (page.scope.allows("jobs.run") and is_repeatable(run)):
        return
    if st.button(t("jobs.retry"), key=f"retry_{run.id}", icon=":material/replay:") and attempted(
        page, lambda: control.retry(page.scope, run.id)
    ):
        st.rerun()


def completed(page: Page, names: words.Names, job_name: str | None) -> None:
    t = page.t
    st.header(t("jobs.completed"), anchor=False)
    found = page.services.job_board.ended(page.scope, ("succeeded",), job_name, COMPLETED_ROWS)
    if not found:
        st.info(f"**{t('jobs.empty_title')}**  \n{t('jobs.empty_text')}", icon=":material/schedule:")
        return
    sheet = words.ended_sheet(page, names, found)
    show_sheet(sheet, "jobs_completed", config=instants(t, t("jobs.started")))
    downloads(page, [sheet], "jobs-completed", None)
