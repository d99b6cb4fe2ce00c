"""Archive: what left the database for files, whether it is as it was written, and bringing it back (A7)."""

import streamlit as st

from pages.shell import archive_folder, archive_holds, reads
from pages.shell import archive_panels as panels
from pages.shell.guard import open_page
from pages.shell.hotels import choose_hotel
from pages.shell.live import rerun_when_changed
from pages.shell.text import muted


def show() -> None:
    page = open_page("archive.read")
    st.title(page.t("archive.title"), anchor=False)
    page, hotel = choose_hotel(page)
    version = reads.version(page, "metrics", "archive")
    found = page.services.archive.overview(page.scope, [hotel.id])
    muted(page.t("archive.help", days=page.services.settings.metric_days))
    states = page.services.archive.work(page.scope, hotel.id)
    archive_folder.folder(page)
    panels.findings(page, found, states)
    panels.work(page, hotel, states)
    panels.key_figures(page, found)
    panels.history(page, hotel)
    panels.months(page, found)
    archive_holds.brought_back(page, found, hotel)
    rerun_when_changed(version, lambda: reads.version(page, "metrics", "archive"))


if __name__ == "__main__":
    show()
