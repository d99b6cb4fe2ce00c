"""Panels of the Overview: the answers, key figures, alerts, shortages, and what changed since yesterday."""

from datetime import timedelta
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import alert_reads, navigation, reads
from pages.shell.alert_filters import LENGTHS
from pages.shell.alert_rows import alert_link
from pages.shell.filters import switch
from pages.shell.guard import Page
from pages.shell.sentences import day_range, minutes, money, percent, rooms, units
from pages.shell.session import is_phone
from pages.shell.text import SEVERITIES, muted, plain, severity_badge
from pipeline.alerts.service import AlertFilters
from reports.overview import LowProduct, OverviewFigures

if TYPE_CHECKING:
    from pipeline.alerts.service import CountRow

TOP, TOP_ON_A_PHONE = 5, 3
NAMED, NAMED_ON_A_PHONE = 2, 1  # products in one line
DAY = timedelta(days=1)
RUN_OUT = "stok_bitiyor"
Ids = tuple[int, ...]
Address = dict[str, str]


def answers(page: Page, hotel_ids: Ids, low: list[LowProduct], here: Address, there: Address) -> None:
    """What needs me, by severity, and what runs out first: each leads to its page. The title says how fresh it is.

    ``there``: the address of the hotel of the first product.
    """
    t, counts = page.t, reads.alert_counts(page, hotel_ids)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for severity in SEVERITIES:
            if counts.get(severity):
                label = f"{severity_badge(t, severity)} **{t.number(counts[severity])}**"
                st.page_link(navigation.BOARD, label=label, query_params={**here, "severity": severity})
        if low and low[0].days is not None:
            # A link is one line: on a phone it has room for the number alone.
            name = "overview.run_low" if is_phone() else "overview.soonest"
            said = t(name, product=low[0].name, days=t.number(low[0].days, 0), count=len(low))
            st.page_link(navigation.FORECASTS, label=plain(said), icon=":material/inventory:", query_params=there)


def key_figures(page: Page, figures: OverviewFigures, here: Address) -> None:
    """Four numbers, each with what it is compared with and the page that tells more."""
    t = page.t
    week = {**here, "days": "7"}
    shown = (
        ("occupancy", percent(t, figures.occupancy_ratio), rooms(t, figures.occupied_rooms, figures.rooms),
         navigation.ROOMS, "shell.rooms", week),
        ("consumption", units(t, figures.consumed_units), _usually(page, units(t, figures.usual_units)),
         navigation.CONSUMPTION, "shell.consumption", week),
        ("revenue", money(t, figures.revenue, figures.currency),
         _usually(page, money(t, figures.usual_revenue, figures.currency)), navigation.CONSUMPTION,
         "shell.consumption", week),
        ("refill", minutes(t, figures.refill_minutes), _usually(page, minutes(t, figures.usual_refill_minutes)),
         navigation.REFILLS, "refills.title", week),
    )  # fmt: skip
    with st.container(horizontal=True):
        for name, value, comparison, target, label, address in shown:
            with st.container(border=True, gap="xxsmall", width="content" if is_phone() else "stretch"):
                st.metric(t(f"overview.{name}"), value, comparison, delta_color="off", delta_arrow="off")
                st.page_link(target, label=t(label), icon=":material/arrow_forward:", query_params=address)


def _usually(page: Page, value: str) -> str:
    return page.t("overview.usually", value=value)


def needs_you(page: Page, hotel_ids: Ids, here: Address) -> None:
    """The most severe open alerts, each a link to its detail."""
    t = page.t
    st.header(t("overview.needs_you"), anchor=False)
    worst = reads.worst_open(page, hotel_ids, TOP_ON_A_PHONE if is_phone() else TOP)
    if not worst:
        st.success(f"**{t('overview.calm_title')}**  \n{t('overview.calm_text')}", icon=":material/check_circle:")
        return
    for alert in worst:
        alert_link(page, alert)
    st.page_link(navigation.BOARD, label=t("overview.all_alerts"), icon=":material/arrow_forward:", query_params=here)


def running_low(page: Page, hotels: dict[int, str], products: list[LowProduct], there: Address) -> None:
    """Products that will run out, soonest first, with interval and probability."""
    t = page.t
    st.header(t("overview.running_low"), anchor=False)
    if not products:
        st.success(f"**{t('overview.enough_title')}**  \n{t('overview.enough_text')}", icon=":material/check_circle:")
        return
    names = {t("shell.hotel"): [plain(hotels[product.hotel_id]) for product in products]} if page.names_hotels else {}
    days = [day_range(t, product.days, product.days_low, product.days_high) for product in products]
    st.table(
        {
            t("overview.product"): [plain(product.name) for product in products],
            **names,
            t("overview.level"): [t.number(product.level, 0) for product in products],
            t("overview.days"): days,
            t("overview.probability"): [percent(t, product.probability) for product in products],
        },
        border="horizontal",
        hide_index=True,
    )
    muted(t("overview.low_note"))
    st.page_link(navigation.FORECASTS, label=t("forecasts.link"), icon=":material/arrow_forward:", query_params=there)


