"""The runs of a day as bars along the clock, one row a job: what ran when, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.over_time import begun, finished
from reports.figures.palette import PALETTES, ThemeName

ROW_PIXELS, MARGIN_PIXELS = 30, 110


@dataclass(frozen=True)
class DayLabels:
    """The words of the figure, already translated; ``states`` by their codes, in the order of the legend."""

    states: dict[str, str]


def day_frame(rows: Sequence[tuple[str, str, datetime, datetime, str]]) -> pd.DataFrame:
    """``frame[job, state, began, ended, told]`` of rows in that order."""
    return pd.DataFrame(rows, columns=["job", "state", "began", "ended", "told"])


def day_figure(
    frame: pd.DataFrame, span: tuple[datetime, datetime], labels: DayLabels, t: Translator, theme: ThemeName
) -> go.Figure:
    """``frame[job, state, began, ended, told]``: UTC instants, ``told`` is what a bar says when pointed at.

    ``span``: begin and end of the axis. The outline keeps a bar of seconds visible on an axis of a day.
    """
    palette, figure = PALETTES[theme], begun(theme, t)
    colours = {
        "running": palette.primary, "succeeded": palette.severity["normal"], "failed": palette.severity["kritik"],
        "timed_out": palette.severity["yuksek"], "lost": palette.severity["orta"], "cancelled": palette.muted,
    }  # fmt: skip
    began, ended = (_local(frame[column], t) for column in ("began", "ended"))
    lengths = (ended - began) / pd.Timedelta(milliseconds=1)
    for state, name in labels.states.items():
        rows = frame["state"] == state
        if rows.any():
            figure.add_bar(
                orientation="h", name=name, y=frame.loc[rows, "job"], base=began[rows], x=lengths[rows],
                marker={"color": colours[state], "line": {"width": 1.5, "color": colours[state]}},
                customdata=frame.loc[rows, "told"], hovertemplate="%{customdata}<extra></extra>",
            )  # fmt: skip
    names = list(dict.fromkeys(frame["job"]))
    figure.update_layout(
        barmode="overlay", hovermode="closest", bargap=0.35, height=ROW_PIXELS * len(names) + MARGIN_PIXELS
    )
    chart = finished(figure, "", t)
    chart.update_yaxes(categoryorder="array", categoryarray=names[::-1], rangemode="normal", title_text=None)
    chart.update_xaxes(type="date", range=list(_local(pd.Series(span), t)))
    return chart


def _local(instants: "pd.Series[pd.Timestamp]", t: Translator) -> "pd.Series[pd.Timestamp]":
    return pd.to_datetime(instants, utc=True).dt.tz_convert(t.time_zone).dt.tz_localize(None)
