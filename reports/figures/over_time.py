"""What figures of measurements over time have in common: theme, local time, axes."""

import pandas as pd
import plotly.graph_objects as go

from core.i18n import Translator
from reports.figures.draft import Draft
from reports.figures.palette import ThemeName
from reports.figures.template import template

HEIGHT = 240


def begun(theme: ThemeName, t: Translator) -> Draft:
    """A figure in the browser's theme, with the numbers of the reader's language."""
    return Draft(layout={"template": template(theme, t.language), "height": HEIGHT, "margin": {"t": 24}})


def local(frame: pd.DataFrame, t: Translator) -> "pd.Series[pd.Timestamp]":
    """``frame[at]`` as the clocks of the reader's hotel showed it."""
    return pd.to_datetime(frame["at"]).dt.tz_convert(t.time_zone).dt.tz_localize(None)


def finished(figure: Draft, unit: str, t: Translator) -> go.Figure:
    """With its axes: ``unit`` upwards from zero, time along."""
    figure.update_yaxes(title_text=unit, rangemode="tozero")
    # Plotly's month names come from another site in every language but English; Turkish dates are figures.
    moment = "%d.%m %H:%M" if t.language == "tr" else "%-d %b %H:%M"
    figure.update_xaxes(title_text=t.time_zone, hoverformat=moment, tickformatstops=[
        {"dtickrange": [None, 60_000 - 1], "value": "%H:%M:%S"},  # else several ticks would be alike
        {"dtickrange": [60_000, 86_400_000 - 1], "value": "%H:%M"},
        {"dtickrange": [86_400_000, None], "value": "%d.%m" if t.language == "tr" else "%-d %b"},
    ])  # fmt: skip
    return figure.checked()
