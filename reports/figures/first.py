"""A figure of nothing: plotly builds its validators for the first one of a process, which no reader should wait for."""

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.trend import TrendLabels, trend_figure


def first_figure() -> go.Figure:
    """Lines, axes and hover, as most figures have them."""
    days = pd.date_range("2026-01-01", periods=2)
    frame = pd.DataFrame({"day": days, "last_on": days, "mean": [0.0, 1.0], "expected": [0.0, 1.0]})
    return trend_figure(frame, TrendLabels("", "", ""), Translator("en"), "light")
