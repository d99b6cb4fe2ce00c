"""Jobs: what runs and waits, what failed and why, the timetable with its pauses, and the day along the clock (C4)."""

import streamlit as st

from pages.shell import job_panels as panels
from pages.shell.filters import choose_one, filter_row
from pages.shell.guard import Page, open_page
from pages.shell.hotels import choose_hotels
from pages.shell.job_day import choose_day, day
from pages.shell.job_dialogs import dialogs
from pages.shell.job_timetable import timetable

VIEWS = ("now", "timetable", "day")


def show() -> None:
    page = open_page("jobs.read")
    t = page.t
    st.title(t("jobs.title"), anchor=False)
    with filter_row(t("shell.filters")):
        view = choose_one("view", VIEWS, t("jobs.view"), lambda one: t(f"jobs.view_{one}"))
        page, hotels = choose_hotels(page)
        on = choose_day(page) if view == "day" else None
        job_name = panels.choose_job(page) if view == "now" else None
    names = {hotel.id: hotel.name for hotel in hotels}
    whole, page = page, panels.narrowed(page, hotels)
    if on is not None:
        day(page, names, on)
    elif view == "timetable":
        timetable(page, whole, names)
    else:
        now(page, names, job_name)
    dialogs(page, names)


def now(page: Page, names: dict[int, str], job_name: str | None) -> None:
    """What administrators look at first."""
    work = panels.at_work(page)
    panels.key_figures(page, work)
    panels.troubles(page, names)
    panels.work(page, names, work)
    panels.failed(page, names, job_name)
    panels.completed(page, names, job_name)


if __name__ == "__main__":
    show()
