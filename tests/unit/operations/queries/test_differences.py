"""Counters that only grow until they begin anew, and what came between two readings (C2)."""

from datetime import UTC, datetime, timedelta

from operations.queries.differences import Counters, by_statement, is_followed, since

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


def test_an_entry_that_was_begun_anew_or_evicted_neither_loses_nor_doubles_calls() -> None:
    """Two roles' entries of statement 7; a reset gives an entry another key, an eviction takes one away."""
    before = {71: Counters(90, 9.0, 90), 72: Counters(10, 1.0, 10)}
    queryids = {71: 7, 72: 7, 73: 7}
    after_reset = {73: Counters(150, 15.0, 150)}
    assert by_statement(since(before, after_reset), queryids) == {7: Counters(150, 15.0, 150)}
    one_evicted = {71: Counters(91, 9.1, 91)}
    [added] = by_statement(since(before, one_evicted), queryids).values()
    assert (added.calls, added.rows) == (1, 1)
    both = {71: Counters(91, 9.0, 91), 72: Counters(12, 1.0, 12)}
    assert by_statement(since(before, both), queryids)[7].calls == 3
