"""Drift of features: what moved is found, what chance moves is not, and calendars only turn (P2, C6)."""

import numpy as np
import pandas as pd
import pytest

from pipeline.features.drift import CALENDAR, MOVED, drift, stability_index
from pipeline.features.names import FEATURES

ENTITIES = 40


def days(first: str, count: int, seed: int, shift: float = 0.0, entities: int = ENTITIES) -> pd.DataFrame:
    """Independent normal features of every entity and day; ``lag_7`` moves by ``shift`` standard deviations."""
    random = np.random.default_rng(seed)
    timestamps = pd.date_range(first, periods=count, freq="D", tz="UTC")
    frame = pd.DataFrame(random.normal(size=(entities * count, len(FEATURES))), columns=list(FEATURES))
    frame["lag_7"] += shift
    return frame.assign(entity_id=np.repeat(np.arange(entities), count), timestamp=np.tile(timestamps, entities))


def of(found: pd.DataFrame, feature: str) -> pd.Series:
    return found.set_index("feature").loc[feature]


def test_a_feature_that_moved_by_one_standard_deviation_has_drifted_and_the_others_have_not() -> None:
    found = drift(days("2026-01-01", 28, 1), days("2026-01-29", 7, 2, shift=1.0))
    assert list(found.loc[found["is_drifted"], "feature"]) == ["lag_7"]
    assert of(found, "lag_7")["drift"] > 5 * of(found, "lag_1")["drift"]


def test_days_of_a_month_are_no_drift() -> None:
    before, lately = days("2026-01-01", 28, 1), days("2026-01-29", 7, 2)
    before["day_of_month"], lately["day_of_month"] = before["timestamp"].dt.day, lately["timestamp"].dt.day
    found = drift(before, lately)
    assert not found["is_drifted"].any()
    assert found.set_index("feature").loc[list(CALENDAR), "drift"].isna().all()


@pytest.mark.parametrize("entities", [3, 10])
def test_few_cases_are_not_called_a_drift_by_chance(entities: int) -> None:
    """The same distribution on both sides: with some dozen cases the bare index is above 0.1 as a rule."""
    alarms = 0
    for seed in range(20):
        found = drift(
            days("2026-01-01", 21, seed, entities=entities), days("2026-01-22", 7, 99 + seed, entities=entities)
        )
        alarms += int(found["is_drifted"].sum())
    assert alarms <= 0.05 * 20 * len(FEATURES)


def test_too_few_cases_say_nothing() -> None:
    found = drift(days("2026-01-01", 7, 1, entities=5), days("2026-01-08", 7, 2, shift=9.0, entities=5))
    assert found["drift"].isna().all()
    assert not found["is_drifted"].any()


def test_values_that_go_missing_are_a_drift() -> None:
    before, lately = days("2026-01-01", 28, 1), days("2026-01-29", 7, 2)
    lately.loc[lately.index[::2], "volatility"] = np.nan
    found = drift(before, lately)
    assert of(found, "volatility")["is_drifted"]


def test_the_index_is_the_sum_of_its_definition() -> None:
    """Half below and half above before, a tenth below lately: (0.1−0.5)·ln(0.1/0.5) + (0.9−0.5)·ln(0.9/0.5)."""
    before, lately = np.array([0.0] * 50 + [1.0] * 50), np.array([0.0] * 10 + [1.0] * 90)
    index, classes = stability_index(before, lately)
    assert classes == 2
    assert index == pytest.approx(-0.4 * np.log(0.2) + 0.4 * np.log(1.8))
    assert stability_index(before, before)[0] == 0.0 < MOVED
