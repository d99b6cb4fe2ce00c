"""Overview: what needs me now, what will run out, is the data fresh."""

import streamlit as st

from pages.shell import navigation, reads
from pages.shell.alert_rows import alert_link
from pages.shell.guard import Page, open_page
from pages.shell.header import header
from pages.shell.hotels import choose_hotels
from pages.shell.live import rerun_when_changed
from pages.shell.sentences import day_range, minutes, money, percent, rooms, units
from pages.shell.text import SEVERITIES, muted, plain, severity_badge
from reports.overview import OverviewFigures

TOP = 5


def key_figures(page: Page, figures: OverviewFigures) -> None:
    """Four numbers, each with what it is compared with."""
    t = page.t
    shown = [
        (
            t("overview.occupancy"),
            percent(t, figures.occupancy_ratio),
            rooms(t, figures.occupied_rooms, figures.rooms),
        ),
        (
            t("overview.consumption"),
            units(t, figures.consumed_units),
            t("overview.usually", value=units(t, figures.usual_units)),
        ),
        (
            t("overview.revenue"),
            money(t, figures.revenue, figures.currency),
            t("overview.usually", value=money(t, figures.usual_revenue, figures.currency)),
        ),
        (
            t("overview.refill"),
            minutes(t, figures.refill_minutes),
            t("overview.usually", value=minutes(t, figures.usual_refill_minutes)),
        ),
    ]
    with st.container(horizontal=True):
        for label, value, comparison in shown:
            st.metric(label, value, comparison, delta_color="off", delta_arrow="off", border=True)


def needs_you(page: Page, hotel_ids: tuple[int, ...]) -> None:
    """Open alerts by severity and the most severe of them, each a link to its detail."""
    t = page.t
    st.header(t("overview.needs_you"))
    counts = reads.alert_counts(page, hotel_ids)
    if not counts:
        st.success(f"**{t('overview.calm_title')}**  \n{t('overview.calm_text')}", icon=":material/check_circle:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for severity in SEVERITIES:
            if counts.get(severity):
                st.markdown(f"{severity_badge(t, severity)} **{t.number(counts[severity])}**", width="content")
        st.page_link(navigation.BOARD, label=t("overview.all_alerts"), icon=":material/arrow_forward:")
    for alert in reads.worst_open(page, hotel_ids, TOP):
        alert_link(page, alert)


def running_low(page: Page, hotels: dict[int, str]) -> None:
    """Products that will run out, soonest first, with interval and probability."""
    t = page.t
    st.header(t("overview.running_low"))
    products = reads.running_low(page, tuple(hotels))
    if not products:
        st.success(f"**{t('overview.enough_title')}**  \n{t('overview.enough_text')}", icon=":material/check_circle:")
        return
    st.table(
        {
            t("overview.product"): [plain(product.name) for product in products],
            **(
                {t("shell.hotel"): [plain(hotels[product.hotel_id]) for product in products]}
                if page.names_hotels
                else {}
            ),
            t("overview.level"): [t.number(product.level, 0) for product in products],
            t("overview.days"): [
                day_range(t, product.days, product.days_low, product.days_high) for product in products
            ],
            t("overview.probability"): [percent(t, product.probability) for product in products],
        },
        border="horizontal",
        hide_index=True,
    )
    muted(t("overview.low_note"))


def show() -> None:
    page = open_page("overview.read")
    top = st.container()
    page, hotels = choose_hotels(page)
    hotel_ids = tuple(hotel.id for hotel in hotels)
    version = reads.version(page, "sources", "metrics", "scores", "alerts")
    figures = reads.figures(page, hotel_ids)
    with top:
        header(page.t("overview.title"), page.t, page.now, figures.as_of)
    key_figures(page, figures)
    left, right = st.columns(2, gap="large")
    with left:
        needs_you(page, hotel_ids)
    with right:
        running_low(page, {hotel.id: hotel.name for hotel in hotels})
        st.page_link(
            navigation.FORECASTS,
            label=page.t("forecasts.link"),
            icon=":material/arrow_forward:",
            query_params={"hotel": hotels[0].code},
        )
    rerun_when_changed(version, lambda: reads.version(page, "sources", "metrics", "scores", "alerts"))


if __name__ == "__main__":
    show()
