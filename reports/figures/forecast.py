"""Days of the past beside days forecast: actual solid, forecast dashed with its 80 % band, today marked."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, Palette, ThemeName, with_opacity
from reports.figures.series import MAX_POINTS
from reports.figures.template import template

HEIGHT = 320


@dataclass(frozen=True)
class DayLabels:
    """The words of one figure, already translated; ``limit`` is the name of the horizontal line.

    ``is_level`` tells levels, which are joined by lines, from units of single days, which are drawn as steps.
    """

    value: str
    expected: str
    band: str
    unit: str
    today: str
    limit: str = ""
    is_level: bool = False

    @property
    def shape(self) -> str:
        return "linear" if self.is_level else "hvh"


def days_figure(
    frame: pd.DataFrame,
    labels: DayLabels,
    t: Translator,
    theme: ThemeName,
    *,
    today: date | None = None,
    limit: float | None = None,
) -> go.Figure:
    """A figure of ``frame[day, value, expected, lower, upper]``, a row each local day; NaN leaves a gap.

    ``today`` draws the line between past and forecast, ``limit`` a horizontal one. Its title stands above it on the
    screen, where it wraps.
    """
    palette = PALETTES[theme]
    shown = frame.tail(MAX_POINTS)
    figure = Draft(
        layout={"template": template(theme, t.language), "height": HEIGHT, "margin": {"t": 40}, "legend": {"y": 1.08}}
    )
    _add_forecast(figure, shown[shown["expected"].notna()], labels, palette)
    _add_actual(figure, shown, labels, palette)
    if today is not None:
        x = pd.Timestamp(today)
        figure.add_shape(
            type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line={"color": palette.muted, "dash": "dot", "width": 1}
        )
        figure.add_annotation(x=x, y=1, yref="paper", yanchor="bottom", **_note(labels.today, palette.muted))
    if limit is not None:
        colour = palette.severity["yuksek"]
        figure.add_hline(y=limit, line={"color": colour, "dash": "dashdot", "width": 1.5})
        figure.add_annotation(
            x=1, xref="paper", xanchor="right", y=limit, yanchor="bottom", **_note(labels.limit, colour)
        )
    figure.update_yaxes(title_text=labels.unit, rangemode="tozero")
    # Plotly's month names come from another site in every language but English; Turkish dates are figures.
    day = "%d.%m" if t.language == "tr" else "%-d %b"
    figure.update_xaxes(tickformat=day, hoverformat=day)
    return figure.checked()


def _note(text: str, colour: str) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "font": {"color": colour, "size": 12}}


def _add_forecast(figure: Draft, known: pd.DataFrame, labels: DayLabels, palette: Palette) -> None:
    if known.empty:
        return
    edge: dict[str, Any] = {
        "mode": "lines",
        "line": {"width": 0, "shape": labels.shape},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    figure.add_scatter(x=known["day"], y=known["lower"], **edge)
    figure.add_scatter(
        x=known["day"],
        y=known["upper"],
        **(edge | {"name": labels.band, "showlegend": True}),
        fill="tonexty",
        fillcolor=with_opacity(palette.primary, palette.band_opacity),
    )
    figure.add_scatter(
        x=known["day"],
        y=known["expected"],
        name=labels.expected,
        mode="lines",
        line={"color": with_opacity(palette.primary, 0.6), "dash": "dash", "width": 2, "shape": labels.shape},
        customdata=known[["lower", "upper"]],
        hovertemplate="%{y:.1f} (%{customdata[0]:.0f}–%{customdata[1]:.0f})",
    )


def _add_actual(figure: Draft, shown: pd.DataFrame, labels: DayLabels, palette: Palette) -> None:
    figure.add_scatter(
        x=shown["day"],
        y=shown["value"],
        name=labels.value,
        mode="lines+markers" if labels.is_level else "lines",
        line={"color": palette.primary, "width": 2, "shape": labels.shape},
        marker={"size": 4},
        connectgaps=False,
        hovertemplate="%{y:.0f}",
    )
