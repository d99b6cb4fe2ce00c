"""The time that statements of the database took, hour by hour."""

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.over_time import begun, finished, local
from reports.figures.palette import PALETTES, ThemeName


def statement_time_figure(frame: pd.DataFrame, name: str, unit: str, t: Translator, theme: ThemeName) -> go.Figure:
    """``frame[at, total_seconds]``, a bar for each step; no bar where nobody counted."""
    figure = begun(theme)
    figure.add_bar(
        x=local(frame, t), y=frame["total_seconds"], name=name, marker={"color": PALETTES[theme].primary},
        hovertemplate="%{y:.1f}",
    )  # fmt: skip
    return finished(figure, unit, t)


def lock_waits_figure(frame: pd.DataFrame, name: str, unit: str, t: Translator, theme: ThemeName) -> go.Figure:
    """``frame[at, episodes, longest_seconds]``, a bar for each step in which somebody held others up."""
    figure = begun(theme)
    figure.add_bar(
        x=local(frame, t), y=frame["longest_seconds"].where(frame["episodes"] > 0), name=name,
        marker={"color": PALETTES[theme].severity["kritik"]}, hovertemplate="%{y:.1f}",
    )  # fmt: skip
    return finished(figure, unit, t)
