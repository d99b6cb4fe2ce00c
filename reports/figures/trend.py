"""Consumption over time: what was found consumed, and what was expected."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, ThemeName, with_opacity
from reports.figures.series import thinned
from reports.figures.template import template


@dataclass(frozen=True)
class TrendLabels:
    """The words of the figure, already translated; ``unit`` stands on the axis."""

    value: str
    expected: str
    unit: str


def trend_figure(frame: pd.DataFrame, labels: TrendLabels, t: Translator, theme: ThemeName) -> go.Figure:
    """A figure of ``frame[day, last_on, mean, expected]``: units a day; a day that nobody looked at is a gap."""
    palette = PALETTES[theme]
    shown = frame.iloc[thinned(frame["mean"].to_numpy(dtype=float))]
    figure = Draft(layout={"template": template(theme, t.language), "height": 300, "margin": {"t": 32}})
    # Days stand on a line of dates; weeks and months, of which the first and last are shorter, at equal distances.
    is_daily = bool((shown["day"] == shown["last_on"]).all())
    spans = [span(t, *ends) for ends in zip(shown["day"], shown["last_on"], strict=True)]
    places = shown["day"] if is_daily else spans
    if shown["expected"].notna().any():
        figure.add_scatter(
            x=places, y=shown["expected"], name=labels.expected, mode="lines",
            line={"color": with_opacity(palette.primary, 0.6), "dash": "dash", "width": 1.5},
            text=[_amount(t, value) for value in shown["expected"]], hovertemplate="%{text}",
        )  # fmt: skip
    figure.add_scatter(
        x=places, y=shown["mean"], name=labels.value, mode="lines+markers" if len(shown) <= 60 else "lines",
        line={"color": palette.primary, "width": 2}, marker={"size": 5},
        text=[_amount(t, value) for value in shown["mean"]], hovertemplate="%{text}",
    )  # fmt: skip
    figure.update_yaxes(title_text=labels.unit, rangemode="tozero")
    # Plotly's month names come from another site in every language but English; Turkish dates are figures.
    day = "%d.%m" if t.language == "tr" else "%-d %b"
    figure.update_xaxes(**({"tickformat": day, "hoverformat": day} if is_daily else {"type": "category", "nticks": 6}))
    return figure.checked()


def span(t: Translator, first: pd.Timestamp, last: pd.Timestamp) -> str:
    """'3–9 Nov' as figures: one day, or the first and the last."""
    days = [first] if first == last else [first, last]
    return "–".join(day.strftime("%d.%m" if t.language == "tr" else "%-d %b") for day in days)


def _amount(t: Translator, value: float) -> str:
    return "" if pd.isna(value) else t.number(value, 1)
