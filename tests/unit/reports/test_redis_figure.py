"""The memory of Redis over time: gaps where nobody looked, red where it was away (C5)."""

from datetime import UTC, datetime

import pandas as pd

from core.i18n import Translator
from reports.figures.redis import MemoryLabels, memory_figure

LABELS = MemoryLabels("used", "limit", "away", "MB")


def frame(was_down: list[bool | None], limit: float | None = 128e6) -> pd.DataFrame:
    at = pd.date_range(datetime(2026, 3, 2, tzinfo=UTC), periods=len(was_down), freq="60s")
    used = [1e6 if down is False else None for down in was_down]
    data = {"at": at, "used_bytes": used, "limit_bytes": [limit] * len(used), "was_down": was_down}
    return pd.DataFrame(data).astype({"used_bytes": float, "limit_bytes": float})


def test_each_time_it_was_away_is_a_red_span_and_is_named_once() -> None:
    figure = memory_figure(frame([False, True, True, False, None, True]), LABELS, Translator("tr"), "light")
    spans = [(shape.x0.minute, shape.x1.minute) for shape in figure.layout.shapes]
    assert spans == [(1, 3), (5, 6)]
    assert [trace.name for trace in figure.data] == ["used", "limit", "away"]
    assert [value is None or pd.isna(value) for value in figure.data[0].y] == [False, True, True, False, True, True]


def test_without_a_limit_and_without_an_outage_neither_is_drawn() -> None:
    figure = memory_figure(frame([False, False], None), LABELS, Translator("en"), "dark")
    assert not figure.layout.shapes
    assert [trace.name for trace in figure.data] == ["used"]
