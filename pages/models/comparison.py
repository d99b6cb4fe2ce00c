"""Comparison: champion against challenger as a difference of alerts over the same thirty days (C6)."""

import streamlit as st

from pages.shell import model_reads, reads
from pages.shell.comparison_panels import ask_for, changes, figures, name_of, verdict
from pages.shell.filters import choose_one, filter_row
from pages.shell.guard import open_page
from pages.shell.hotels import choose_hotel
from pages.shell.job_progress import job_bar
from pages.shell.live import rerun_when_changed
from pages.shell.text import muted, plain

TOPICS = ("comparisons", "models")
EXAMINATION = ("examine_models",)
WIDTH = 560


def show() -> None:
    page = open_page("models.read")
    t = page.t
    st.title(t("comparison.title"), anchor=False)
    muted(t("comparison.help"))
    with filter_row(t("shell.filters")):
        page, hotel = choose_hotel(page)
        t, rows = page.t, model_reads.comparisons(page, hotel.id)
        done = {str(row.id): row for row in rows if row.compared_at is not None}
        chosen = ""
        if done:
            chosen = choose_one(
                "comparison", list(done), t("comparison.which"), lambda key: name_of(t, done[key]), width=WIDTH
            )
    job_bar(page, hotel.id, EXAMINATION, t("comparison.again"), lambda run: t("comparison.done", count=run.rows_out))
    if not done:
        st.info(f"**{t('comparison.empty_title')}**  \n{t('comparison.empty_text')}", icon=":material/compare_arrows:")
    elif done[chosen].error:
        st.error(plain(t("comparison.failed", code=done[chosen].error)), icon=":material/error:")
    else:
        found = model_reads.comparison(page, hotel.id, int(chosen))
        verdict(page, found)
        figures(page, found)
        changes(page, found)
    ask_for(page, hotel.id)
    rerun_when_changed(reads.version(page, *TOPICS), lambda: reads.version(page, *TOPICS))


if __name__ == "__main__":
    show()
