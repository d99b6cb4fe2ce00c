"""Jobs: what the sidecar ran, how long it took, what it read and wrote, and why it failed."""

import streamlit as st

from operations.jobs.service import RunRow
from pages.shell.guard import Page, open_page
from pages.shell.header import header
from pages.shell.hotels import choose_hotels
from pages.shell.live import rerun_when_changed
from pages.shell.text import badge, plain

STATES = {
    "running": ("blue", ":material/progress_activity:"),
    "succeeded": ("green", ":material/check_circle:"),
    "failed": ("red", ":material/error:"),
    "timed_out": ("orange", ":material/timer_off:"),
    "lost": ("orange", ":material/help:"),
    "cancelled": ("gray", ":material/cancel:"),
}
ROWS = 50
ENDED_BY_US = (
    "timed_out", "sidecar_stopped", "process_failed", "process_gone", "out_of_memory", "interrupted", "unexpected",
)  # fmt: skip


def duration(page: Page, run: RunRow) -> str:
    ended = run.finished_at or page.now
    return page.t("jobs.seconds", value=page.t.number((ended - run.started_at).total_seconds(), 1))


def state(page: Page, run: RunRow) -> str:
    colour, icon = STATES[run.state]
    return badge(page.t(f"jobs.state_{run.state}"), colour, icon)


def rows(page: Page, run: RunRow) -> str:
    if run.rows_in is None or run.rows_out is None:
        return ""
    return f"{page.t.number(run.rows_in)} → {page.t.number(run.rows_out)}"


def error(page: Page, run: RunRow) -> str:
    """Why it failed, in words where the machinery itself ended it; a stage's own code is told as it is."""
    code = run.error_code or ""
    return page.t(f"jobs.error_{code}") if code in ENDED_BY_US else code


def hotel_name(page: Page, names: dict[int, str], run: RunRow) -> str:
    return page.t("jobs.installation") if run.hotel_id is None else names[run.hotel_id]


def seen(runs: list[RunRow]) -> list[tuple[int, str]]:
    """What a change of is worth drawing again."""
    return [(run.id, run.state) for run in runs]


def show() -> None:
    page = open_page("jobs.read")
    t = page.t
    runs = page.services.jobs.recent(page.scope, ROWS)
    top = st.container()
    page, hotels = choose_hotels(page)
    with top:
        header(t("jobs.title"), page.t, page.now, runs[0].started_at if runs else None)
    names = {hotel.id: hotel.name for hotel in hotels}
    shown = [run for run in runs if run.hotel_id is None or run.hotel_id in names]
    if not shown:
        st.info(f"**{t('jobs.empty_title')}**  \n{t('jobs.empty_text')}", icon=":material/schedule:")
    else:
        st.table(
            {
                t("jobs.state"): [state(page, run) for run in shown],
                t("jobs.job"): [t(f"job.{run.job_name}") for run in shown],
                t("shell.hotel"): [plain(hotel_name(page, names, run)) for run in shown],
                t("jobs.started"): [page.t.instant(run.started_at) for run in shown],
                t("jobs.duration"): [duration(page, run) for run in shown],
                t("jobs.rows"): [rows(page, run) for run in shown],
                t("jobs.error"): [plain(error(page, run)) for run in shown],
            },
            border="horizontal",
            hide_index=True,
        )
    rerun_when_changed(seen(runs), lambda: seen(page.services.jobs.recent(page.scope, ROWS)))


if __name__ == "__main__":
    show()
