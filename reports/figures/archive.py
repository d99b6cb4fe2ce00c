"""A metric by day across the border between the archive and the database."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.over_time import HEIGHT, begun, finished
from reports.figures.palette import PALETTES, ThemeName


@dataclass(frozen=True)
class BorderLabels:
    """Words of the two sides of the border, of what was expected, and of the unit."""

    database: str
    archive: str
    expected: str
    unit: str


def border_figure(days: pd.DataFrame, labels: BorderLabels, t: Translator, theme: ThemeName) -> go.Figure:
    """``days[day, value, expected, is_archived]``, a gap where a day is missing; the border is a line across."""
    palette, figure = PALETTES[theme], begun(theme, t)
    archived = days["is_archived"].to_numpy()
    sides = ((labels.archive, archived, palette.muted), (labels.database, ~archived, palette.primary))
    for name, is_here, colour in sides:
        if is_here.any():
            part = _with_gaps(days[is_here])
            figure.add_scatter(
                x=part["day"], y=part["value"], name=name, mode="lines+markers", marker={"size": 4},
                line={"color": colour}, hovertemplate="%{y}",
            )  # fmt: skip
    if days["expected"].notna().any():
        part = _with_gaps(days)
        figure.add_scatter(
            x=part["day"], y=part["expected"], name=labels.expected, mode="lines",
            line={"color": palette.primary, "dash": "dash", "width": 1}, hovertemplate="%{y}",
        )  # fmt: skip
    if archived.any() and not archived.all():
        border = days.loc[archived, "day"].max()
        line = {"color": palette.muted, "dash": "dot", "width": 1}
        figure.add_shape(type="line", yref="y domain", x0=border, x1=border, y0=0, y1=1, line=line)
    figure.update_layout(height=HEIGHT + 60)
    drawn = finished(figure, labels.unit, t)
    months = "%m.%Y" if t.language == "tr" else "%b %Y"
    day = "%d.%m.%Y" if t.language == "tr" else "%-d %b %Y"
    drawn.update_xaxes(hoverformat=day, tickformatstops=[
        {"dtickrange": [None, 27 * 86_400_000], "value": "%d.%m" if t.language == "tr" else "%-d %b"},
        {"dtickrange": [27 * 86_400_000, None], "value": months},
    ])  # fmt: skip
    return drawn


def _with_gaps(days: pd.DataFrame) -> pd.DataFrame:
    """Every day from the first to the last: a line leads over none that has no rows."""
    whole = pd.DataFrame({"day": pd.date_range(days["day"].min(), days["day"].max())})
    return whole.merge(days, on="day", how="left")
