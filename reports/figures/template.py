"""The plotly template of each theme: fonts, axes, hover and the mode bar, in one place."""

from functools import cache
from typing import Any

import plotly.graph_objects as go

from reports.figures.palette import PALETTES, Palette, ThemeName

# Zoom, pan, reset and image; nothing else, and no link to another site.
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "modeBarButtons": [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
    "scrollZoom": False,
}

SEPARATORS = {"tr": ",.", "en": ".,"}  # the decimal mark, then that of thousands


@cache
def template(theme: ThemeName, language: str) -> go.layout.Template:
    """The look of every figure under one theme; numbers as the language writes them."""
    palette = PALETTES[theme]
    return go.layout.Template(
        layout={
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"color": palette.ink, "size": 14, "family": '"Source Sans", "Source Sans 3", sans-serif'},
            "separators": SEPARATORS[language],
            "title": {"font": {"size": 16, "color": palette.ink}, "x": 0, "xanchor": "left", "xref": "paper"},
            "colorway": [palette.primary, palette.severity["yuksek"], palette.severity["dusuk"]],
            "margin": {"l": 8, "r": 8, "t": 48, "b": 8, "pad": 4},
            "hovermode": "x unified",
            "hoverlabel": {"bgcolor": palette.surface, "bordercolor": palette.line, "font": {"color": palette.ink}},
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0, "font": {"color": palette.muted}},
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": palette.muted, "activecolor": palette.primary},
            "xaxis": _axis(palette, show_grid=False),
            "yaxis": _axis(palette, show_grid=True),
        }
    )


def _axis(palette: Palette, show_grid: bool) -> dict[str, Any]:
    return {
        "showgrid": show_grid,
        "gridcolor": palette.line,
        "linecolor": palette.line,
        "zerolinecolor": palette.line,
        "tickfont": {"color": palette.muted, "size": 12},
        "title": {"font": {"color": palette.muted, "size": 12}},
        "automargin": True,
        "separatethousands": True,
    }


def literal(name: str) -> str:
    """Plotly reads a few tags, links too; a name that people or imports gave is text."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
