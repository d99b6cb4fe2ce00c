"""The memory of a Redis server over time, its limit, and when it was away."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.over_time import begun, finished, local
from reports.figures.palette import PALETTES, ThemeName, with_opacity

MEGABYTE = 1024 * 1024
AWAY_OPACITY = 0.18


@dataclass(frozen=True)
class MemoryLabels:
    """The words of the figure, already translated."""

    used: str
    limit: str
    away: str
    unit: str


def memory_figure(frame: pd.DataFrame, labels: MemoryLabels, t: Translator, theme: ThemeName) -> go.Figure:
    """``frame[at, used_bytes, limit_bytes, was_down]`` in MB: gaps where nobody looked, red where it was away."""
    palette, figure, at = PALETTES[theme], begun(theme, t), local(frame, t)
    lines: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("used_bytes", labels.used, {"color": palette.primary, "width": 2}),
        ("limit_bytes", labels.limit, {"color": palette.severity["kritik"], "width": 1.5, "dash": "dash"}),
    )
    for column, name, line in lines:
        if frame[column].notna().any():
            figure.add_scatter(
                x=at, y=frame[column] / MEGABYTE, name=name, mode="lines+markers", line=line, marker={"size": 3},
                hovertemplate="%{y:.1f}",
            )  # fmt: skip
    red = with_opacity(palette.severity["kritik"], AWAY_OPACITY)
    spans = _spans(frame, at)
    for begin, end in spans:
        figure.add_shape(type="rect", yref="y domain", x0=begin, x1=end, y0=0, y1=1, line={"width": 0}, fillcolor=red)
    if spans:  # named once, in the legend: spans that lie close together would write over each other
        figure.add_scatter(
            x=[None], y=[None], name=labels.away, mode="markers",
            marker={"symbol": "square", "size": 12, "color": red},
        )  # fmt: skip
    return finished(figure, labels.unit, t)


def _spans(frame: pd.DataFrame, at: "pd.Series[pd.Timestamp]") -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """Begin and end of each row of steps in which it was away."""
    away = frame["was_down"].fillna(False).astype(bool)
    step = at.diff().median()
    groups = (away != away.shift()).cumsum()[away]
    return [(at[rows.index[0]], at[rows.index[-1]] + step) for _, rows in groups.groupby(groups)]
