"""Data quality: the figures of the specification, how good the alerts are, and what verdicts have taught (P9, A6)."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import reads
from pages.shell.guard import Page, open_page
from pages.shell.hotels import choose_hotels
from pages.shell.live import rerun_when_changed
from pages.shell.quality_words import figure, goal, metric, of, share, state
from pages.shell.taught import learned, suppressions
from pages.shell.text import muted, plain

if TYPE_CHECKING:
    from pipeline.alerts.evaluation.service import EvaluationRow

TOPICS = ("metrics", "features", "alerts", "models", "evaluations", "settings")


def figures(page: Page, hotel_id: int) -> None:
    """Each figure against its goal; by metric type on demand."""
    t, kpis = page.t, reads.quality(page, hotel_id)
    for part, shown in ((st, [kpi for kpi in kpis if not kpi.metric_type]), (None, kpis)):
        place = part or st.expander(t("quality.by_metric"), icon=":material/table:")
        place.table(
            {
                t("quality.figure"): [plain(t(f"quality.kpi_{kpi.name}")) for kpi in shown],
                **({} if part else {t("quality.metric"): [plain(metric(t, kpi.metric_type)) for kpi in shown]}),
                t("quality.state"): [state(t, kpi) for kpi in shown],
                t("quality.value"): [plain(figure(t, kpi)) for kpi in shown],
                t("quality.goal"): [plain(goal(t, kpi)) for kpi in shown],
                t("quality.sample"): [t.number(kpi.sample) for kpi in shown],
            },
            border="horizontal",
            hide_index=True,
        )


def evaluations(page: Page, hotel_id: int) -> None:
    t, rows = page.t, reads.evaluations(page, hotel_id)
    st.subheader(t("quality.evaluations"), anchor=False)
    muted(t("quality.evaluations_help"))
    if not rows:
        st.info(t("quality.not_measured"), icon=":material/help:")
        return
    st.table(
        {
            t("quality.metric"): [plain(metric(t, row.metric_type)) for row in rows],
            t("quality.source"): [plain(t(f"quality.source_{source(row)}")) for row in rows],
            t("quality.sample"): [t.number(row.labelled) for row in rows],
            t("quality.alerts"): [t.number(row.alerts) for row in rows],
            t("quality.precision"): [plain(share(t, row.precision, of(row.intervals, "precision"))) for row in rows],
            t("quality.recall"): [plain(share(t, row.recall, of(row.intervals, "recall"))) for row in rows],
            t("quality.f1"): [plain(share(t, row.f1)) for row in rows],
            t("quality.accuracy"): [plain(share(t, row.accuracy)) for row in rows],
            t("quality.pr_auc"): [plain(share(t, row.pr_auc, of(row.intervals, "pr_auc"))) for row in rows],
            t("quality.settings"): [t.number(row.setting_version or 0) for row in rows],
            t("quality.measured"): [t.instant(row.measured_at) for row in rows],
        },
        border="horizontal",
        hide_index=True,
    )


def trainings(page: Page, hotel_id: int) -> None:
    t, rows = page.t, reads.trainings(page, hotel_id)
    with st.expander(t("quality.trainings"), icon=":material/model_training:"):
        st.table(
            {
                t("quality.metric"): [plain(metric(t, row.metric_type)) for row in rows],
                t("quality.model"): [plain(row.model_type) for row in rows],
                t("quality.state"): [plain(t(f"quality.training_{row.status}")) for row in rows],
                t("quality.reason"): [plain(row.reason or "") for row in rows],
                t("quality.measured"): [t.instant(row.finished_at) if row.finished_at else "" for row in rows],
            },
            border="horizontal",
            hide_index=True,
        )


def source(row: "EvaluationRow") -> str:
    return "injected" if (row.details or {}).get("injected") else row.source


def show() -> None:
    page = open_page("jobs.read")
    top = st.container()
    page, hotels = choose_hotels(page)
    with top:
        st.title(page.t("quality.title"))
    for hotel in hotels:
        if page.names_hotels:
            st.header(plain(hotel.name), anchor=False)
        for panel in (figures, evaluations, learned, suppressions, trainings):
            panel(page, hotel.id)
    shown = reads.version(page, *TOPICS)
    rerun_when_changed(shown, lambda: reads.version(page, *TOPICS))


if __name__ == "__main__":
    show()
