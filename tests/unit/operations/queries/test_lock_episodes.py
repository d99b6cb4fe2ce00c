"""Who holds others up, from pairs of who waits for whom (C2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from db.queries.backends import WaitRow
from operations.queries.lock_episodes import holds

BEGAN = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def wait(waiting: int, blocking: int | None, seconds: float = 2.0, **more: Any) -> WaitRow:
    """``waiting`` waits for ``blocking``, whose transaction began an hour before everything."""
    found: dict[str, Any] = {
        "waiting_pid": waiting, "waiting_application": "barometer", "waiting_text": f"UPDATE rooms SET n = {waiting}",
        "since": BEGAN, "mode": "ShareLock", "kind": "transactionid", "relation": "rooms", "blocking_pid": blocking,
        "blocking_application": "psql", "blocking_state": "idle in transaction",
        "blocking_text": "UPDATE rooms SET name = 'a guest'",
        "blocking_since": BEGAN - timedelta(hours=1) if blocking else None, "seconds": seconds,
        "waiting_role": "app", "blocking_role": "owner",
    } | more  # fmt: skip
    return WaitRow(**found)


def test_all_who_wait_for_one_transaction_are_one_hold_and_the_longest_is_told() -> None:
    [one] = holds([wait(2, 1, 1.5), wait(3, 1, 4.0), wait(4, 1, 0.5)])
    assert (one.blocking_pid, one.waiting_pid, one.seconds, one.waiters) == (1, 3, 4.0, 3)
    assert (one.waiting_text, one.blocking_text) == ("UPDATE rooms SET n = ?", "UPDATE rooms SET name = ?")
    assert (one.kind, one.relation, one.mode) == ("transactionid", "rooms", "ShareLock")
    assert (one.blocking_application, one.blocking_role, one.waiting_role) == ("psql", "owner", "app")


def test_a_queue_waits_for_who_holds_up_its_first() -> None:
    [one] = holds([wait(2, 1, 9.0), wait(3, 2, 5.0), wait(4, 3, 2.0), wait(4, 2, 2.0)])
    assert (one.blocking_pid, one.waiting_pid, one.waiters) == (1, 2, 3)


def test_two_holders_are_two_holds_also_of_one_who_waits_for_both() -> None:
    found = holds([wait(3, 1), wait(3, 2)])
    assert sorted((one.blocking_pid, one.waiting_pid, one.waiters) for one in found) == [(1, 3, 1), (2, 3, 1)]
    assert len({one.key for one in found}) == 2


def test_a_circle_ends_and_a_prepared_transaction_has_no_connection() -> None:
    [circle] = holds([wait(2, 1), wait(1, 2)])
    assert (circle.blocking_pid, circle.waiters) == (1, 2)
    [prepared] = holds([wait(2, None)])
    assert (prepared.blocking_pid, prepared.blocking_since) == (0, None)
    assert holds([]) == []
    assert holds([wait(2, 1, since=None)]) == []  # it got what it waited for while the server was asked


def test_another_transaction_of_the_same_connection_is_another_hold() -> None:
    [first], [second] = holds([wait(2, 1)]), holds([wait(2, 1, blocking_since=BEGAN)])
    assert first.key != second.key
