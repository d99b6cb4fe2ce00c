"""Forecasts in words: certainty is never claimed, an open interval says so, both languages write their numbers."""

from datetime import date
from math import inf
from typing import Any

import pytest

from core.i18n import Translator
from pages.shell import forecast_words as words
from pipeline.forecasting.models import NAMES
from pipeline.forecasting.run_out import HORIZON_DAYS
from reports.forecast_rows import RunOutRow

ON = date(2026, 3, 5)


def row(**values: Any) -> RunOutRow:
    usual = {
        "product_id": 1, "name": "Cola", "level": 9.0, "on": ON, "low_on": date(2026, 3, 4),
        "high_on": date(2026, 3, 7), "probability": 0.5, "days_without_delivery": 4.0, "model": "blend",
        "is_soon": False, "needs_you": True,
    }  # fmt: skip
    return RunOutRow(**(usual | values))


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_interval_is_said_in_words(language: str) -> None:
    t = Translator(language)
    assert words.interval(t, row()) == t("forecasts.between", low=date(2026, 3, 4), high=date(2026, 3, 7))
    assert words.interval(t, row(high_on=None)) == t("forecasts.not_before", low=date(2026, 3, 4))
    assert words.interval(t, row(low_on=ON, high_on=ON)) == t("forecasts.on_that_day", on=ON)
    assert words.interval(t, row(low_on=None, high_on=None)) == "–"
    assert t.day(ON) in words.run_out(t, row())
    assert words.run_out(t, row(is_soon=True)) == f"**{t.day(ON)}**"
    assert t("forecasts.empty_now") in words.run_out(t, row(level=0.0))
    assert t("forecasts.learning") in words.run_out(t, row(probability=None, on=None))


def test_a_few_hundred_plays_prove_no_certainty() -> None:
    t = Translator("tr")
    said = [words.probability(t, row(probability=one)) for one in (0.0, 0.009, 0.5, 1.0, None)]
    assert said == ["< %1", "< %1", "%50", "> %99", "–"]
    assert words.probability(t, row(level=0.0, probability=1.0)) == "%100"


def test_days_beyond_the_horizon_are_more_than_it() -> None:
    t = Translator("en")
    assert words.HORIZON_DAYS == HORIZON_DAYS
    assert [words.alone(t, row(days_without_delivery=days)) for days in (4.0, inf, None)] == ["4", "> 60", "–"]
    assert "\\> 60" in words.run_out(t, row(on=None))  # no quotation of Markdown


@pytest.mark.parametrize(("option", "said"), [("0.5", "50%"), ("0.95", "95%"), ("0.975", "97.5%"), ("0.999", "99.9%")])
def test_service_levels_are_written_as_chosen(option: str, said: str) -> None:
    assert words.service_level(Translator("en"), option) == said


def test_better_and_worse_are_told_apart() -> None:
    t = Translator("en")
    said = [words.against(t, ratio) for ratio in (0.75, 1.5, 1.001, None)]
    assert said == ["25% better", "50% worse", "as good", "–"]


def test_the_shelf_says_whether_to_order_and_how_long_it_lasts() -> None:
    t = Translator("en")
    below, above = words.shelf_title(t, row(), 9.0), words.shelf_title(t, row(days_without_delivery=inf), 8.0)
    assert below == "9 units in store, at or below the reorder point of 9: order today. " \
        "Without a delivery that lasts about 4 days."  # fmt: skip
    assert above == "9 units in store, above the reorder point of 8. " \
        "Without a delivery that lasts longer than 60 days."  # fmt: skip
    assert words.shelf_title(t, row(days_without_delivery=None), None) == "9 units in store."


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_model_has_a_name(language: str) -> None:
    t = Translator(language)
    assert len({words.model(t, name) for name in (*NAMES, None)}) == len(NAMES) + 1
    assert not any(words.model(t, name).startswith("forecast_model.") for name in (*NAMES, None))
    assert words.model_of(t, row(probability=None)) == "–"
