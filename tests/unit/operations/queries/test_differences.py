"""Counters that only grow until they begin anew, and what came between two readings (C2)."""

from datetime import UTC, datetime, timedelta

from operations.queries.differences import Counters, is_followed, since

AT = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def test_what_was_added_is_the_difference_of_what_was_executed_meanwhile() -> None:
    before = {1: Counters(10, 2.0, 100), 2: Counters(5, 1.0, 5)}
    now = {1: Counters(13, 2.5, 130), 2: Counters(5, 1.0, 5), 3: Counters(2, 0.5, 0)}
    assert since(before, now) == {1: Counters(3, 0.5, 30), 3: Counters(2, 0.5, 0)}


def test_a_counter_that_is_lower_began_anew_and_counts_from_zero() -> None:
    before = {1: Counters(10, 2.0, 100), 2: Counters(10, 2.0, 100), 3: Counters(10, 2.0, 100)}
    now = {1: Counters(4, 0.5, 40), 2: Counters(12, 0.1, 120), 3: Counters(12, 9.0, 1)}
    assert since(before, now) == now


def test_a_statement_that_is_gone_adds_nothing() -> None:
    assert since({1: Counters(10, 2.0, 100)}, {}) == {}


def test_after_a_long_gap_or_with_a_clock_that_went_back_a_reading_only_begins() -> None:
    assert is_followed(AT, AT + timedelta(minutes=5))
    assert not is_followed(AT, AT + timedelta(minutes=61))
    assert not is_followed(AT, AT - timedelta(minutes=1))
    assert not is_followed(None, AT)
