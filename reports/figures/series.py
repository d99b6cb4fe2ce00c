"""One series against what was expected: actual, expected, band, anomalies, past alerts, events."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, Palette, ThemeName, with_opacity
from reports.figures.template import literal, template

MAX_POINTS = 2_000  # a trace; more cannot be seen and costs the phone its battery


@dataclass(frozen=True)
class SeriesLabels:
    """The words of one figure, already translated."""

    title: str  # the finding
    value: str
    expected: str
    band: str
    anomaly: str
    deviation: str
    unit: str
    past_alert: str
    severities: dict[str, str]


@dataclass(frozen=True)
class EventSpan:
    """A holiday or a closure behind the series."""

    started_at: datetime
    ended_at: datetime
    label: str


def series_figure(
    frame: pd.DataFrame,
    labels: SeriesLabels,
    t: Translator,
    theme: ThemeName,
    *,
    past_alerts: tuple[datetime, ...] = (),
    events: tuple[EventSpan, ...] = (),
) -> go.Figure:
    """A figure of ``frame[timestamp, value, expected, lower, upper, severity]``.

    ``timestamp`` is a UTC instant, shown in the translator's time zone; ``severity`` is None for normal points.
    Rows without ``expected`` (still learning) are drawn without a band.
    """
    palette = PALETTES[theme]
    local = frame.assign(timestamp=_local(frame["timestamp"], t.time_zone))
    shown = local.iloc[thinned(local["value"].to_numpy(dtype=float))]
    figure = Draft(
        layout={"template": template(theme, t.language), "title": {"text": literal(labels.title)}, "height": 340}
    )
    for span in events:
        edges = _local(pd.Series([span.started_at, span.ended_at]), t.time_zone)
        figure.add_vrect(
            x0=edges[0],
            x1=edges[1],
            fillcolor=palette.muted,
            opacity=0.12,
            line_width=0,
            annotation_text=literal(span.label),
        )
    _add_band(figure, shown, labels, palette)
    _add_actual(figure, shown, labels, t, palette)
    _add_anomalies(figure, local[local["severity"].notna()], labels, palette)
    _add_past_alerts(figure, past_alerts, labels, t, palette)
    _label_ends(figure, shown, labels, palette)
    figure.update_yaxes(title_text=literal(labels.unit), rangemode="tozero")
    # Plotly's month names come from another site in every language but English; Turkish dates are figures.
    day = "%d.%m" if t.language == "tr" else "%-d %b"
    figure.update_xaxes(title_text=t.time_zone, tickformat=day, hoverformat=f"{day} %H:%M")
    return figure.checked()


def thinned(values: npt.NDArray[np.float64], limit: int = MAX_POINTS) -> npt.NDArray[np.intp]:
    """Positions of at most ``limit`` points that keep every bucket's lowest and highest value."""
    count = len(values)
    if count <= limit:
        return np.arange(count)
    edges = np.linspace(0, count, limit // 2 + 1, dtype=int)
    filled = np.nan_to_num(values, nan=0.0)
    kept = [
        position
        for start, end in pairwise(edges)
        for position in (start + int(np.argmin(filled[start:end])), start + int(np.argmax(filled[start:end])))
    ]
    return np.unique(kept)


def _local(instants: "pd.Series[Any]", time_zone: str) -> "pd.Series[Any]":
    """Plotly draws wall-clock times, so the hotel's are handed to it without a zone."""
    return pd.to_datetime(instants, utc=True).dt.tz_convert(time_zone).dt.tz_localize(None)


def _add_band(figure: Draft, shown: pd.DataFrame, labels: SeriesLabels, palette: Palette) -> None:
    known = shown[shown["expected"].notna()]
    if known.empty:
        return
    edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=known["timestamp"], y=known["lower"], **edge)
    figure.add_scatter(
        x=known["timestamp"],
        y=known["upper"],
        **(edge | {"name": labels.band}),
        fill="tonexty",
        fillcolor=with_opacity(palette.primary, palette.band_opacity),
    )
    figure.add_scatter(
        x=known["timestamp"],
        y=known["expected"],
        name=labels.expected,
        mode="lines",
        line={"color": with_opacity(palette.primary, 0.6), "dash": "dash", "width": 1.5},
        customdata=known[["lower", "upper"]],
        hovertemplate="%{y:.1f} (%{customdata[0]:.1f}–%{customdata[1]:.1f})",
        showlegend=False,
    )


def _add_actual(figure: Draft, shown: pd.DataFrame, labels: SeriesLabels, t: Translator, palette: Palette) -> None:
    differences = shown["value"] - shown["expected"]
    texts = [
        "" if np.isnan(gap) else f"{labels.deviation} {'+' if gap > 0 else ''}{t.number(gap)}" for gap in differences
    ]
    figure.add_scatter(
        x=shown["timestamp"],
        y=shown["value"],
        name=labels.value,
        mode="lines+markers" if len(shown) <= 60 else "lines",
        line={"color": palette.primary, "width": 2},
        marker={"size": 4},
        customdata=texts,
        hovertemplate="%{y:.1f}  %{customdata}",
        showlegend=False,
    )


def _add_anomalies(figure: Draft, anomalies: pd.DataFrame, labels: SeriesLabels, palette: Palette) -> None:
    for severity, rows in anomalies.groupby("severity"):
        colour = palette.severity[str(severity)]
        figure.add_scatter(
            x=rows["timestamp"],
            y=rows["value"],
            name=f"{labels.anomaly}: {labels.severities[str(severity)]}",
            mode="markers",
            marker={"symbol": "circle-open", "size": 14, "color": colour, "line": {"width": 3, "color": colour}},
            hovertemplate=labels.severities[str(severity)],
            showlegend=False,
        )


def _add_past_alerts(
    figure: Draft, past_alerts: tuple[datetime, ...], labels: SeriesLabels, t: Translator, palette: Palette
) -> None:
    if not past_alerts:
        return
    figure.add_scatter(
        x=_local(pd.Series(list(past_alerts)), t.time_zone),
        y=[0.0] * len(past_alerts),
        name=labels.past_alert,
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 12, "color": palette.muted, "line": {"width": 2}},
        hovertemplate=labels.past_alert,
        showlegend=False,
    )


def _label_ends(figure: Draft, shown: pd.DataFrame, labels: SeriesLabels, palette: Palette) -> None:
    """Names at the right end of the lines instead of a legend; pushed apart where the lines meet."""
    if shown.empty:
        return
    last = shown.iloc[-1]
    ends = [(labels.value, float(last["value"]), palette.primary)]
    if not np.isnan(last["expected"]):
        ends.append((labels.expected, float(last["expected"]), palette.muted))
    span = float(np.nanmax(shown[["value", "upper"]].to_numpy(dtype=float))) or 1.0
    close = len(ends) == 2 and abs(ends[0][1] - ends[1][1]) < span * 0.08
    upper_first = len(ends) == 1 or ends[0][1] >= ends[1][1]
    for place, (text, height, colour) in enumerate(ends):
        shift = (9 if (place == 0) == upper_first else -9) if close else 0
        figure.add_annotation(
            x=last["timestamp"],
            y=height,
            text=text,
            font={"color": colour, "size": 12},
            showarrow=False,
            xanchor="left",
            xshift=8,
            yshift=shift,
        )
