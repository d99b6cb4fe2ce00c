"""The stored features: right, causal, explicit about what was not observed (SPEC P2, DETECTION 2 and 3)."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.models import ml
from db.queries import features as stored
from pipeline.features.engineer import CONTEXT, Calendar, engineer
from pipeline.features.names import DEFINITIONS, FEATURE_VERSION, FEATURES
from pipeline.features.sorting import comparators, quantile, sort_wires


def calendar(days: int) -> Calendar:
    return Calendar(np.zeros(days), np.arange(days) % 7.0, np.arange(days) % 28 + 1.0)


def sample(seed: int = 1, series: int = 20, days: int = 90, gaps: float = 0.2) -> np.ndarray:
    random = np.random.default_rng(seed)
    values = random.poisson(0.7, (series, days)) * random.choice([1.0, 100.0, 0.1], (series, 1))
    values[random.random(values.shape) < gaps] = np.nan
    return values


def of(name: str, found: np.ndarray) -> np.ndarray:
    return found[FEATURES.index(name)]


def test_the_features_of_the_specification_have_columns_and_definitions() -> None:
    """SPEC P2: at least 20."""
    assert FEATURES == ml.FEATURES
    assert tuple(DEFINITIONS) == FEATURES
    assert len(FEATURES) >= 20
    assert FEATURE_VERSION == stored.FEATURE_VERSION


@pytest.mark.parametrize("gaps", [0.0, 0.3, 0.9])
def test_the_windows_are_what_pandas_computes(gaps: float) -> None:
    values = sample(gaps=gaps)
    found = engineer(values, calendar(values.shape[1]))
    table = pd.DataFrame(values.T.astype(np.float32).astype(float))
    window, week = table.rolling(30, min_periods=1), table.rolling(7, min_periods=1)
    mean = window.mean()
    expected = {
        "mean": mean, "std": window.std(), "min": window.min(), "max": window.max(), "median": window.median(),
        "q25": window.quantile(0.25), "q75": window.quantile(0.75), "momentum": week.mean() - mean,
        "zero_count": (table == 0).rolling(30, min_periods=1).sum().where(mean.notna()),
        "lag_1": table.shift(1), "lag_7": table.shift(7), "lag_30": table.shift(30),
        "rolling_mean_7": week.mean().shift(1), "rolling_std_7": week.std().shift(1),
        "rolling_mean_30": mean.shift(1), "rolling_std_30": window.std().shift(1),
        "avg_change_magnitude": table.diff().abs().rolling(29, min_periods=1).mean(),
        "change_frequency": (table.diff() != 0).where(table.diff().notna()).astype(float)
        .rolling(29, min_periods=1).mean(),
    }  # fmt: skip
    for name, frame in expected.items():
        np.testing.assert_allclose(of(name, found), frame.to_numpy().T, rtol=1e-4, atol=1e-4, err_msg=name)


def test_the_slope_is_that_of_least_squares() -> None:
    values = sample(series=3)
    found = of("trend_slope", engineer(values, calendar(values.shape[1])))
    for series, day in [(0, 5), (1, 40), (2, 89)]:
        part = values[series, max(0, day - 29) : day + 1]
        at = np.flatnonzero(~np.isnan(part))
        assert found[series, day] == pytest.approx(np.polyfit(at, part[at], 1)[0], abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 89))
def test_a_row_does_not_depend_on_the_future(seed: int, day: int) -> None:
    """DETECTION 2: the features of x[:T] equal the full run's features at t < T, exactly."""
    values = sample(seed, series=3)
    found = engineer(values, calendar(90))
    np.testing.assert_array_equal(engineer(values[:, :day], calendar(day)), found[:, :, :day])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 59))
