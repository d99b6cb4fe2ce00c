"""Floors by day as a heat map; what nobody looked into stays empty, which is not zero."""

from dataclasses import dataclass
from math import isnan

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, ThemeName, with_opacity
from reports.figures.template import literal, template

ROW_HEIGHT, LEAST_ROW_HEIGHT, ROWS_HEIGHT = 30, 18, 480  # pixels; many floors stand closer
FRAME_HEIGHT = 94
LEAST = 0.08  # opacity of a zero, so that it differs from an empty cell


@dataclass(frozen=True)
class HeatMapLabels:
    """The words of the figure, already translated; ``unit`` stands beside the colour bar."""

    floor: str
    value: str
    expected: str
    not_known: str
    unit: str


def heat_map_figure(frame: pd.DataFrame, labels: HeatMapLabels, t: Translator, theme: ThemeName) -> go.Figure:
    """A figure of ``frame[floor, day, units, expected]``, floors in the frame's order from below, days in theirs."""
    palette = PALETTES[theme]
    rows, floors = pd.factorize(frame["floor"])
    days = pd.date_range(frame["day"].min(), frame["day"].max())
    cells = rows, days.get_indexer(pd.DatetimeIndex(frame["day"]))
    units = np.full((len(floors), len(days)), np.nan)
    units[cells] = frame["units"]
    usual = np.full(units.shape, labels.not_known, dtype=object)
    usual[cells] = [labels.not_known if isnan(one) else t.number(one, 1) for one in frame["expected"].tolist()]
    height = FRAME_HEIGHT + _row_height(len(floors)) * len(floors)
    figure = Draft(layout={"template": template(theme, t.language), "height": height})
    figure.add_heatmap(
        x=days, y=[literal(str(floor)) for floor in floors], z=units, zmin=0, xgap=1, ygap=1, hoverongaps=False,
        text=usual,
        customdata=np.tile(np.array([t.day(day) for day in days], dtype=object), (len(floors), 1)),
        hovertemplate=f"{labels.floor} %{{y}} · %{{customdata}}<br>{labels.value} %{{z}}<br>"
        f"{labels.expected} %{{text}}<extra></extra>",
        colorscale=[[0, with_opacity(palette.primary, LEAST)], [1, palette.primary]],
        colorbar={"thickness": 8, "title": {"text": labels.unit, "side": "right"}, "tickfont": {"size": 12}},
    )  # fmt: skip
    figure.update_layout(hovermode="closest", margin_t=32)
    figure.update_yaxes(type="category", title_text=labels.floor, showgrid=False)
    figure.update_xaxes(tickformat="%d.%m" if t.language == "tr" else "%-d %b")
    return figure.checked()


def _row_height(floors: int) -> int:
    return min(ROW_HEIGHT, max(LEAST_ROW_HEIGHT, ROWS_HEIGHT // max(floors, 1)))
