"""The dialogs of the page Jobs: everything about one run with its log, and a cancel that asks first."""

from datetime import timedelta
from typing import TYPE_CHECKING

import streamlit as st

from core.i18n import UNKNOWN
from operations.logs.matching import LogFilters
from pages.shell import job_words as words
from pages.shell.asking import asked, asking, done
from pages.shell.attempt import attempted
from pages.shell.audit_entry import pairs
from pages.shell.guard import Page
from pages.shell.job_panels import CANCEL, RUN
from pages.shell.job_progress import failure
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from operations.jobs.service import RunRow

LOG_LINES = 100
AFTERWARDS = timedelta(seconds=5)  # the last lines are written after the record


def dialogs(page: Page, names: words.Names) -> None:
    """The one that somebody asked for, if any."""
    what = st.session_state.get("asked")
    if what is None or what[0] not in (RUN, CANCEL):
        return
    run = page.services.jobs.run(page.scope, what[1])
    if asked(RUN, run.id):
        _run_dialog(page, names, run)
    else:
        _cancel_dialog(page, names, run)


def _title(page: Page, names: words.Names, run: "RunRow") -> str:
    return plain(f"{words.job(page, run.job_name)} · {words.hotel(page, names, run.hotel_id)} · {run.id}")


def _run_dialog(page: Page, names: words.Names, run: "RunRow") -> None:
    t = page.t

    @asking(_title(page, names, run))
    def dialog() -> None:
        st.markdown(words.state(page, run))
        if run.error_code:
            st.error(plain(failure(t, run)), icon=":material/error:")
        if run.cancel_requested_at is not None:
            muted(t("jobs.cancel_asked", at=run.cancel_requested_at, who=run.cancel_requested_by or UNKNOWN))
        pairs(page, _facts(page, run))
        if run.result:
            with st.expander(t("jobs.result")):
                st.json(run.result)
        if run.error_text:
            with st.expander(t("jobs.trace"), icon=":material/bug_report:"):
                st.code(run.error_text, language=None, wrap_lines=True)
        _log(page, run)

    dialog()


def _facts(page: Page, run: "RunRow") -> dict[str, str | None]:
    t = page.t
    ended = t.instant(run.finished_at) if run.finished_at else None
    limit = words.length(page, run.timeout_seconds) if run.timeout_seconds else None
    arguments = ", ".join(f"{name}={value}" for name, value in (run.arguments or {}).items())
    return {
        t("jobs.asked_by"): words.asker(page, run), t("jobs.arguments"): arguments or None,
        t("jobs.started"): t.instant(run.started_at), t("jobs.ended"): ended,
        t("jobs.duration"): words.lasted(page, run), t("jobs.limit"): limit,
        t("jobs.rows"): words.rows(page, run),
        t("jobs.process"): f"{run.process_id or UNKNOWN} @ {run.host or UNKNOWN}",
        t("jobs.heartbeat"): t.instant(run.heartbeat_at),
    }  # fmt: skip


def _log(page: Page, run: "RunRow") -> None:
    """What its process wrote, the newest last; every line of a run carries its id."""
    t, mark = page.t, f"job-run-{run.id}"
    with st.expander(t("jobs.log"), icon=":material/article:", expanded=run.state == "running"):
        if not page.scope.allows("logs.read"):
            muted(t("jobs.log_not_allowed"))
            return
        until = run.finished_at + AFTERWARDS if run.finished_at else None
        filters = LogFilters(stream="jobs", text=mark, since=run.started_at - AFTERWARDS, until=until)
        found = page.services.logs.page(page.scope, filters, limit=LOG_LINES)
        lines = [line for line in found.lines if line.request_id == mark]
        if not lines:
            muted(t("jobs.no_log"))
            return
        told = [f"{t.clock_time(line.at)} {line.level:<8} {line.text}" for line in reversed(lines)]
        st.code("\n".join(told), language=None, wrap_lines=True)


def _cancel_dialog(page: Page, names: words.Names, run: "RunRow") -> None:
    t, control = page.t, page.services.job_control

    @asking(_title(page, names, run))
    def dialog() -> None:
        st.markdown(plain(t("jobs.cancel_told")))
        if st.button(t("jobs.cancel_for_certain"), type="primary", key="cancel_for_certain") and attempted(
            page, lambda: control.cancel_run(page.scope, run.id)
        ):
            done()

    dialog()