def test_a_row_does_not_depend_on_where_the_history_begins_or_on_its_neighbours(seed: int, begin: int) -> None:
    """What makes incremental features equal to those of one run over everything."""
    values = sample(seed, series=3)
    whole = engineer(values, calendar(90))
    later = engineer(values[1:2, begin:], calendar(90 - begin))
    measured = [i for i, name in enumerate(FEATURES) if name not in ("day_of_week", "is_weekend", "day_of_month")]
    np.testing.assert_array_equal(later[measured, 0, CONTEXT:], whole[measured, 1, begin + CONTEXT :])


def test_the_lagged_windows_never_hold_the_day_itself() -> None:
    """The negative control: the others do."""
    values = np.ones((1, 60))
    values[0, 40] = 1000.0
    found = engineer(values, calendar(60))
    lagged = ("rolling_mean_7", "rolling_std_7", "rolling_mean_30", "rolling_std_30", "lag_1", "lag_7", "lag_30")
    assert [float(of(name, found)[0, 40]) for name in lagged] == [1, 0, 1, 0, 1, 1, 1]
    assert of("mean", found)[0, 40] > 1
    assert of("max", found)[0, 40] == 1000


def test_a_constant_series_has_exactly_no_spread_and_no_change() -> None:
    found = engineer(np.full((1, 60), 0.1), calendar(60))
    for name in ("std", "volatility", "trend_slope", "trend_direction", "momentum", "change_frequency"):
        assert of(name, found)[0, -1] == 0, name
    assert of("days_since_change", found)[0, -1] == 30


def test_a_series_of_zeros_counts_them_and_divides_by_nothing() -> None:
    found = engineer(np.zeros((1, 45)), calendar(45))
    assert of("zero_count", found)[0].tolist() == [*range(1, 31), *[30] * 15]
    assert of("volatility", found)[0, -1] == 0


def test_one_point_has_a_level_and_neither_spread_nor_trend() -> None:
    found = engineer(np.array([[5.0]]), calendar(1))[:, 0, 0]
    named = dict(zip(FEATURES, found.tolist(), strict=True))
    assert [named[name] for name in ("mean", "min", "max", "median", "q25", "q75")] == [5.0] * 6
    assert all(np.isnan(named[name]) for name in ("std", "trend_slope", "lag_1", "rolling_mean_7", "change_frequency"))


def test_nothing_observed_is_missing_and_not_zero() -> None:
    found = engineer(np.full((2, 40), np.nan), calendar(40))
    measured = [
        i for i, name in enumerate(FEATURES) if name not in ("hour", "day_of_week", "is_weekend", "day_of_month")
    ]
    assert np.isnan(found[measured]).all()


def test_no_series_and_no_days_are_no_error_and_a_wrong_calendar_is() -> None:
    assert engineer(np.zeros((0, 5)), calendar(5)).shape == (len(FEATURES), 0, 5)
    assert engineer(np.zeros((2, 0)), calendar(0)).shape == (len(FEATURES), 2, 0)
    with pytest.raises(ValueError, match="calendar"):
        engineer(np.zeros((2, 5)), calendar(4))


@pytest.mark.parametrize("wires", [2, 3, 7, 8, 16])
def test_the_network_sorts_every_input_of_zeros_and_ones(wires: int) -> None:
    """Knuth's 0-1 principle: a network that sorts these sorts everything."""
    inputs = (np.arange(2**wires)[None] >> np.arange(wires)[:, None] & 1).astype(np.float32)
    found = np.stack(sort_wires([row.copy() for row in inputs]))
    np.testing.assert_array_equal(found, np.sort(inputs, axis=0))
    assert len(comparators(wires)) >= wires - 1


def test_quantiles_of_different_counts_are_numpys() -> None:
    values = np.sort(np.random.default_rng(0).random((10, 6)).astype(np.float32), axis=0)
    counts = np.array([0, 1, 2, 5, 9, 10])
    wires = list(np.where(np.arange(10)[:, None] < counts, values, np.float32(np.inf)))
    found = quantile(wires, counts, 0.3)
    assert np.isnan(found[0])
    for position in range(1, 6):
        assert found[position] == pytest.approx(np.quantile(values[: counts[position], position], 0.3), rel=1e-5)