def since_yesterday(page: Page, hotel_ids: Ids, here: Address) -> None:
    """What came and what went in a day, each a link to exactly that."""
    t, found = page.t, alert_reads.alert_summary(page, hotel_ids, DAY)
    counts, critical = found.everything, found.by_severity.get("kritik")
    st.header(t("overview.since_yesterday"), anchor=False)
    if not counts.raised and not counts.closed:
        muted(t("overview.nothing_changed"))
        return
    new = t("overview.came", count=counts.raised, critical=critical.raised if critical else 0)
    _change(page, counts.raised, new, ":material/fiber_new:", {**here, "state": "new"})
    ended = t("overview.ended", count=counts.closed, itself=counts.closed_by_itself)
    _change(page, counts.closed, ended, ":material/done_all:", {**here, "state": "ended"})
    if any(row.alert_type == RUN_OUT and row.raised for row in found.by_type):
        said = t("overview.newly_low", products=", ".join(newly_low(page, hotel_ids)))
        _change(page, 1, said, ":material/inventory:", {**here, "state": "new", "type": RUN_OUT})


def newly_low(page: Page, hotel_ids: Ids) -> list[str]:
    """Products whose running out was raised since yesterday, the most severe first."""
    since = page.now.replace(second=0, microsecond=0) - DAY
    wanted = AlertFilters(hotel_ids=hotel_ids, states=("all",), alert_types=(RUN_OUT,), raised_since=since)
    most = NAMED_ON_A_PHONE if is_phone() else NAMED
    rows = reads.alerts(page, wanted, most + 1).rows
    named = [row.product or row.hotel_name for row in rows[:most]]
    return [*named, "…"] if len(rows) > most else named


def _change(page: Page, count: int, said: str, icon: str, address: Address) -> None:
    if count:
        st.page_link(navigation.BOARD, label=plain(said), icon=icon, query_params=address)


def summary(page: Page, hotel_ids: Ids, here: Address) -> None:
    """New, closed and open alerts of 24 hours, 7 or 30 days beside the period before, by severity and type (A5.4)."""
    t = page.t
    st.header(t("overview.summary"), anchor=False)
    period = switch("period", list(LENGTHS), t("board.period"), lambda code: t(f"overview.period_{code}"))
    found = alert_reads.alert_summary(page, hotel_ids, LENGTHS[period])
    counts = found.everything
    with st.container(horizontal=True, gap="small"):
        for state, count, before in (("new", counts.raised, counts.raised_before),
                                     ("ended", counts.closed, counts.closed_before)):  # fmt: skip
            label = t(f"overview.sum_{state}", number=t.number(count), before=t.number(before))
            st.page_link(navigation.BOARD, label=label, query_params={**here, "state": state, "period": period})
        label = t("overview.sum_open", number=t.number(counts.open))
        st.page_link(navigation.BOARD, label=label, query_params=here)
    severities = [(severity_badge(t, one), found.by_severity[one]) for one in SEVERITIES if one in found.by_severity]
    _counts(page, t("board.severity"), severities)
    with st.expander(t("overview.by_type"), icon=":material/category:"):
        _counts(page, t("board.type"), [(plain(t(f"alert_type.{row.alert_type}")), row) for row in found.by_type])


def _counts(page: Page, name: str, rows: "list[tuple[str, CountRow]]") -> None:
    """Numbers of the period, in brackets those of the period before."""
    t = page.t
    if not rows:
        muted(t("overview.no_alerts"))
        return

    def pair(now: int, before: int) -> str:
        return plain(t("overview.and_before", now=t.number(now), before=t.number(before)))

    st.table(
        {
            name: [label for label, _ in rows],
            t("overview.new"): [pair(row.raised, row.raised_before) for _, row in rows],
            t("overview.closed"): [pair(row.closed, row.closed_before) for _, row in rows],
            t("overview.itself"): [t.number(row.closed_by_itself) for _, row in rows],
            t("overview.open"): [t.number(row.open) for _, row in rows],
        },
        border="horizontal",
        hide_index=True,
    )
    muted(t("overview.before_note"))
