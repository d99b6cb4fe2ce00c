"""How often the cache answered, by namespace over time."""

from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.over_time import begun, finished, local
from reports.figures.palette import PALETTES, ThemeName


def hit_ratio_figure(
    frame: pd.DataFrame, span: tuple[datetime, datetime], unit: str, t: Translator, theme: ThemeName
) -> go.Figure:
    """Lines of ``frame[at, namespace, reads, hit_ratio]`` over ``span``, one a namespace; points where it was read."""
    palette, figure = PALETTES[theme], begun(theme, t)
    colours = (palette.primary, palette.severity["yuksek"], palette.severity["dusuk"], palette.severity["normal"])
    for place, (namespace, rows) in enumerate(frame.groupby("namespace")):
        colour = colours[place % len(colours)]
        figure.add_scatter(
            x=local(rows, t), y=rows["hit_ratio"] * 100, name=t(f"cache.namespace_{namespace}"), mode="lines+markers",
            line={"color": colour, "width": 2, "dash": ("solid", "dash", "dot", "dashdot")[place % 4]},
            marker={"size": 5}, customdata=rows["reads"], hovertemplate="%{y:.0f} % (%{customdata})",
        )  # fmt: skip
    figure.update_yaxes(range=[0, 105])
    figure.update_xaxes(range=list(local(pd.DataFrame({"at": pd.to_datetime(list(span), utc=True)}), t)))
    return finished(figure, unit, t)
