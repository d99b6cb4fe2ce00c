"""Requests over time: how many, and how long they took."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, ThemeName
from reports.figures.template import template

HEIGHT = 240


@dataclass(frozen=True)
class DurationLabels:
    """The words of the figure, already translated."""

    median: str
    p95: str
    unit: str


def volume_figure(frame: pd.DataFrame, label: str, t: Translator, theme: ThemeName) -> go.Figure:
    """Bars of ``frame[at, requests]``; ``label`` stands on the axis."""
    figure = _begun(theme)
    figure.add_bar(
        x=_local(frame, t), y=frame["requests"], marker={"color": PALETTES[theme].primary},
        hovertemplate="%{y}<extra></extra>",
    )  # fmt: skip
    return _finished(figure, label, t)


def duration_figure(frame: pd.DataFrame, labels: DurationLabels, t: Translator, theme: ThemeName) -> go.Figure:
    """Median and p95 of ``frame[at, p50_seconds, p95_seconds]`` in milliseconds; a gap where nothing was asked."""
    palette, figure = PALETTES[theme], _begun(theme)
    lines = (
        ("p95_seconds", labels.p95, {"color": palette.primary, "width": 2}),
        ("p50_seconds", labels.median, {"color": palette.muted, "width": 1.5, "dash": "dot"}),
    )
    for column, name, line in lines:
        figure.add_scatter(
            x=_local(frame, t), y=frame[column] * 1000, name=name, mode="lines+markers", line=line,
            marker={"size": 4}, hovertemplate="%{y:.3~g}",
        )  # fmt: skip
    return _finished(figure, labels.unit, t)


def _begun(theme: ThemeName) -> Draft:
    return Draft(layout={"template": template(theme), "height": HEIGHT, "margin": {"t": 24}})


def _local(frame: pd.DataFrame, t: Translator) -> "pd.Series[pd.Timestamp]":
    return pd.to_datetime(frame["at"]).dt.tz_convert(t.time_zone).dt.tz_localize(None)


def _finished(figure: Draft, unit: str, t: Translator) -> go.Figure:
    figure.update_yaxes(title_text=unit, rangemode="tozero")
    # Plotly's month names come from another site in every language but English; Turkish dates are figures.
    moment = "%d.%m %H:%M" if t.language == "tr" else "%-d %b %H:%M"
    figure.update_xaxes(title_text=t.time_zone, hoverformat=moment, tickformatstops=[
        {"dtickrange": [None, 86_400_000 - 1], "value": "%H:%M"},
        {"dtickrange": [86_400_000, None], "value": "%d.%m" if t.language == "tr" else "%-d %b"},
    ])  # fmt: skip
    return figure.checked()
