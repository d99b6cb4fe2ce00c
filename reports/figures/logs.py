"""Lines of logs over time, by level."""

from collections.abc import Mapping
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.over_time import begun, finished, local
from reports.figures.palette import PALETTES, Palette, ThemeName

DRAWN = ("unknown", "debug", "info", "warning", "error", "critical")  # from the axis upwards


def counts_frame(counts: Mapping[datetime, Mapping[str, int]], step_seconds: int) -> pd.DataFrame:
    """at and one column a level, by every step between the first and the last of ``counts``, which holds one."""
    steps = pd.date_range(min(counts), max(counts), freq=f"{step_seconds}s")
    counted = [counts.get(step.to_pydatetime(), {}) for step in steps]
    return pd.DataFrame({"at": steps, **{level: [one.get(level, 0) for one in counted] for level in DRAWN}})


def lines_figure(
    frame: pd.DataFrame, labels: Mapping[str, str], unit: str, t: Translator, theme: ThemeName
) -> go.Figure:
    """Stacked bars of ``frame[at, <level> …]``; ``labels``: levels in words; ``unit`` stands on the axis."""
    figure, colours = begun(theme, t), level_colours(PALETTES[theme])
    for level in DRAWN:
        if frame[level].any():
            figure.add_bar(
                x=local(frame, t), y=frame[level], name=labels[level], marker={"color": colours[level]},
                hovertemplate="%{y}",
            )  # fmt: skip
    figure.update_layout(barmode="stack")
    return finished(figure, unit, t)


def level_colours(palette: Palette) -> dict[str, str]:
    return {
        "critical": palette.severity["kritik"], "error": palette.severity["yuksek"],
        "warning": palette.severity["orta"], "info": palette.primary, "debug": palette.muted, "unknown": palette.line,
    }  # fmt: skip
