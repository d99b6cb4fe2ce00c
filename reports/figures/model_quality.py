"""How right a metric type's alerts were over time: precision with its interval, recall, and when models changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, Palette, ThemeName, with_opacity
from reports.figures.template import template

DAYS_APART = pd.Timedelta(days=3)  # closer instants are told apart by the clock
TICKS = [0, 0.25, 0.5, 0.75, 1]


@dataclass(frozen=True)
class ModelQualityLabels:
    """The words of the figure, already translated; ``floor_ratio``: where the line of what is wanted stands."""

    precision: str
    recall: str
    interval: str
    floor: str
    new_model: str
    floor_ratio: float


def model_quality_figure(
    frame: pd.DataFrame, activations: Sequence[datetime], labels: ModelQualityLabels, t: Translator, theme: ThemeName
) -> go.Figure:  # fmt: skip
    """A figure of ``frame[measured_at, precision, low, high, recall]``, oldest first; gaps where nothing was measured.

    ``activations``: instants at which another version was taken into use, as ticks on the time axis.
    """
    palette = PALETTES[theme]
    figure = Draft(layout={"template": template(theme, t.language), "height": 290, "margin": {"t": 16}})
    at = frame["measured_at"].dt.tz_convert(t.time_zone).dt.tz_localize(None)
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    figure.add_scatter(x=at, y=frame["low"], showlegend=False, **edge)
    figure.add_scatter(
        x=at, y=frame["high"], name=labels.interval, fill="tonexty",
        fillcolor=with_opacity(palette.primary, palette.band_opacity), **edge,
    )  # fmt: skip
    for name, label, line in (
        ("precision", labels.precision, {"color": palette.primary, "width": 2}),
        ("recall", labels.recall, {"color": palette.severity["dusuk"], "width": 2, "dash": "dot"}),
    ):
        if frame[name].notna().any():
            figure.add_scatter(
                x=at, y=frame[name], name=label, mode="lines+markers", line=line, marker={"size": 6},
                text=["" if pd.isna(value) else t.percent(value) for value in frame[name]], hovertemplate="%{text}",
            )  # fmt: skip
    _add_floor_and_versions(figure, activations, labels, t, palette)
    figure.update_yaxes(
        range=[-0.02, 1.05], tickmode="array", tickvals=TICKS, ticktext=[t.percent(value) for value in TICKS]
    )
    day = "%d.%m" if t.language == "tr" else "%-d %b"
    known = [*at, *pd.to_datetime(list(activations), utc=True).tz_convert(t.time_zone).tz_localize(None)]
    ticks = day if max(known) - min(known) > DAYS_APART else f"{day} %H:%M"
    figure.update_xaxes(tickformat=ticks, hoverformat=f"{day} %H:%M", title_text=t.time_zone)
    figure.update_layout(legend={"orientation": "h", "y": -0.25, "yanchor": "top", "x": 0})
    return figure.checked()


def _add_floor_and_versions(
    figure: Draft, activations: Sequence[datetime], labels: ModelQualityLabels, t: Translator, palette: Palette
) -> None:
    figure.add_hline(y=labels.floor_ratio, line={"color": palette.muted, "width": 1, "dash": "dash"})
    figure.add_annotation(
        x=1, xref="x domain", xanchor="right", y=labels.floor_ratio, yanchor="top", showarrow=False,
        text=labels.floor, font={"color": palette.muted, "size": 12},
    )  # fmt: skip
    if activations:
        begun = pd.Series(pd.to_datetime(list(activations), utc=True)).dt.tz_convert(t.time_zone).dt.tz_localize(None)
        figure.add_scatter(
            x=begun, y=[0.0] * len(begun), name=labels.new_model, mode="markers", hovertemplate="%{x}",
            marker={"symbol": "line-ns-open", "size": 12, "color": palette.muted, "line": {"width": 2}},
        )  # fmt: skip
