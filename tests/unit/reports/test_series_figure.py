"""The series figure says what DESIGN asks: actual solid, expected dashed with band, anomalies ringed, few points."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.i18n import Translator
from reports.figures.palette import DARK, LIGHT
from reports.figures.series import MAX_POINTS, EventSpan, SeriesLabels, series_figure, thinned

LABELS = SeriesLabels(
    "Room 305: 11, expected 0–2", "Value", "Expected", "Range", "Anomaly", "difference", "units", "Earlier alert",
    {"kritik": "Critical", "yuksek": "High", "orta": "Medium", "dusuk": "Low"},
)  # fmt: skip
START = pd.Timestamp("2026-03-01 21:00", tz="UTC")


def frame(rows: int = 10, anomaly_at: int | None = 7) -> pd.DataFrame:
    severity: list[str | None] = [None] * rows
    value = np.ones(rows)
    if anomaly_at is not None:
        severity[anomaly_at], value[anomaly_at] = "kritik", 11.0
    times = pd.date_range(START, periods=rows, freq="h")
    return pd.DataFrame(
        {"timestamp": times, "value": value, "expected": 1.1, "lower": 0.0, "upper": 2.0, "severity": severity}
    )


def trace(figure: go.Figure, name: str) -> go.Scatter:
    return next(each for each in figure.data if each.name == name)


def test_actual_is_solid_and_expected_is_dashed_over_its_band() -> None:
    figure = series_figure(frame(), LABELS, Translator("en", "Europe/Istanbul"), "light")
    assert trace(figure, "Value").line.dash is None
    assert trace(figure, "Expected").line.dash == "dash"
    assert trace(figure, "Range").fill == "tonexty"


def test_names_in_titles_units_and_events_are_text() -> None:
    event = EventSpan(datetime(2026, 3, 1, 22, tzinfo=UTC), datetime(2026, 3, 2, 2, tzinfo=UTC), "<b>Fair</b>")
    marked = replace(LABELS, title="<a href='http://x'>Room</a>", unit="<i>kg</i>")
    layout = series_figure(frame(), marked, Translator("en", "UTC"), "light", events=(event,)).layout
    assert layout.title.text == "&lt;a href='http://x'&gt;Room&lt;/a&gt;"
    assert layout.yaxis.title.text == "&lt;i&gt;kg&lt;/i&gt;"
    assert "&lt;b&gt;Fair&lt;/b&gt;" in [one.text for one in layout.annotations]


def test_an_anomaly_is_a_ring_in_the_colour_of_its_severity() -> None:
    for theme, palette in (("light", LIGHT), ("dark", DARK)):
        figure = series_figure(frame(), LABELS, Translator("en", "UTC"), theme)
        ring = trace(figure, "Anomaly: Critical")
        assert ring.marker.symbol == "circle-open"
        assert ring.marker.color == palette.severity["kritik"]
        assert list(ring.y) == [11.0]


def test_times_are_the_hotels_and_the_zone_is_named() -> None:
    figure = series_figure(frame(), LABELS, Translator("tr", "Europe/Istanbul"), "light")
    assert pd.Timestamp(trace(figure, "Value").x[0]) == pd.Timestamp("2026-03-02 00:00")
    assert figure.layout.xaxis.title.text == "Europe/Istanbul"
    assert figure.layout.yaxis.title.text == "units"


def test_a_series_that_is_still_learning_has_no_band() -> None:
    learning = frame().assign(expected=np.nan, lower=np.nan, upper=np.nan)
    figure = series_figure(learning, LABELS, Translator("en", "UTC"), "light")
    assert [each.name for each in figure.data] == ["Value", "Anomaly: Critical"]


def test_events_and_past_alerts_are_drawn() -> None:
    event = EventSpan(datetime(2026, 3, 1, 22, tzinfo=UTC), datetime(2026, 3, 2, 2, tzinfo=UTC), "Wedding")
    figure = series_figure(
        frame(), LABELS, Translator("en", "UTC"), "light", past_alerts=(START.to_pydatetime(),), events=(event,)
    )
    assert len(trace(figure, "Earlier alert").x) == 1
    assert figure.layout.annotations[0].text == "Wedding"


def test_no_trace_holds_more_points_than_can_be_seen_and_the_extremes_stay() -> None:
    long = frame(rows=50_000, anomaly_at=31_234)
    figure = series_figure(long, LABELS, Translator("en", "UTC"), "light")
    assert max(len(each.x) for each in figure.data) <= MAX_POINTS
    assert max(trace(figure, "Value").y) == 11.0


@pytest.mark.parametrize("count", [0, 1, MAX_POINTS])
def test_short_series_are_not_thinned(count: int) -> None:
    assert list(thinned(np.zeros(count))) == list(range(count))


def test_an_empty_series_makes_an_empty_figure_not_an_error() -> None:
    figure = series_figure(frame().iloc[:0], LABELS, Translator("en", "UTC"), "dark")
    assert all(len(each.x) == 0 for each in figure.data)
