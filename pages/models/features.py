"""Features: are the inputs of the models sound, which of them count, and what moved lately (P2, P3, C6)."""

import streamlit as st

from pages.shell import model_reads, reads
from pages.shell.feature_panels import alike, columns, figures, importance, trials
from pages.shell.filters import choose_days, choose_one, filter_row
from pages.shell.guard import open_page
from pages.shell.hotels import choose_hotel
from pages.shell.live import rerun_when_changed
from pages.shell.text import muted
from pipeline.metrics.registry import METRIC_TYPES

TOPICS = ("features", "models")
FIRST = ("stok_seviye", "zimmet_kullanim")  # of which a forest is trained
PERIODS = (30, 60, 90)
WIDTH = 220


def show() -> None:
    page = open_page("models.read")
    top = st.container()
    names = [*FIRST, *(name for name in METRIC_TYPES if name not in FIRST)]
    with filter_row(page.t("shell.filters")):
        page, hotel = choose_hotel(page)
        t = page.t
        metric = choose_one("metric", names, t("quality.metric"), lambda name: t(f"metric.{name}"), width=WIDTH)
        days = choose_days(t, PERIODS)
    found = model_reads.features(page, hotel.id, metric, days)
    with top:
        st.title(t("features.title"), anchor=False)
        muted(t("features.help"))
    if not found.quality.rows:
        st.info(f"**{t('features.empty_title')}**  \n{t('features.empty_text')}", icon=":material/data_array:")
        st.stop()
    figures(page, found)
    importance(page, found.chosen)
    columns(page, found)
    alike(page, found)
    trials(page, found.chosen)
    rerun_when_changed(reads.version(page, *TOPICS), lambda: reads.version(page, *TOPICS))


if __name__ == "__main__":
    show()
