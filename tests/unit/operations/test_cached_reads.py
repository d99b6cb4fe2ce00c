"""Entries, verdicts and single fills of the cache, without Redis (C14, R2)."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Event

import pytest

from core.errors import AppError
from core.scope import SYSTEM, Scope
from operations.cached_reads.entry import (
    JITTER,
    PREFIX,
    STALE_SECONDS,
    Asked,
    Entry,
    Meta,
    key_of,
    lifetime_ms,
    packed,
    unpacked,
    verdict,
)
from operations.cached_reads.flights import Flights

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
ASKED = Asked("reports", "/api/reports/stock?hotel_id=1 tr", "generation 7", 'W/"a"', NOW + timedelta(minutes=10))
META = Meta(ASKED.what, ASKED.generation, ASKED.tag, NOW.timestamp(), ASKED.fresh_until.timestamp(), 0.1, [1])


def test_an_entry_is_json_and_comes_back_as_it_was() -> None:
    entry = Entry(META, '{"name":"Çay"}'.encode())
    assert unpacked(packed(entry)) == entry
    assert [json.loads(line) for line in packed(entry).split(b"\n")][1] == {"name": "Çay"}


@pytest.mark.parametrize("value", [None, b"", b"not json\n{}", b'{"older": "form"}\n{}', b"[1]\n{}", b"\x80\x04K\x01."])
def test_what_is_no_entry_of_ours_is_a_miss(value: bytes | None) -> None:
    assert unpacked(value) is None


@pytest.mark.parametrize(
    ("minutes", "generation", "expected"),
    [
        (0, ASKED.generation, "hit"),
        (9.99, ASKED.generation, "hit"),
        (10, ASKED.generation, "stale"),
        (10 + STALE_SECONDS / 60, ASKED.generation, "miss"),
        (0, "generation 8", "miss"),  # data changed: never given, however fresh
        (10, "generation 8", "miss"),
    ],
)
def test_an_answer_is_given_while_its_generation_and_its_time_last(
    minutes: float, generation: str, expected: str
) -> None:
    asked = replace(ASKED, generation=generation)
    assert verdict(Entry(META, b"{}"), asked, NOW + timedelta(minutes=minutes)) == expected
    assert verdict(None, asked, NOW) == "miss"


def test_who_may_see_less_has_keys_of_their_own() -> None:
    scopes = [
        SYSTEM, Scope("a", frozenset({"metrics.read"}), frozenset({1})), Scope("a", frozenset({"metrics.read"}), None),
        Scope("a", frozenset({"metrics.read", "alerts.read"}), frozenset({1})),
        Scope("a", frozenset({"metrics.read"}), frozenset({1, 2})),
    ]  # fmt: skip
    keys = {key_of(scope, ASKED) for scope in scopes} | {key_of(SYSTEM, replace(ASKED, what="/other"))}
    assert len(keys) == len(scopes) + 1
    assert all(key.startswith(f"{PREFIX}reports:") for key in keys)
    assert key_of(scopes[1], ASKED) == key_of(Scope("b", frozenset({"metrics.read"}), frozenset({1})), ASKED)


def test_lifetimes_are_spread_and_never_shorter_than_their_use() -> None:
    chance = Random(1)
    lifetimes = {lifetime_ms(ASKED, NOW, chance) for _ in range(50)}
    least = 1_000 * (600 + STALE_SECONDS)
    assert len(lifetimes) > 40
    assert least <= min(lifetimes) <= max(lifetimes) <= least * (1 + JITTER)


def test_however_many_ask_one_makes_it_and_all_get_it() -> None:
    flights: Flights[int] = Flights()
    made, may_end, begun = [], Event(), Event()

    def make() -> int:
        made.append(1)
        begun.set()
        may_end.wait(60)
        return 42

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(flights.join, "key", make)
        begun.wait(60)
        others = [pool.submit(flights.join, "key", make) for _ in range(7)]
        assert flights.is_under_way("key")
        may_end.set()
        answers = [first.result(60), *(one.result(60) for one in others)]
    assert {answer for answer, _ in answers} == {42}
    assert len(made) == sum(is_own for _, is_own in answers)
    assert not flights.is_under_way("key")


def test_a_failure_reaches_everybody_and_is_not_kept() -> None:
    flights: Flights[int] = Flights()

    def fail() -> int:
        raise AppError("database_busy", 503)

    for _ in range(2):
        with pytest.raises(AppError, match="database_busy"):
            flights.join("key", fail)
    assert flights.join("key", lambda: 1) == (1, True)
