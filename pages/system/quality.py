"""Data quality: the figures of the specification, and what verdicts have taught (P9, A6)."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import reads
from pages.shell.guard import Page, open_page
from pages.shell.hotels import choose_hotels
from pages.shell.live import rerun_when_changed
from pages.shell.quality_words import figure, goal, metric, state
from pages.shell.session import is_phone
from pages.shell.source_panels import sources, unknowns
from pages.shell.taught import learned, suppressions
from pages.shell.text import plain

if TYPE_CHECKING:
    from operations.quality.service import Kpi

TOPICS = ("sources", "metrics", "features", "alerts", "models", "settings")


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
                **({} if is_phone() else _goals(page, shown)),
            },
            border="horizontal",
            hide_index=True,
        )


def _goals(page: Page, shown: "list[Kpi]") -> dict[str, list[str]]:
    """For which a phone has no room; the state says whether a goal is met."""
    t = page.t
    return {
        t("quality.goal"): [plain(goal(t, kpi)) for kpi in shown],
        t("quality.sample"): [t.number(kpi.sample) for kpi in shown],
    }


def show() -> None:
    page = open_page("jobs.read")
    top = st.container()
    page, hotels = choose_hotels(page)
    with top:
        st.title(page.t("quality.title"), anchor=False)
    for hotel in hotels:
        st.header(plain(hotel.name), anchor=False)
        for panel in (figures, sources, unknowns, learned, suppressions):
            panel(page, hotel.id)
    shown = reads.version(page, *TOPICS)
    rerun_when_changed(shown, lambda: reads.version(page, *TOPICS))


if __name__ == "__main__":
    show()
