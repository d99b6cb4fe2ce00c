"""Figures of a profile: where the time went as an icicle of calls, and what the process used second by second."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.over_time import begun
from reports.figures.palette import PALETTES, ThemeName, with_opacity

MEGABYTE = 1024 * 1024
HEIGHT = 520


@dataclass(frozen=True)
class FlameLabels:
    """The words of the figure, already translated; ``own``: of our code."""

    own: str
    library: str
    seconds: str


def flame_figure(frame: pd.DataFrame, whole: float, labels: FlameLabels, t: Translator, theme: ThemeName) -> go.Figure:
    """``frame[id, parent, name, file, line, seconds, is_own]``: callers above, what they called below, as wide as their
    share of ``whole`` seconds; our code stands out. A box is opened by a click, the top one leads back.
    """
    palette, figure = PALETTES[theme], begun(theme, t)
    library = with_opacity(palette.muted, 0.35)
    told = zip(
        frame["file"] + ":" + frame["line"].astype(str), frame["seconds"] / whole,
        frame["is_own"].map({True: labels.own, False: labels.library}), strict=True,
    )  # fmt: skip
    figure.add_icicle(
        ids=frame["id"], parents=frame["parent"], labels=frame["name"].str.rpartition(".<locals>.")[2],
        values=frame["seconds"], branchvalues="total", sort=False, customdata=list(told),
        hovertemplate=f"<b>%{{label}}</b><br>%{{customdata[0]}}<br>%{{value:.2f}} {labels.seconds}"
        " (%{customdata[1]:.1%})<br>%{customdata[2]}<extra></extra>",
        tiling={"orientation": "v", "pad": 1}, pathbar={"visible": False},
        marker={"colors": frame["is_own"].map({True: palette.primary, False: library}), "line": {"width": 0}},
        root={"color": "rgba(0,0,0,0)"},
        # Said for each box: plotly chooses by the colour alone, and takes the pale boxes of libraries for dark ones.
        textfont={"size": 12, "color": frame["is_own"].map({True: palette.surface, False: palette.ink})},
    )  # fmt: skip
    figure.update_layout(
        height=HEIGHT, uniformtext={"minsize": 10, "mode": "hide"}, margin={"l": 0, "r": 0, "t": 8, "b": 8}
    )
    return figure.checked()


@dataclass(frozen=True)
class UsageLabels:
    processor: str
    memory: str
    percent: str
    megabytes: str
    seconds: str


def usage_figure(usage: Sequence[dict[str, Any]], labels: UsageLabels, t: Translator, theme: ThemeName) -> go.Figure:
    """Processor in per cent of a core (left) and memory in MB (right) against the seconds since the begin."""
    palette, figure = PALETTES[theme], begun(theme, t)
    at = [look["seconds"] for look in usage]
    figure.add_scatter(
        x=at, y=[100 * look["cpu_ratio"] for look in usage], name=labels.processor, mode="lines+markers",
        line={"color": palette.primary, "width": 2}, marker={"size": 3}, hovertemplate="%{y:.0f} %",
    )  # fmt: skip
    figure.add_scatter(
        x=at, y=[look["rss_bytes"] / MEGABYTE for look in usage], name=labels.memory, mode="lines+markers", yaxis="y2",
        line={"color": palette.severity["yuksek"], "width": 2}, marker={"size": 3}, hovertemplate="%{y:.1f} MB",
    )  # fmt: skip
    return _two_axes(figure, labels)


def _two_axes(figure: Draft, labels: UsageLabels) -> go.Figure:
    figure.update_layout(
        yaxis2={
            "overlaying": "y", "side": "right", "title": {"text": labels.megabytes}, "showgrid": False,
            "rangemode": "tozero", "tickformat": ".0f", "tickmode": "auto", "automargin": True,
        },
    )  # fmt: skip
    figure.update_yaxes(title_text=labels.percent, rangemode="tozero")
    figure.update_xaxes(title_text=labels.seconds, rangemode="tozero")
    return figure.checked()
