"""Charts of the screens: figures of ``reports.figures`` in the browser's theme, each with its table."""

from collections.abc import Mapping
from itertools import islice

import streamlit as st

from core.i18n import Translator
from pages.shell.folding import when_open
from pages.shell.guard import Page
from pages.shell.sentences import amount
from pages.shell.session import browser_theme
from pages.shell.text import SEVERITIES, muted, plain
from pipeline.alerts.service import AlertDetail, AlertRow
from reports.figures.series import SeriesLabels, series_figure
from reports.figures.template import CONFIG

NAMED_FILES = 3
WEEKLY = ("gelir_dusus",)  # the alert's value is a sum of seven days
SINCE = ("kayit_yok", "tuketim_artis", "tuketim_dusus")  # … of the days since the alert began


def series_chart(page: Page, detail: AlertDetail) -> None:
    """The alert's series with its expected band, and the same numbers as a table to read and download."""
    t, series = page.t, detail.series
    left_out(page, series.faults)
    if series.points.empty:
        st.info(t("board.no_series"), icon=":material/show_chart:")
        return
    title = chart_title(page, detail)
    figure = series_figure(
        series.points,
        labels(page, title, unit_word(t, detail)),
        t,
        browser_theme(),
        past_alerts=series.past_alerts,
    )
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"series_{detail.alert.id}", alt=title)
    sum_note(page, detail.alert)
    when_open(t("board.chart_table"), f"open_series_{detail.alert.id}", lambda: _table(page, detail, title))


def left_out(page: Page, faults: Mapping[str, str]) -> None:
    """What a chart lacks: a gap must not look as if nothing had been measured."""
    if faults:
        named = ", ".join([*islice(faults, NAMED_FILES), *(["…"] if len(faults) > NAMED_FILES else [])])
        told = page.t("archive.left_out", files=len(faults), paths=named)
        st.warning(plain(told), icon=":material/broken_image:")


def _table(page: Page, detail: AlertDetail, title: str) -> None:
    t = page.t
    moment = st.column_config.DatetimeColumn(t("board.time"), timezone=t.time_zone, format="YYYY-MM-DD HH:mm")
    st.dataframe(
        detail.series.points[["timestamp", "value", "expected", "lower", "upper"]],
        hide_index=True,
        alt=title,
        column_config={
            "timestamp": moment,
            "value": t("board.value"),
            "expected": t("board.expected"),
            "lower": t("board.band_low"),
            "upper": t("board.band_high"),
        },
    )


def chart_title(page: Page, detail: AlertDetail) -> str:
    """The finding, not the name of the metric; a sum over days stands in a note below (``sum_note``)."""
    t, alert = page.t, detail.alert
    what = t(f"alert_type.{alert.alert_type}")
    if alert.expected is None:
        return what
    if alert.alert_type in (*WEEKLY, *SINCE):
        return what
    words = {"what": what, "value": amount(t, alert.metric_value), "expected": amount(t, alert.expected)}
    if not tells_band(alert):
        return t("board.chart_title_expected", **words)
    return t("board.chart_title", lower=alert.lower, upper=alert.upper, **words)


def sum_note(page: Page, alert: AlertRow) -> None:
    """A sum over days beside a chart of single days would seem to contradict it; so it is said."""
    t = page.t
    words = {"value": amount(t, alert.metric_value), "expected": amount(t, alert.expected)}
    if alert.alert_type in WEEKLY:
        muted(t("board.chart_note_week", **words))
    elif alert.alert_type in SINCE:
        muted(t("board.chart_note_since", since=alert.started_at, **words))


def tells_band(alert: AlertRow) -> bool:
    """A value within its band was told for something else: naming the band would seem to contradict the alert."""
    if alert.metric_value is None or alert.lower is None or alert.upper is None:
        return False
    return not alert.lower <= alert.metric_value <= alert.upper


def unit_word(t: Translator, detail: AlertDetail) -> str:
    """The unit of the series; money is in the hotel's currency."""
    return detail.alert.currency if detail.unit == "unit.money" else t(detail.unit)


def labels(page: Page, title: str, unit: str) -> SeriesLabels:
    t = page.t
    return SeriesLabels(
        title=title,
        value=t("board.value"),
        expected=t("board.expected"),
        band=t("board.band"),
        anomaly=t("board.anomaly"),
        deviation=t("board.difference"),
        unit=unit,
        past_alert=t("board.past_alert"),
        severities={severity: t(f"severity.{severity}") for severity in SEVERITIES},
    )
