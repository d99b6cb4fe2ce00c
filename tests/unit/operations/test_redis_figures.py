"""What a Redis server holds and where its memory is heading, without a server (C5)."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from operations.redis.figures import forecast
from operations.redis.looking import command_of
from operations.redis.survey import MOST_PATTERNS, OTHERS, Pattern, SeenKey, changes, pattern_of, survey

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
LIMIT = 128_000_000
NOISE = Random(4)


def samples(used: list[int], minutes: int = 5) -> list[tuple[datetime, int]]:
    return [(BEGIN + timedelta(minutes=minutes * place), value) for place, value in enumerate(used)]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("barometer:denied:0c4e2b52-7a41", "barometer:denied:*"),
        ("barometer:rate:read:GET /api/x:ayse", "barometer:rate:*"),
        ("sess:8f14e45f:data", "sess:*"),
        ("session_18273", "session_*"),
        ("settings", "settings"),
        ("app:settings", "app:settings"),
        ("\\xff\\x00", "\\xff\\x*"),
    ],
)
def test_words_stay_and_ids_go(name: str, pattern: str) -> None:
    assert pattern_of(name) == pattern


def test_keys_add_up_by_pattern_the_heaviest_first() -> None:
    keys = [SeenKey(f"a:{n}", 10, 1_000) for n in range(5)] + [SeenKey("b:1", 100, None), SeenKey("b:2", 1, 5)]
    found = survey(keys, 9, 1)
    assert found.patterns == [Pattern("b:*", 2, 101, 1), Pattern("a:*", 5, 50, 0)]
    assert (found.looked_at, found.total, found.is_complete) == (7, 9, False)
    assert (found.without_ttl, found.lasting) == (1, ["b:1"])


def test_a_server_of_many_patterns_stays_readable_and_loses_no_byte() -> None:
    letters = [chr(97 + n) * 3 for n in range(MOST_PATTERNS + 5)]
    found = survey([SeenKey(f"{word}:1", 10 + place, None) for place, word in enumerate(letters)], 25, 50)
    assert len(found.patterns) == MOST_PATTERNS + 1
    assert found.patterns[-1] == Pattern(OTHERS, 5, 10 + 11 + 12 + 13 + 14, 5)


def test_patterns_that_came_and_went_are_changes() -> None:
    found = changes(
        [Pattern("a:*", 2, 50, 0), Pattern("old", 1, 10, 1)], [Pattern("a:*", 3, 55, 0), Pattern("n", 4, 90, 0)]
    )
    told = [(one.pattern, one.keys_now - one.keys_before, one.bytes_now - one.bytes_before) for one in found]
    assert told == [("n", 4, 90), ("old", -1, -10), ("a:*", 1, 5)]


def test_memory_that_grows_is_told_with_the_day_it_is_full() -> None:
    used = [8_000_000 + 50_000 * place + (place % 3) * 1_000 for place in range(100)]
    found = forecast(samples(used), LIMIT)
    assert found.verdict == "growing"
    assert found.bytes_per_day == pytest.approx(50_000 * 288, rel=0.01)
    expected = BEGIN + timedelta(minutes=5 * (LIMIT - 8_000_000) / 50_000)
    assert found.full_at is not None
    assert abs(found.full_at - expected) < timedelta(hours=3)


@pytest.mark.parametrize(
    ("used", "limit", "verdict"),
    [
        ([1_000_000 + NOISE.randrange(400_000) for _ in range(60)], LIMIT, "steady"),  # noise
        ([1_000_000] * 30 + [90_000_000] * 3 + [1_000_000] * 30, LIMIT, "steady"),  # a burst that went away
        ([9_000_000 - 1_000 * n for n in range(60)], LIMIT, "steady"),
        ([1_000_000 + n for n in range(60)], LIMIT, "steady"),  # centuries away
        ([1_000_000 * n for n in range(5)], LIMIT, "too_short"),
        ([127_900_000] * 60, LIMIT, "at_limit"),
        ([1_000_000 * n for n in range(60)], None, "no_limit"),
    ],
)
def test_what_does_not_grow_is_not_forecast(used: list[int], limit: int | None, verdict: str) -> None:
    found = forecast(samples(used), limit)
    assert (found.verdict, found.full_at) == (verdict, None)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("SET barometer:denied:1 secret-value EX 5", "SET barometer:denied:1 …"),
        ("AUTH somebody hunter2", "AUTH …"),
        ("CONFIG SET requirepass hunter2", "CONFIG …"),
        ("EVAL return redis.call('GET', KEYS[1]) 1 k", "EVAL …"),
        ("KEYS *", "KEYS *"),
        ("PING", "PING"),
    ],
)
def test_a_slow_command_is_told_without_its_values(written: str, shown: str) -> None:
    assert command_of(written) == shown
