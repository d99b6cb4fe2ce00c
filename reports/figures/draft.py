"""A figure while it is put together: plain mappings, checked by plotly once, when it is done.

Plotly checks and copies the whole figure at every trace, axis and annotation that is added: four fifths of the time of
drawing one. The names are plotly's, so that its documentation helps.
"""

from typing import Any

import plotly.graph_objects as go

NESTED = ("title", "margin")  # "title_text" is the text of the title


class Draft:
    """What ``go.Figure`` offers, as far as our figures need it."""

    def __init__(self, layout: dict[str, Any]) -> None:
        self.layout = dict(layout)
        self.traces: list[dict[str, Any]] = []

    def add_scatter(self, **trace: Any) -> None:
        self.traces.append({"type": "scatter", **trace})

    def add_bar(self, **trace: Any) -> None:
        self.traces.append({"type": "bar", **trace})

    def add_heatmap(self, **trace: Any) -> None:
        self.traces.append({"type": "heatmap", **trace})

    def add_icicle(self, **trace: Any) -> None:
        self.traces.append({"type": "icicle", **trace})

    def add_shape(self, **shape: Any) -> None:
        self.layout.setdefault("shapes", []).append(shape)

    def add_annotation(self, **annotation: Any) -> None:
        self.layout.setdefault("annotations", []).append(annotation)

    def add_hline(self, y: float, **shape: Any) -> None:
        """A line over the whole width."""
        self.add_shape(type="line", xref="x domain", x0=0, x1=1, y0=y, y1=y, **shape)

    def add_vrect(self, x0: Any, x1: Any, annotation_text: str, **shape: Any) -> None:
        """A span over the whole height, its name at the upper right."""
        self.add_shape(type="rect", yref="y domain", x0=x0, x1=x1, y0=0, y1=1, **shape)
        self.add_annotation(
            x=x1, y=1, yref="y domain", xanchor="right", yanchor="top", showarrow=False, text=annotation_text
        )

    def update_layout(self, **changes: Any) -> None:
        _update(self.layout, changes)

    def update_xaxes(self, **changes: Any) -> None:
        _update(self.layout.setdefault("xaxis", {}), changes)

    def update_yaxes(self, **changes: Any) -> None:
        _update(self.layout.setdefault("yaxis", {}), changes)

    def checked(self) -> go.Figure:
        """The figure; raises ValueError for what plotly does not know."""
        return go.Figure(data=self.traces, layout=self.layout)


def _update(part: dict[str, Any], changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        outer, _, inner = name.partition("_")
        if inner and outer in NESTED:
            part[outer] = {**part.get(outer, {}), inner: value}
        else:
            part[name] = value
