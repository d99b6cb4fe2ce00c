"""Thresholds, live: move a slider and see which past alerts come and go, at what cost; save it, or go back (A2.5)."""

from dataclasses import replace

import streamlit as st

from pages.shell import reads
from pages.shell.guard import Page, open_page
from pages.shell.live import rerun_when_changed
from pages.shell.page_runs import fragment
from pages.shell.text import muted
from pages.shell.threshold_actions import save_bar
from pages.shell.threshold_filters import Chosen, about, choose_check
from pages.shell.threshold_records import history
from pages.shell.threshold_results import results
from pages.shell.threshold_sliders import sliders

TOPICS = ("scores", "alerts", "settings")


@fragment
def live(page: Page, chosen: Chosen) -> None:
    """The sliders and what they do; a slider that moves reruns only this, for whom the page is still open."""
    page = replace(open_page("alerts.read"), t=page.t)
    proposal = sliders(page, chosen)
    save_bar(page, chosen, proposal)
    found = reads.threshold_preview(page, chosen.hotel_id, chosen.days, proposal)
    results(page, chosen, found, bool(proposal.changes))


def show() -> None:
    page = open_page("alerts.read")
    top = st.container()
    with top:
        st.title(page.t("tuning.title"), anchor=False)
        muted(page.t("tuning.help"))
    page, chosen = choose_check(page)
    about(page, chosen)
    live(page, chosen)
    history(page, chosen)
    shown = reads.version(page, *TOPICS)
    rerun_when_changed(shown, lambda: reads.version(page, *TOPICS))


if __name__ == "__main__":
    show()
