"""Ranges beside each other: a dot for the median, a line for the middle four fifths, a mark for what was expected."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import PALETTES, ThemeName, with_opacity
from reports.figures.template import literal, template

ROW_HEIGHT = 30
FRAME_HEIGHT = 100
PALE = 0.35


@dataclass(frozen=True)
class RangeLabels:
    """The words of the figure, already translated; ``unit`` and ``rows`` stand on the axes."""

    median: str
    band: str
    expected: str
    unit: str
    rows: str


def ranges_figure(
    frame: pd.DataFrame, labels: RangeLabels, t: Translator, theme: ThemeName, chosen: str | None = None
) -> go.Figure:
    """A figure of ``frame[code, name, low, median, high]`` and, where known, ``expected``, in the frame's order.

    Rows without a median are left out. ``chosen``: the code of the row that stands out; the others are pale.
    """
    palette = PALETTES[theme]
    shown = frame[frame["median"].notna()]
    figure = Draft(layout={"template": template(theme, t.language), "height": FRAME_HEIGHT + ROW_HEIGHT * len(shown)})
    pale = with_opacity(palette.primary, PALE)
    colours = [palette.primary if chosen in (None, code) else pale for code in shown["code"]]
    minutes = [_told(t, labels, row) for row in shown.to_dict("records")]
    figure.add_scatter(
        x=_ends(shown, "low", "high"), y=[code for code in shown["code"] for _ in range(3)], name=labels.band,
        mode="lines", line={"color": pale, "width": 6}, hoverinfo="skip",
    )  # fmt: skip
    if "expected" in shown and shown["expected"].notna().any():
        figure.add_scatter(
            x=shown["expected"], y=shown["code"], name=labels.expected, mode="markers", hoverinfo="skip",
            marker={"symbol": "line-ns-open", "size": 14, "color": palette.muted, "line": {"width": 2}},
        )  # fmt: skip
    figure.add_scatter(
        x=shown["median"], y=shown["code"], name=labels.median, mode="markers", hovertext=minutes, hoverinfo="text",
        marker={"size": 10, "color": colours},
    )  # fmt: skip
    figure.update_layout(hovermode="closest", margin_t=32)
    # Two people may have one name, so the axis holds codes and shows names.
    figure.update_yaxes(
        title_text=labels.rows, type="category", autorange="reversed", showgrid=False, tickmode="array",
        categoryorder="array", categoryarray=shown["code"].tolist(),
        tickvals=shown["code"].tolist(), ticktext=[literal(name) for name in shown["name"]],
    )  # fmt: skip
    figure.update_xaxes(title_text=labels.unit, rangemode="tozero", showgrid=True)
    return figure.checked()


def _ends(shown: pd.DataFrame, low: str, high: str) -> list[float | None]:
    """Both ends of each line, and the gap after it."""
    return [end for pair in zip(shown[low], shown[high], strict=True) for end in (*pair, None)]


def _told(t: Translator, labels: RangeLabels, row: dict[object, object]) -> str:
    expected = row.get("expected")
    lines = [
        literal(str(row["name"])),
        f"{labels.median} {_number(t, row['median'])}",
        f"{labels.band} {_number(t, row['low'])}–{_number(t, row['high'])}",
    ]
    if expected is not None and not pd.isna(expected):  # type: ignore[call-overload]
        lines.append(f"{labels.expected} {_number(t, expected)}")
    return "<br>".join(lines)


def _number(t: Translator, value: object) -> str:
    return t.number(float(str(value)), 1)
