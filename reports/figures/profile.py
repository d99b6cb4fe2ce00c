"""Figures of a profile: where the time went as an icicle of calls, and what the process used second by second."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import plotly.graph_objects as go

from reports.figures.draft import Draft
from reports.figures.over_time import begun
from reports.figures.palette import PALETTES, ThemeName, with_opacity

MEGABYTE = 1024 * 1024
HEIGHT = 520


class CallBox(Protocol):
    """One box of the tree: see ``operations.profiler.report.Box``."""

    @property
    def id(self) -> str: ...
    @property
    def parent(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def is_own(self) -> bool: ...


@dataclass(frozen=True)
class FlameLabels:
    """The words of the figure, already translated; ``own``: of our code."""

    own: str
    library: str
    seconds: str


def flame_figure(boxes: Sequence[CallBox], whole: float, labels: FlameLabels, theme: ThemeName) -> go.Figure:
    """Callers above, what they called below, as wide as their share of ``whole`` seconds; our code stands out.

    A box is opened by a click, the top one leads back.
    """
    palette, figure = PALETTES[theme], begun(theme)
    colours = [palette.primary if box.is_own else with_opacity(palette.muted, 0.35) for box in boxes]
    figure.add_icicle(
        ids=[box.id for box in boxes], parents=[box.parent for box in boxes],
            labels=[box.name.rpartition(".<locals>.")[2] for box in boxes],
            values=[box.seconds for box in boxes], branchvalues="total", sort=False,
            customdata=[
                (f"{box.file}:{box.line}", box.seconds / whole, labels.own if box.is_own else labels.library)
                for box in boxes
            ],
            hovertemplate=f"<b>%{{label}}</b><br>%{{customdata[0]}}<br>%{{value:.2f}} {labels.seconds}"
            " (%{customdata[1]:.1%})<br>%{customdata[2]}<extra></extra>",
            tiling={"orientation": "v", "pad": 1}, pathbar={"visible": False},
            marker={"colors": colours, "line": {"width": 0}}, root={"color": "rgba(0,0,0,0)"},
            textfont={"size": 12},
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


def usage_figure(usage: Sequence[dict[str, Any]], labels: UsageLabels, theme: ThemeName) -> go.Figure:
    """Processor in per cent of a core (left) and memory in MB (right) against the seconds since the begin."""
    palette, figure = PALETTES[theme], begun(theme)
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
            "rangemode": "tozero", "tickformat": ".0f", "automargin": True,
        },
    )  # fmt: skip
    figure.update_yaxes(title_text=labels.percent, rangemode="tozero")
    figure.update_xaxes(title_text=labels.seconds, rangemode="tozero")
    return figure.checked()
