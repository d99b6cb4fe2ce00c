"""Charts of the screens: figures of ``reports.figures`` in the browser's theme, each with its table."""

import streamlit as st

from pages.shell.guard import Page
from pages.shell.sentences import amount
from pages.shell.session import browser_theme
from pages.shell.text import SEVERITIES
from pipeline.alerts.service import AlertDetail
from reports.figures.series import SeriesLabels, series_figure
from reports.figures.template import CONFIG


def series_chart(page: Page, detail: AlertDetail) -> None:
    """The alert's series with its expected band, and the same numbers as a table to read and download."""
    t = page.t
    if detail.series.empty:
        st.info(t("board.no_series"), icon=":material/show_chart:")
        return
    title = chart_title(page, detail)
    figure = series_figure(
        detail.series, labels(page, title, detail.unit), t, browser_theme(), past_alerts=tuple(detail.past_alerts)
    )
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"series_{detail.alert.id}", alt=title)
    with st.expander(t("board.chart_table"), icon=":material/table:"):
        st.dataframe(
            detail.series[["timestamp", "value", "expected", "lower", "upper"]],
            hide_index=True,
            alt=title,
            column_config={
                "timestamp": st.column_config.DatetimeColumn(
                    t("board.time"), timezone=t.time_zone, format="YYYY-MM-DD HH:mm"
                ),
                "value": t("board.value"),
                "expected": t("board.expected"),
                "lower": t("board.band_low"),
                "upper": t("board.band_high"),
            },
        )


def chart_title(page: Page, detail: AlertDetail) -> str:
    """The finding, not the name of the metric."""
    t, alert = page.t, detail.alert
    if alert.expected is None:
        return t(f"alert_type.{alert.alert_type}")
    return t(
        "board.chart_title",
        what=t(f"alert_type.{alert.alert_type}"),
        value=amount(t, alert.metric_value),
        lower=alert.lower,
        upper=alert.upper,
    )


def labels(page: Page, title: str, unit: str) -> SeriesLabels:
    t = page.t
    return SeriesLabels(
        title=title,
        value=t("board.value"),
        expected=t("board.expected"),
        band=t("board.band"),
        anomaly=t("board.anomaly"),
        deviation=t("board.difference"),
        unit=t(unit),
        past_alert=t("board.past_alert"),
        severities={severity: t(f"severity.{severity}") for severity in SEVERITIES},
    )
