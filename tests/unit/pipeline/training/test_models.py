"""The fitted models by themselves: fixed scales, floors, gaps, determinism (DETECTION 6, 8)."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from pipeline.features.names import FEATURES
from pipeline.training.exact import exact_sum, to_fixed, trailing_sum
from pipeline.training.isolation import CHANNEL_CAP, fit_forest, validate_forest
from pipeline.training.joint import CHANNEL_CAP as JOINT_CAP
from pipeline.training.joint import CORRELATION, joint_evidence
from pipeline.training.tails import nb_band, nb_lower, nb_upper
from pipeline.training.zscore import fit_robust_z


def features(rows: int = 400, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, len(FEATURES))), columns=list(FEATURES))
    at = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(np.arange(rows) // 8, unit="D")
    return frame.assign(entity_id=np.arange(rows) % 8, timestamp=at, lag_30=np.nan)


def test_the_forest_finds_what_lies_apart_and_its_scale_is_fixed() -> None:
    model = fit_forest(features(), FEATURES)
    usual, odd = features(seed=2), features(8, seed=3)
    odd[[name for name in FEATURES if name != "lag_30"]] += 8.0
    assert np.median(model.evidence(usual)) < 1.0
    assert model.evidence(odd).min() > 2.0
    assert model.evidence(odd).max() <= CHANNEL_CAP
    assert "lag_30" not in model.names


def test_the_forest_is_the_same_every_time_and_reads_gaps_as_ordinary() -> None:
    one, two = fit_forest(features(), FEATURES), fit_forest(features(), FEATURES)
    np.testing.assert_array_equal(one.evidence(features(seed=4)), two.evidence(features(seed=4)))
    gaps = features(seed=4).assign(**dict.fromkeys(FEATURES, np.nan))
    assert one.evidence(gaps).max() < 1.0


def test_the_check_of_a_fit_is_on_later_rows_only() -> None:
    rows = features()
    checked = validate_forest(rows, FEATURES)
    assert 0 < checked.rows < len(rows) / 2
    moved = rows.assign(**{name: rows[name] + 6.0 * (rows.index >= 330) for name in FEATURES if name != "lag_30"})
    assert validate_forest(moved, FEATURES).drift > checked.drift + 1.0


def test_a_constant_series_has_a_scale_and_an_unknown_one_borrows() -> None:
    rows = pd.DataFrame({"entity_id": [1] * 30 + [2] * 30, "metric_value": [5.0] * 30 + list(range(30))})
    model = fit_robust_z(rows)
    assert np.isfinite(model.z(np.array([1, 2, 99]), np.array([5.0, 14.5, 6.0]))).all()
    assert model.z(np.array([1]), np.array([5.0]))[0] == 0.0
    assert model.evidence(np.array([1]), np.array([50.0]))[0] > 6.0


def test_the_upper_tail_is_mid_p_and_the_band_holds_it() -> None:
    """Against the binomial sum itself, and a Poisson limit."""
    means, spread = np.full(4, 0.7), np.full(4, 0.5)
    counts = np.arange(4.0)
    tails = nb_upper(counts, means, spread)
    mass = tails[:-1] - tails[1:]  # mid-p differences are means of neighbouring probabilities
    zero = (1 + 0.7 * 0.5) ** -2.0
    one = zero * 2.0 * (0.35 / 1.35)
    assert np.isclose(mass[0], (zero + one) / 2)
    assert np.isclose(tails[0], 1 - zero / 2)
    np.testing.assert_allclose(nb_lower(counts, means, spread), 1 - tails)
    lower, upper = nb_band(means, spread)
    assert lower.tolist() == [0.0] * 4
    assert nb_upper(upper + 1, means, spread).max() < 0.01


def test_exact_sums_do_not_depend_on_order_zeros_or_start() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(size=1000)
    shuffled = np.concatenate([rng.permutation(values), np.zeros(77)])
    assert exact_sum(values) == exact_sum(shuffled)
    fixed = to_fixed(values)
    np.testing.assert_array_equal(trailing_sum(fixed, 30)[400:], trailing_sum(fixed[300:], 30)[100:])
    assert trailing_sum(fixed, 30)[0] == 0


def test_two_opinions_together_are_a_tail_and_not_a_mean() -> None:
    """Under "usual", with the correlation that is assumed, evidence of t comes once in 10^t rows."""
    rng = np.random.default_rng(6)
    one = rng.normal(size=400_000)
    other = CORRELATION * one + np.sqrt(1 - CORRELATION**2) * rng.normal(size=one.size)
    found = joint_evidence(-np.log10(special.ndtr(-one)), -np.log10(special.ndtr(-other)))
    for level in (0.5, 1.0, 2.0, 3.0):
        assert (found >= level).mean() * 10**level == pytest.approx(1.0, abs=0.15)
    agreed = joint_evidence(np.array([4.0]), np.array([3.0]))[0]
    assert agreed > 4.0  # the mean would have said 3.5
    assert joint_evidence(np.array([4.0]), np.array([0.3]))[0] < 4.0
    assert joint_evidence(np.array([400.0]), np.array([1.0])) == joint_evidence(np.array([JOINT_CAP]), np.array([1.0]))
