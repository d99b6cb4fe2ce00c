"""The figure of a product's level: a level holds until the next movement; deliveries and counts are marked."""

from datetime import UTC, datetime

import pandas as pd

from core.i18n import Translator
from reports.figures.stock_level import StockLevelLabels, stock_level_figure

LABELS = StockLevelLabels("level", "critical", "delivery", "count", "units")


def moves() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "occurred_at": pd.to_datetime([datetime(2026, 3, day, 22, tzinfo=UTC) for day in (1, 2, 3, 4)], utc=True),
            "kind": [None, "giris", "sayim", None], "change": [0, 24, -3, 0], "level": [10, 34, 31, 31],
            "is_count": [False, False, True, False],
        }
    )  # fmt: skip


def test_levels_are_steps_in_the_hotels_time_with_deliveries_and_counts_marked() -> None:
    figure = stock_level_figure(moves(), 12, LABELS, Translator("en", "Europe/Istanbul"), "light")
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces) == ["level", "critical", "delivery", "count"]
    assert traces["level"].line.shape == "hv"
    assert list(traces["level"].y) == [10, 34, 31, 31]
    assert pd.Timestamp(traces["level"].x[0]) == pd.Timestamp("2026-03-02 01:00")
    assert list(traces["critical"].y) == [12, 12]
    assert (list(traces["delivery"].y), list(traces["delivery"].text)) == ([34], ["+24"])
    assert (list(traces["count"].y), list(traces["count"].text)) == ([31], ["-3"])


def test_without_a_critical_level_there_is_no_line_for_it() -> None:
    figure = stock_level_figure(moves(), 0, LABELS, Translator("tr", "Europe/Istanbul"), "dark")
    assert "critical" not in [trace.name for trace in figure.data]
