"""How often somebody may ask, in Redis and without it: in any minute, not in each (A9.5, C12)."""

from datetime import timedelta

import pytest

from core.clock import FixedClock
from core.embedded.valkey import ValkeyServer
from operations.rate_limits.service import Limit, OwnCounts, RateLimitService, Taken

LIMIT = Limit("test", 3, 60)


@pytest.fixture(params=["in Redis", "in the process"])
def limits(request: pytest.FixtureRequest, valkey_server: ValkeyServer, clock: FixedClock) -> RateLimitService:
    return RateLimitService(valkey_server.url if request.param == "in Redis" else "redis://127.0.0.1:1", clock)


def test_limits_are_counted_together_in_redis_and_alone_without_it(
    valkey_server: ValkeyServer, clock: FixedClock
) -> None:
    one, other = (RateLimitService(valkey_server.url, clock) for _ in range(2))
    alone = RateLimitService("redis://127.0.0.1:1", clock)
    assert [each.take("ayse", LIMIT).is_over for each in (one, other, one, other)] == [False, False, False, True]
    assert not one.take("bora", LIMIT).is_over
    assert [alone.take("ayse", LIMIT).is_over for _ in range(4)] == [False, False, False, True]
    assert alone.take("ayse", LIMIT).remaining == 0


def test_no_minute_holds_more_than_the_limit_wherever_it_begins(limits: RateLimitService, clock: FixedClock) -> None:
    """A window that began anew at its border let twice as many pass in two seconds."""
    assert limits.take("ece", LIMIT) == Taken(False, 2, 60)
    clock.advance(timedelta(seconds=59))
    assert [limits.take("ece", LIMIT) for _ in range(2)] == [Taken(False, 1, 1), Taken(False, 0, 1)]
    clock.advance(timedelta(seconds=2))
    assert [limits.take("ece", LIMIT) for _ in range(2)] == [Taken(False, 0, 58), Taken(True, 0, 58)]


def test_who_comes_back_when_told_is_let_in_however_often_they_asked(
    limits: RateLimitService, clock: FixedClock
) -> None:
    for _ in range(3):
        limits.take("can", LIMIT)
        clock.advance(timedelta(seconds=10.5))
    refused = [limits.take("can", LIMIT) for _ in range(9)]
    assert set(refused) == {Taken(True, 0, 29)}
    clock.advance(timedelta(seconds=28))
    assert limits.take("can", LIMIT).is_over
    clock.advance(timedelta(seconds=1))
    assert not limits.take("can", LIMIT).is_over


def test_a_process_forgets_whoever_was_away_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.rate_limits.service.MOST_COUNTED", 2)
    own = OwnCounts()
    for key in ("a", "b", "a", "c"):
        own.take(key, LIMIT, 0)
    assert list(own.windows) == ["a", "c"]
