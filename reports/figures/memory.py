"""The memory of the installation's processes over time."""

from collections.abc import Mapping
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.over_time import HEIGHT, begun, finished, local
from reports.figures.palette import PALETTES, ThemeName

MEGABYTE = 1024 * 1024
LEGEND_LINE = 18
LINES = ("solid", "dash", "dot", "dashdot")


def memory_course_figure(
    frame: pd.DataFrame, names: Mapping[str, str], unit: str, t: Translator, theme: ThemeName, *,
    span: tuple[datetime, datetime],
) -> go.Figure:  # fmt: skip
    """``frame[at, service, rss_bytes]`` in MB, one line a service in the order of ``names``; dots where it was seen.

    ``span``: begin and end of the axis, else one sample would stand on an axis of a second.
    """
    palette, figure = PALETTES[theme], begun(theme, t)
    colours = [palette.primary, palette.severity["yuksek"], palette.severity["dusuk"], palette.muted]
    for number, (service, name) in enumerate(names.items()):
        rows = frame[frame["service"] == service]
        figure.add_scatter(
            x=local(rows, t), y=rows["rss_bytes"] / MEGABYTE, name=name, mode="lines+markers", marker={"size": 4},
            line={"color": colours[number % len(colours)], "dash": LINES[number // len(colours) % len(LINES)]},
            hovertemplate="%{y:.0f}",
        )  # fmt: skip
    figure.update_layout(height=HEIGHT + LEGEND_LINE * len(names))  # on phones the legend has a line for each
    figure.update_xaxes(range=list(local(pd.DataFrame({"at": span}), t)))
    return finished(figure, unit, t)
