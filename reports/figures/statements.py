"""The time that statements of the database took, hour by hour."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.over_time import begun, finished, local
from reports.figures.palette import PALETTES, ThemeName


def statement_time_figure(frame: pd.DataFrame, name: str, unit: str, t: Translator, theme: ThemeName) -> go.Figure:
    """``frame[at, total_seconds]``, a bar for each step; no bar where nobody counted."""
    figure = begun(theme, t)
    figure.add_bar(
        x=local(frame, t), y=frame["total_seconds"], name=name, marker={"color": PALETTES[theme].primary},
        hovertemplate="%{y:.1f}",
    )  # fmt: skip
    return finished(figure, unit, t)


@dataclass(frozen=True)
class Span:
    """What a chart shows of time, in steps."""

    since: datetime
    until: datetime
    step_seconds: int


def lock_waits_figure(
    frame: pd.DataFrame, span: Span, labels: tuple[str, str], t: Translator, theme: ThemeName
) -> go.Figure:  # fmt: skip
    """``frame[at, longest_seconds]``, a bar for each step in which somebody held others up, on the whole span.

    ``labels``: of a bar, and of the unit.
    """
    figure = begun(theme, t)
    figure.add_bar(
        x=local(frame, t), y=frame["longest_seconds"], width=1_000 * span.step_seconds, name=labels[0],
        marker={"color": PALETTES[theme].severity["kritik"]}, hovertemplate="%{y:.1f}",
    )  # fmt: skip
    ends = local(pd.DataFrame({"at": [span.since, span.until]}), t)
    figure.update_xaxes(range=[ends[0], ends[1]])
    return finished(figure, labels[1], t)
