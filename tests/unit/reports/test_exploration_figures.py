"""Figures of the exploration pages: empty is not zero, at most so many points, texts in the reader's language."""

import math

import numpy as np
import pandas as pd
import pytest

from core.i18n import Translator
from reports.figures.heat_map import HeatMapLabels, heat_map_figure
from reports.figures.pareto import SHOWN, ParetoLabels, pareto_figure
from reports.figures.series import MAX_POINTS
from reports.figures.trend import TrendLabels, trend_figure

HEAT = HeatMapLabels("Floor", "Consumed", "Expected", "not known", "units")
PARETO = ParetoLabels("Consumed", "Share", "Cumulative")
TREND = TrendLabels("Consumed", "Expected", "Units a day")
EN = Translator("en", "Europe/Istanbul")


def test_a_floor_that_nobody_looked_into_is_empty_and_one_without_consumption_is_zero() -> None:
    frame = pd.DataFrame({
        "floor": ["1", "1", "2"], "day": pd.to_datetime(["2026-03-01", "2026-03-03", "2026-03-01"]),
        "units": [0.0, 7.0, 3.0], "expected": [2.0, np.nan, 2.5],
    })  # fmt: skip
    [heat] = heat_map_figure(frame, HEAT, EN, "light").data
    assert [str(floor) for floor in heat.y] == ["1", "2"]
    assert heat.z[0][0] == 0
    assert math.isnan(heat.z[0][1])
    assert math.isnan(heat.z[1][2])
    assert (heat.customdata[0][0], heat.text[0][0]) == ("Sun 1 Mar", "2")
    assert heat.hovertemplate == "Floor %{y} · %{customdata}<br>Consumed %{z}<br>Expected %{text}<extra></extra>"
    assert (heat.customdata[0][2], heat.text[0][2]) == ("Tue 3 Mar", "not known")
    assert heat.hoverongaps is False


def test_names_of_products_and_floors_are_text_and_neither_marks_nor_links() -> None:
    name, shown = "<b>Su</b> & <a href='http://x'>", "&lt;b&gt;Su&lt;/b&gt; &amp; &lt;a href='http://x'&gt;"
    products = pd.DataFrame({"code": ["a"], "name": [name], "units": [1.0], "share": [1.0], "cumulative": [1.0]})
    assert pareto_figure(products, PARETO, EN, "light").layout.yaxis.ticktext == (shown,)
    days = {"floor": [name], "day": pd.to_datetime(["2026-03-01"]), "units": [1.0], "expected": [1.0]}
    assert list(heat_map_figure(pd.DataFrame(days), HEAT, EN, "light").data[0].y) == [shown]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_product_stands_out_and_every_bar_carries_its_code(theme: str) -> None:
    count = SHOWN + 3
    frame = pd.DataFrame({
        "code": [f"P{i}" for i in range(count)], "name": ["Water"] * count, "units": [1.0] * count,
        "share": [1 / count] * count, "cumulative": np.cumsum([1 / count] * count),
    })  # fmt: skip
    bars, line = pareto_figure(frame, PARETO, EN, theme, chosen="P1").data  # type: ignore[arg-type]
    assert list(bars.customdata) == list(line.customdata) == [f"P{i}" for i in range(SHOWN)]
    assert len(set(bars.marker.color)) == 2
    assert bars.marker.color[1] != bars.marker.color[0] == bars.marker.color[2]
    [plain, _] = pareto_figure(frame, PARETO, EN, theme).data  # type: ignore[arg-type]
    assert len(set(plain.marker.color)) == 1


def test_ticks_and_texts_are_in_the_readers_language() -> None:
    frame = pd.DataFrame({"code": ["a"], "name": ["Su"], "units": [1234.0], "share": [0.5], "cumulative": [0.5]})
    figure = pareto_figure(frame, PARETO, Translator("tr"), "light")
    assert figure.layout.xaxis.ticktext[2] == "%50"
    assert figure.data[0].text[0] == "1.234"
    assert figure.layout.yaxis.ticktext == ("Su",)


def test_the_trend_has_a_gap_where_nobody_looked_and_no_line_for_what_was_never_expected() -> None:
    day = pd.date_range("2026-03-01", periods=3)
    frame = pd.DataFrame({"day": day, "last_on": day, "mean": [4, np.nan, 2.0], "expected": [np.nan] * 3})
    [line] = trend_figure(frame, TREND, EN, "light").data
    assert math.isnan(line.y[1])
    assert not line.connectgaps
    expected, _ = trend_figure(frame.assign(expected=1.0), TREND, EN, "light").data
    assert expected.line.dash == "dash"


def test_weeks_are_named_by_their_days_and_long_series_are_thinned() -> None:
    weeks = pd.DataFrame({
        "day": pd.to_datetime(["2026-03-05", "2026-03-09"]), "last_on": pd.to_datetime(["2026-03-08", "2026-03-15"]),
        "mean": [1.0, 2.0], "expected": [1.0, 2.0],
    })  # fmt: skip
    assert list(trend_figure(weeks, TREND, EN, "light").data[1].x) == ["5 Mar–8 Mar", "9 Mar–15 Mar"]
    assert list(trend_figure(weeks, TREND, Translator("tr"), "dark").data[1].x) == ["05.03–08.03", "09.03–15.03"]
    day = pd.date_range("2010-01-01", periods=5000)
    long = pd.DataFrame({"day": day, "last_on": day, "mean": np.arange(5000.0), "expected": np.nan})
    assert len(trend_figure(long, TREND, EN, "light").data[0].x) <= MAX_POINTS
