"""Alerts by day under two settings: both lines where they differ, one where they are alike."""

from datetime import date

import pandas as pd
import pytest

from core.i18n import Translator
from reports.figures.alert_rates import RateLabels, rates_figure
from reports.figures.palette import PALETTES, ThemeName

LABELS = RateLabels("In force", "Proposed", "alerts")


def frame(after: list[int]) -> pd.DataFrame:
    days = [date(2026, 3, day) for day in (1, 2, 3)]
    return pd.DataFrame({"observed_on": pd.to_datetime(days), "before": [1, 2, 0], "after": after})


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_proposed_line_is_solid_and_the_one_in_force_dashed(theme: ThemeName, language: str) -> None:
    figure = rates_figure(frame([1, 1, 0]), LABELS, Translator(language), theme)
    dashed, solid = figure.data
    assert (dashed.name, dashed.line.dash, list(dashed.y)) == ("In force", "dash", [1, 2, 0])
    assert (solid.name, solid.line.dash, list(solid.y)) == ("Proposed", None, [1, 1, 0])
    assert solid.line.color == PALETTES[theme].primary
    assert figure.layout.title.text is None  # the page says it: a figure does not wrap its title on a phone
    assert figure.layout.yaxis.title.text == "alerts"
    assert "%b" not in figure.layout.xaxis.tickformat or language == "en"


def test_where_nothing_changes_there_is_one_line() -> None:
    [only] = rates_figure(frame([1, 2, 0]), LABELS, Translator("en"), "light").data
    assert (only.name, only.showlegend) == ("In force", False)
