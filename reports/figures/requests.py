"""Requests over time: how many, and how long they took."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.over_time import begun, finished, local
from reports.figures.palette import PALETTES, ThemeName


@dataclass(frozen=True)
class DurationLabels:
    """The words of the figure, already translated."""

    median: str
    p95: str
    unit: str


def volume_figure(frame: pd.DataFrame, label: str, t: Translator, theme: ThemeName) -> go.Figure:
    """Bars of ``frame[at, requests]``; ``label`` stands on the axis."""
    figure = begun(theme, t)
    figure.add_bar(
        x=local(frame, t), y=frame["requests"], marker={"color": PALETTES[theme].primary},
        hovertemplate="%{y}<extra></extra>",
    )  # fmt: skip
    return finished(figure, label, t)


def duration_figure(frame: pd.DataFrame, labels: DurationLabels, t: Translator, theme: ThemeName) -> go.Figure:
    """Median and p95 of ``frame[at, p50_seconds, p95_seconds]`` in milliseconds; a gap where nothing was asked."""
    palette, figure = PALETTES[theme], begun(theme, t)
    lines = (
        ("p95_seconds", labels.p95, {"color": palette.primary, "width": 2}),
        ("p50_seconds", labels.median, {"color": palette.muted, "width": 1.5, "dash": "dot"}),
    )
    for column, name, line in lines:
        figure.add_scatter(
            x=local(frame, t), y=frame[column] * 1000, name=name, mode="lines+markers", line=line,
            marker={"size": 4}, hovertemplate="%{y:.3~g}",
        )  # fmt: skip
    return finished(figure, labels.unit, t)
