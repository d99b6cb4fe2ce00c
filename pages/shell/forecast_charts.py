"""One product by day: what left and will leave, its shelf without a delivery, forecasts beside what happened."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.shell import forecast_words as words
from pages.shell.folding import when_open
from pages.shell.guard import Page
from pages.shell.session import browser_theme, is_phone
from pages.shell.text import muted, plain
from reports.figures.forecast import DayLabels, days_figure
from reports.figures.template import CONFIG

if TYPE_CHECKING:
    from datetime import date

    from reports.forecast_rows import RunOutRow
    from reports.forecasts import Comparison, ProductDays


def demand_chart(page: Page, days: "ProductDays", today: "date") -> None:
    """The last weeks' outflow and the forecast."""
    t, week = page.t, days.week
    if week is None:
        st.info(f"**{t('forecasts.learning_title')}**  \n{t('forecasts.learning_text')}", icon=":material/school:")
        title = t("forecasts.demand_past")
    else:
        expected, before = t.number(week.expected, 0), t.number(week.before, 0)
        band = t.range(week.lower, week.upper, 0)
        title = t("forecasts.demand_title", expected=expected, band=band, before=before)
    names = DayLabels(
        t("forecasts.left_store"), t("forecasts.forecast"), t("forecasts.band"), t("forecasts.units_a_day"),
        t("forecasts.today"),
    )  # fmt: skip
    _chart(page, "demand", title, days.demand, names, today=today)


def shelf_chart(page: Page, row: "RunOutRow", days: "ProductDays", today: "date", reorder_point: float | None) -> None:
    """The store's level and what would be left if nothing were delivered, with the reorder point."""
    t = page.t
    names = DayLabels(
        t("forecasts.in_store"), t("forecasts.without_delivery"), t("forecasts.band"), t("forecasts.units"),
        t("forecasts.today"), t("forecasts.reorder_point"), is_level=True,
    )  # fmt: skip
    title = words.shelf_title(t, row, reorder_point)
    _chart(page, "shelf", title, days.shelf, names, today=today, limit=reorder_point)


def outcome_chart(page: Page, found: "Comparison") -> None:
    """Each past day of the product beside the newest forecast made for it."""
    t = page.t
    if found.days.empty:
        st.info(t("forecasts.not_measured_text"), icon=":material/help:")
        return
    names = DayLabels(
        t("forecasts.left_store"), t("forecasts.forecast"), t("forecasts.band"), t("forecasts.units_a_day"), ""
    )
    title = t("forecasts.outcome_title", inside=found.inside, count=len(found.days))
    _chart(page, "outcome", title, found.days, names)


def _chart(page: Page, key: str, title: str, frame: Any, names: DayLabels, **marks: Any) -> None:
    """The finding, the figure, and the same numbers as a table to read and download."""
    t = page.t
    st.markdown(f"**{plain(title)}**")
    figure = days_figure(frame, names, t, browser_theme(), **marks)
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"{key}_chart", alt=title)
    label = t("forecasts.table_of", what=names.value)
    when_open(label, f"open_{key}", lambda: _table(page, key, title, frame, names))


def _table(page: Page, key: str, title: str, frame: Any, names: DayLabels) -> None:
    t, number = page.t, st.column_config.NumberColumn
    st.dataframe(
        frame[["day", "value", "expected", "lower", "upper"]],
        hide_index=True,
        alt=title,
        key=f"{key}_table",
        placeholder="–",
        column_config={
            "day": st.column_config.DateColumn(t("forecasts.day"), format="YYYY-MM-DD"),
            "value": number(names.value, format="%.0f"),
            "expected": number(names.expected, format="%.1f"),
            "lower": number(t("forecasts.band_low"), format="%.0f"),
            "upper": number(t("forecasts.band_high"), format="%.0f"),
        },
    )


def outcome_figures(page: Page, found: "Comparison") -> None:
    """How forecasts up to seven days ahead turned out: all products and the chosen one, each with its sample."""
    t = page.t
    shown = (("forecasts.all_products", found.everything), ("forecasts.this_product", found.product))
    losses = {t("forecasts.loss"): [_known(page, one.loss, lambda loss: t.number(loss, 2)) for _, one in shown]}
    st.table(
        {
            t("forecasts.forecasts_of"): [t(key) for key, _ in shown],
            t("forecasts.comparisons"): [t.number(one.observations) for _, one in shown],
            t("forecasts.coverage"): [_known(page, one.coverage, t.percent) for _, one in shown],
            t("forecasts.bias"): [_known(page, one.bias, lambda bias: signed(page, bias)) for _, one in shown],
            **({} if is_phone() else losses),
        },
        border="horizontal",
        hide_index=True,
    )
    muted(t("forecasts.outcome_note", since=found.since, until=found.until))


def _known(page: Page, value: float | None, write: Any) -> str:
    return page.t("forecasts.not_measured") if value is None else plain(write(value))


def signed(page: Page, bias: float) -> str:
    """More was forecast than left: plus."""
    size = page.t.number(abs(bias), 2)
    return size if size == "0" else f"{'+' if bias > 0 else '−'}{size}"
