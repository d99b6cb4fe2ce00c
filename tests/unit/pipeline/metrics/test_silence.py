"""Observed hours: two days without any record are not two quiet days (DETECTION 3)."""

import numpy as np

from pipeline.metrics.silence import SILENCE_HOURS, first_reopened, observed

HOURS = np.arange(100, 300)


def test_an_hour_is_observed_within_two_days_after_a_record() -> None:
    seen = observed(HOURS, np.array([110, 250]))
    assert HOURS[seen].tolist() == [*range(110, 110 + SILENCE_HOURS), *range(250, 250 + SILENCE_HOURS)]


def test_later_records_change_nothing_before_them() -> None:
    before, after = observed(HOURS, np.array([110])), observed(HOURS, np.array([110, 250, 260]))
    assert (before == after)[HOURS < 250].all()


def test_without_a_record_nothing_is_observed() -> None:
    assert not observed(HOURS, np.zeros(0, dtype=np.int64)).any()


def test_a_late_record_in_a_long_silence_reopens_from_its_hour_on_and_one_among_others_nothing() -> None:
    active = np.array([110, 180, 200])
    assert first_reopened(active, np.array([True, False, True]), 100, 299) == 180
    assert first_reopened(np.array([110, 120, 130]), np.array([True, False, True]), 100, 299) is None


def test_what_reopens_is_only_what_a_run_before_could_have_written() -> None:
    assert first_reopened(np.array([110, 180]), np.array([True, False]), 100, 179) is None
