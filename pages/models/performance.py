"""Performance: how right the alerts of each metric type are, now and over time; trainings; train again (C6, A6.4)."""

import streamlit as st

from pages.shell import model_reads, reads, training_words
from pages.shell.filters import ALL, choose_one, filter_row
from pages.shell.guard import open_page
from pages.shell.hotels import choose_hotel
from pages.shell.job_progress import job_bar
from pages.shell.live import rerun_when_changed
from pages.shell.performance_panels import course, figures, in_use, table, trainings

TOPICS = ("models", "evaluations")
TRAINING = ("train", "evaluate", "examine_models")
WIDTH = 220


def show() -> None:
    page = open_page("models.read")
    top = st.container()
    with filter_row(page.t("shell.filters")):
        page, hotel = choose_hotel(page)
        t, found = page.t, model_reads.performance(page, hotel.id)
        names = [one.metric_type for one in found.metrics]
        chosen = ALL
        if names:
            chosen = choose_one(
                "metric", [ALL, *names], t("quality.metric"), width=WIDTH,
                show=lambda name: t("shell.all") if name == ALL else t(f"metric.{name}"),
            )  # fmt: skip
    top.title(t("performance.title"), anchor=False)
    job_bar(page, hotel.id, TRAINING, t("training.again"), lambda run: training_words.outcome(t, run))
    if not found.metrics:
        st.info(f"**{t('models.empty_title')}**  \n{t('models.empty_text')}", icon=":material/model_training:")
        st.stop()
    figures(page, found)
    shown = tuple(one for one in found.metrics if chosen in (ALL, one.metric_type))
    table(page, shown)
    if chosen != ALL:
        course(page, hotel.id, chosen)
    in_use(page, shown)
    trainings(page, hotel.id, None if chosen == ALL else chosen)
    rerun_when_changed(reads.version(page, *TOPICS), lambda: reads.version(page, *TOPICS))


if __name__ == "__main__":
    show()
