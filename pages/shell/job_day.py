"""A day on the page Jobs: its runs along the clock, and what was missed, late, too fast or empty."""

from datetime import date, timedelta
from html import escape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st

from pages.shell import job_words as words
from pages.shell.consumption_tables import downloads, folded_sheet, show_sheet
from pages.shell.filters import choose_one
from pages.shell.guard import Page
from pages.shell.session import browser_theme
from pages.shell.stock_tables import instants
from pages.shell.text import muted, plain
from reports.figures.jobs import DayLabels, day_figure, day_frame
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from operations.jobs.board import DayRun, JobDay

DAYS = 14  # to choose from


def choose_day(page: Page) -> date:
    """One of the last days of the hotel's calendar; today until another is chosen."""
    t = page.t
    today = page.services.clock.now().astimezone(ZoneInfo(t.time_zone)).date()
    days = {(today - timedelta(days=back)).isoformat(): today - timedelta(days=back) for back in range(DAYS)}
    return days[choose_one("day", list(days), t("jobs.day"), lambda one: t.day(days[one]))]


def day(page: Page, names: words.Names, on: date) -> None:
    t = page.t
    found = page.services.job_board.day(page.scope, on, t.time_zone)
    st.header(t("jobs.day_of", on=on), anchor=False)
    if not found.is_complete:
        st.warning(plain(t("jobs.day_cut", count=len(found.runs))), icon=":material/content_cut:")
    if found.runs:
        _chart(page, names, found)
    else:
        st.info(plain(t("jobs.no_runs")), icon=":material/schedule:")
    st.header(t("jobs.noticed"), anchor=False)
    if not found.noticed:
        muted(t("jobs.nothing_noticed"))
        return
    sheet = words.noticed_sheet(page, names, found.noticed)
    show_sheet(sheet, "jobs_noticed", config=instants(t, t("jobs.first")) | instants(t, t("jobs.last")))
    downloads(page, [sheet], "jobs-noticed", None)
    muted(t("jobs.noticed_help"))


def _chart(page: Page, names: words.Names, found: "JobDay") -> None:
    t, now = page.t, page.services.clock.now()
    frame = day_frame(
        [
            (words.job(page, run.job_name), run.state, run.started_at, run.finished_at or now, told(page, names, run))
            for run in found.runs
        ]
    )
    labels = DayLabels({state: t(f"jobs.state_{state}") for state in words.STATES})
    figure = day_figure(frame, (found.since, found.ends_at), labels, t, browser_theme())
    st.plotly_chart(figure, theme=None, config=CONFIG, key="jobs_day", alt=t("jobs.day_runs"))
    folded_sheet(
        page, lambda: words.day_sheet(page, names, found.runs), "jobs_day_table", config=instants(t, t("jobs.started"))
    )


def told(page: Page, names: words.Names, run: "DayRun") -> str:
    """What a bar says when it is pointed at; names of hotels are not read as markup."""
    lasted = words.lasted(page, run)
    return f"{escape(words.hotel(page, names, run.hotel_id))}<br>{page.t.instant(run.started_at)} · {lasted}"
