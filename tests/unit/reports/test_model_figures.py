"""Figures of the screens of models: at one scale, in both languages, with marks where versions changed (C6)."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from core.i18n import Translator
from reports.figures.features import SHOWN, correlation_figure, importance_figure
from reports.figures.model_quality import ModelQualityLabels, model_quality_figure

AT = datetime(2026, 3, 1, 22, tzinfo=UTC)
LABELS = ModelQualityLabels("precision", "recall", "interval", "floor", "new", 0.8)


def history(precision: list[float | None]) -> pd.DataFrame:
    at = pd.to_datetime([AT + timedelta(days=day) for day in range(len(precision))], utc=True)
    low = [None if value is None else value - 0.1 for value in precision]
    frame = pd.DataFrame({"measured_at": at, "precision": precision, "low": low, "high": precision, "recall": None})
    return frame.astype(dict.fromkeys(("precision", "low", "high", "recall"), "float64"))


@pytest.mark.parametrize("language", ["tr", "en"])
def test_precision_stands_over_local_days_with_its_interval_and_the_floor(language: str) -> None:
    t = Translator(language, "Europe/Istanbul")
    figure = model_quality_figure(history([0.9, 0.7]), [AT], LABELS, t, "light")
    names = [trace.name for trace in figure.data if trace.name]
    assert names == ["interval", "precision", "new"]  # recall was not measured: no line
    assert pd.Timestamp(figure.data[2].x[0]) == pd.Timestamp("2026-03-02 01:00")  # 22:00 UTC in Istanbul
    assert figure.layout.shapes[0].y0 == 0.8
    assert list(figure.data[2].text) == [t.percent(0.9), t.percent(0.7)]


def test_without_a_change_of_versions_there_are_no_marks() -> None:
    figure = model_quality_figure(history([0.9]), [], LABELS, Translator("en"), "dark")
    assert "new" not in [trace.name for trace in figure.data]


def test_the_strongest_columns_stand_on_top_and_the_rest_is_left_to_the_table() -> None:
    shares = {f"feature_{number}": number / 1000 for number in range(30)}
    figure = importance_figure(shares, "share", Translator("tr"), "light")
    assert list(figure.data[0].y)[:2] == ["feature_29", "feature_28"]
    assert len(figure.data[0].y) == SHOWN
    assert figure.data[0].text[0] == "%2,9"


def test_correlations_stand_between_minus_one_and_one() -> None:
    matrix = pd.DataFrame(np.array([[1.0, -0.5], [-0.5, 1.0]]), index=["a", "b"], columns=["a", "b"])
    figure = correlation_figure(matrix, Translator("tr"), "light")
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-1, 1)
    assert figure.data[0].text[0][1] == "a · b: -0,5"
