"""Products by their share of all units, the most used on top, with the cumulative share as a line on the same axis."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, ThemeName, with_opacity
from reports.figures.template import literal, template

SHOWN = 15
ROW_HEIGHT = 26
FRAME_HEIGHT = 90


@dataclass(frozen=True)
class ParetoLabels:
    """The words of the figure, already translated; ``share`` stands on the axis."""

    value: str
    share: str
    cumulative: str


def pareto_figure(
    frame: pd.DataFrame, labels: ParetoLabels, t: Translator, theme: ThemeName, chosen: str | None = None
) -> go.Figure:
    """A figure of ``frame[code, name, units, share, cumulative]``, sorted; at most ``SHOWN`` products.

    ``chosen``: the code of the product by which the page is filtered; the others are pale. Every point carries its
    product's code as custom data.
    """
    palette = PALETTES[theme]
    shown = frame.head(SHOWN)
    figure = Draft(layout={"template": template(theme, t.language), "height": FRAME_HEIGHT + ROW_HEIGHT * len(shown)})
    pale = with_opacity(palette.primary, 0.35)
    colours = [palette.primary if chosen in (None, code) else pale for code in shown["code"]]
    shares = zip(shown["units"], shown["share"], shown["cumulative"], strict=True)
    texts = [
        f"{labels.value} {t.number(units, 0)} ({t.percent(share, 1)})<br>{labels.cumulative} {t.percent(total)}"
        for units, share, total in shares
    ]
    common = {"y": shown["code"], "customdata": shown["code"], "hovertext": texts, "hoverinfo": "text"}
    figure.add_bar(
        x=shown["share"], orientation="h", name=labels.share, marker={"color": colours},
        text=[t.number(units, 0) for units in shown["units"]],
        # The first bar ends where the line begins.
        textposition=["inside", *["outside"] * (len(shown) - 1)], constraintext="none", textangle=0,
        cliponaxis=False, **common,
    )  # fmt: skip
    figure.add_scatter(
        x=shown["cumulative"], name=labels.cumulative, mode="lines+markers",
        line={"color": palette.muted, "width": 1.5}, marker={"size": 5, "color": palette.muted}, **common,
    )  # fmt: skip
    figure.update_layout(hovermode="closest", bargap=0.3, margin_t=32)
    # Two products may have one name, so the axis holds codes and shows names.
    figure.update_yaxes(
        type="category", autorange="reversed", showgrid=False, tickmode="array",
        tickvals=shown["code"].tolist(), ticktext=[literal(name) for name in shown["name"]],
    )  # fmt: skip
    figure.update_xaxes(title_text=labels.share, range=[0, 1.05], showgrid=True, **_percents(t))
    return figure.checked()


def _percents(t: Translator) -> dict[str, object]:
    """Ticks written as the language does: %50 or 50%."""
    values = [0, 0.25, 0.5, 0.75, 1]
    return {"tickmode": "array", "tickvals": values, "ticktext": [t.percent(value) for value in values]}
