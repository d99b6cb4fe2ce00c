"""Quantiles of durations within 2 %, and sums of histograms that lose nothing (C3)."""

from collections import Counter
from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.requests.histogram import LAST_BUCKET, RELATIVE_ERROR, added, bucket_of, quantile, seconds_of

RANDOM = np.random.default_rng(7)
DISTRIBUTIONS = {
    "log-normal": RANDOM.lognormal(-4, 1.2, 20_000),
    "exponential": RANDOM.exponential(0.03, 20_000),
    "uniform": RANDOM.uniform(0.0001, 2, 20_000),
    "quick with a slow tail": np.concatenate([RANDOM.normal(0.002, 0.0002, 18_800), RANDOM.normal(4, 0.5, 1_200)]),
    "three requests": np.array([0.001, 0.02, 0.9]),
    "all alike": np.full(500, 0.0123),
}


def counted(seconds: np.ndarray) -> Counter[int]:
    return Counter(bucket_of(float(one)) for one in seconds)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_quantiles_of_known_distributions_are_within_two_percent(name: str, share: float) -> None:
    exact = float(np.quantile(DISTRIBUTIONS[name], share, method="inverted_cdf"))
    found = quantile(counted(DISTRIBUTIONS[name]), share)
    assert found is not None
    assert abs(found / exact - 1) <= RELATIVE_ERROR + 1e-9 < 0.02


def test_coarser_buckets_would_be_noticed() -> None:
    """The control: buckets that grow by 10 % miss the bound."""
    sample = DISTRIBUTIONS["uniform"]
    coarse = [1.1 ** np.round(np.log(one) / np.log(1.1)) for one in sample]
    errors = np.abs(np.array(coarse) / sample - 1)
    assert errors.max() > 0.02


@given(st.floats(1e-6, 800_000))
def test_a_bucket_stands_for_everything_in_it(seconds: float) -> None:
    assert isclose(seconds_of(bucket_of(seconds)), seconds, rel_tol=0.0152)


def test_what_is_out_of_range_counts_in_the_outermost_buckets() -> None:
    assert (bucket_of(0.0), bucket_of(-1.0), bucket_of(1e12)) == (0, 0, LAST_BUCKET)


@given(st.lists(st.floats(1e-5, 100), max_size=60), st.integers(0, 60))
def test_two_histograms_added_are_one_of_both(seconds: list[float], cut: int) -> None:
    parts = counted(np.array(seconds[:cut])), counted(np.array(seconds[cut:]))
    assert added(*parts) == dict(counted(np.array(seconds)))


def test_nothing_has_no_quantile() -> None:
    assert quantile({}, 0.5) is None
