"""Alerts by day under two settings: those in force dashed, the proposed ones solid."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, ThemeName
from reports.figures.template import template

WHOLE = 6


@dataclass(frozen=True)
class RateLabels:
    """The words of the figure, already translated."""

    before: str
    after: str
    unit: str


def rates_figure(frame: pd.DataFrame, labels: RateLabels, t: Translator, theme: ThemeName) -> go.Figure:
    """A figure of ``frame[observed_on, before, after]``: one row a local day; one line where both are alike."""
    palette = PALETTES[theme]
    figure = Draft(layout={"template": template(theme, t.language), "height": 230, "margin": {"t": 16}})
    is_changed = not frame["before"].equals(frame["after"])
    if is_changed:
        figure.add_scatter(
            x=frame["observed_on"], y=frame["before"], name=labels.before, mode="lines",
            line={"color": palette.muted, "dash": "dash", "width": 1.5, "shape": "hvh"}, hovertemplate="%{y}",
        )  # fmt: skip
    figure.add_scatter(
        x=frame["observed_on"], y=frame["after"], name=labels.after if is_changed else labels.before, mode="lines",
        line={"color": palette.primary, "width": 2, "shape": "hvh"}, hovertemplate="%{y}", showlegend=is_changed,
    )  # fmt: skip
    most = int(frame[["before", "after"]].to_numpy().max(initial=0))
    step = {"dtick": 1} if most <= WHOLE else {}  # few alerts: whole numbers, each once
    figure.update_yaxes(title_text=labels.unit, rangemode="tozero", tickformat="d", **step)
    day = "%d.%m" if t.language == "tr" else "%-d %b"
    figure.update_xaxes(tickformat=day, hoverformat=day)
    figure.update_layout(legend={"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0})
    return figure.checked()
