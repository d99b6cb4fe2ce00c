"""Days forecast: actual solid, forecast dashed in its band, today and the reorder point marked, few points."""

from datetime import date

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.forecast import DayLabels, days_figure
from reports.figures.palette import DARK, LIGHT
from reports.figures.series import MAX_POINTS

LABELS = DayLabels("Left", "Forecast", "Band", "units a day", "today", "Reorder point")


def frame(past: int = 5, ahead: int = 3) -> pd.DataFrame:
    nothing = [np.nan]
    return pd.DataFrame({
        "day": pd.date_range("2026-03-01", periods=past + ahead), "value": [4.0] * past + nothing * ahead,
        "expected": nothing * past + [5.0] * ahead, "lower": nothing * past + [3.0] * ahead,
        "upper": nothing * past + [8.0] * ahead,
    })  # fmt: skip


def trace(figure: go.Figure, name: str) -> go.Scatter:
    return next(each for each in figure.data if each.name == name)


def test_the_forecast_is_dashed_in_its_band_and_has_no_past() -> None:
    figure = days_figure(frame(), LABELS, Translator("en"), "light")
    assert trace(figure, "Left").line.dash is None
    assert trace(figure, "Forecast").line.dash == "dash"
    assert len(trace(figure, "Forecast").x) == 3
    band = trace(figure, "Band")
    assert (band.fill, list(band.y)) == ("tonexty", [8.0] * 3)


def test_units_of_days_are_steps_and_levels_are_lines() -> None:
    level = DayLabels("In store", "Forecast", "Band", "units", "today", is_level=True)
    assert trace(days_figure(frame(), LABELS, Translator("en"), "light"), "Left").line.shape == "hvh"
    assert trace(days_figure(frame(), level, Translator("en"), "light"), "In store").line.shape == "linear"


def test_today_and_the_reorder_point_are_named_in_the_themes_colours() -> None:
    for theme, palette in (("light", LIGHT), ("dark", DARK)):
        figure = days_figure(frame(), LABELS, Translator("en"), theme, today=date(2026, 3, 6), limit=7)
        notes = {note.text: note.font.color for note in figure.layout.annotations}
        assert notes == {"today": palette.muted, "Reorder point": palette.severity["yuksek"]}
    bare = days_figure(frame(), LABELS, Translator("en"), "light")
    assert not bare.layout.annotations
    assert bare.layout.yaxis.title.text == "units a day"


def test_turkish_dates_are_figures() -> None:
    formats = [days_figure(frame(), LABELS, Translator(one), "light").layout.xaxis.tickformat for one in ("tr", "en")]
    assert formats == ["%d.%m", "%-d %b"]


def test_a_past_without_a_forecast_is_drawn_alone_and_a_trace_stays_small() -> None:
    assert [one.name for one in days_figure(frame(5, 0), LABELS, Translator("en"), "light").data] == ["Left"]
    long = days_figure(frame(3_000, 0), LABELS, Translator("en"), "light")
    assert len(trace(long, "Left").x) == MAX_POINTS
