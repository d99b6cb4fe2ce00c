"""Features: how much each counts as bars, and which of them say the same as a matrix of correlations."""

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, ThemeName
from reports.figures.template import template

SHOWN = 15
ROW_HEIGHT, FRAME_HEIGHT = 24, 80
CELL = 16


def importance_figure(shares: dict[str, float], axis: str, t: Translator, theme: ThemeName) -> go.Figure:
    """The SHOWN columns that move the score most, as shares of 1, the strongest on top; ``axis``: its words."""
    palette = PALETTES[theme]
    shown = sorted(shares.items(), key=lambda pair: -pair[1])[:SHOWN]
    figure = Draft(
        layout={
            "template": template(theme, t.language),
            "margin": {"t": 16},
            "height": FRAME_HEIGHT + ROW_HEIGHT * len(shown),
        }
    )
    told = [t.percent(share, 1) for _, share in shown]
    figure.add_bar(
        x=[share for _, share in shown], y=[name for name, _ in shown], orientation="h", text=told, hoverinfo="skip",
        marker={"color": palette.primary}, textposition="outside", cliponaxis=False,
    )  # fmt: skip
    figure.update_layout(hovermode=False, bargap=0.3)
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_xaxes(title_text=axis, showticklabels=False, range=[0, 1.2 * max(s for _, s in shown)])
    return figure.checked()


def correlation_figure(matrix: pd.DataFrame, t: Translator, theme: ThemeName) -> go.Figure:
    """Rank correlations of ``matrix`` (features × features): −1 to 1, nothing in between in the paper's colour."""
    palette = PALETTES[theme]
    names = list(matrix.columns)
    size = FRAME_HEIGHT + CELL * len(names)
    figure = Draft(layout={"template": template(theme, t.language), "height": size + 100})
    texts = [
        [f"{one} · {other}: {t.number(value, 2)}" for other, value in row.items()] for one, row in matrix.iterrows()
    ]
    figure.add_heatmap(
        x=names, y=names, z=matrix.round(2).to_numpy(), zmin=-1, zmax=1, xgap=1, ygap=1, text=texts,
        hovertemplate="%{text}<extra></extra>", colorbar={"thickness": 8},
        colorscale=[[0, palette.severity["yuksek"]], [0.5, palette.surface], [1, palette.primary]],
    )  # fmt: skip
    figure.update_layout(hovermode="closest")
    figure.update_yaxes(autorange="reversed", showgrid=False, dtick=1, tickfont={"size": 11})
    figure.update_xaxes(tickangle=-90, dtick=1, tickfont={"size": 11})
    return figure.checked()
