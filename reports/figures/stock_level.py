"""One product's level in the store over time, with deliveries, counts and the critical level."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, ThemeName
from reports.figures.series import thinned
from reports.figures.template import template


@dataclass(frozen=True)
class StockLevelLabels:
    """The words of the figure, already translated; ``unit`` stands on the axis."""

    level: str
    critical: str
    delivery: str
    count: str
    unit: str


def stock_level_figure(
    frame: pd.DataFrame, critical_level: int, labels: StockLevelLabels, t: Translator, theme: ThemeName
) -> go.Figure:
    """A figure of ``frame[occurred_at, kind, change, level, is_count]``: a level holds until the next movement."""
    palette = PALETTES[theme]
    local = frame.assign(at=pd.to_datetime(frame["occurred_at"]).dt.tz_convert(t.time_zone).dt.tz_localize(None))
    figure = Draft(layout={"template": template(theme, t.language), "height": 320, "margin": {"t": 32}})
    line = local.iloc[thinned(local["level"].to_numpy(dtype=float))]
    figure.add_scatter(
        x=line["at"], y=line["level"], name=labels.level, mode="lines",
        line={"color": palette.primary, "width": 2, "shape": "hv"}, hovertemplate="%{y}",
    )  # fmt: skip
    if critical_level > 0 and len(line):
        figure.add_scatter(
            x=[line["at"].iloc[0], line["at"].iloc[-1]], y=[critical_level] * 2, name=labels.critical, mode="lines",
            line={"color": palette.severity["kritik"], "width": 1.5, "dash": "dot"}, hoverinfo="skip",
        )  # fmt: skip
    marks: list[tuple[str, Any, dict[str, Any]]] = [
        (labels.delivery, local["kind"] == "giris", {"symbol": "triangle-up", "color": palette.severity["normal"]}),
        (labels.count, local["is_count"], {"symbol": "diamond-open", "color": palette.severity["yuksek"]}),
    ]
    for name, chosen, look in marks:
        rows = local[chosen.astype(bool)]
        if len(rows):
            rows = rows.iloc[thinned(rows["level"].to_numpy(dtype=float))]
            figure.add_scatter(
                x=rows["at"], y=rows["level"], name=name, mode="markers", marker={"size": 10} | look,
                text=[("+" if change > 0 else "") + t.number(change) for change in rows["change"]],
                hovertemplate="%{text}",
            )  # fmt: skip
    figure.update_yaxes(title_text=labels.unit, rangemode="tozero")
    # Plotly's month names come from another site in every language but English; Turkish dates are figures.
    day = "%d.%m" if t.language == "tr" else "%-d %b"
    figure.update_xaxes(title_text=t.time_zone, tickformat=day, hoverformat=f"{day} %H:%M")
    return figure.checked()
