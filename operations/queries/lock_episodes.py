"""Who holds others up, from one look at who waits for whom: pure functions on the pairs (C2).

An episode is one transaction that others wait for: from the first of them that had to wait until nobody does.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from db.queries.backends import WaitRow
from db.queries.lock_episodes import Held
from operations.queries.sql_text import without_literals

LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Hold(Held):
    """As one look found it."""

    seconds: float
    waiters: int

    @property
    def key(self) -> Hashable:
        """The transaction: a process id alone may be another one's by now."""
        return (self.blocking_pid, self.blocking_since)


def holds(waits: Sequence[WaitRow]) -> list[Hold]:
    """What the pairs add up to, short waits too; who waits in a queue waits for who holds up the first of it."""
    blockers: dict[int, list[WaitRow]] = {}
    for wait in waits:
        blockers.setdefault(wait.waiting_pid, []).append(wait)
    groups: dict[int, dict[int, WaitRow]] = {}
    for pid, own in blockers.items():
        for root in _roots(pid, blockers):
            groups.setdefault(root, {})[pid] = max(own, key=lambda one: one.seconds or 0.0)
    holders = {wait.blocking_pid or 0: wait for wait in waits}
    found = [_hold(root, holders[root], list(group.values())) for root, group in groups.items() if root in holders]
    return [one for one in found if one is not None]


def _roots(pid: int, blockers: Mapping[int, Iterable[WaitRow]]) -> set[int]:
    """Who of those that it waits for, also through others, waits for nobody; in a circle the smallest process id."""
    seen, open_, roots = {pid}, [pid], set()
    while open_:
        for wait in blockers[open_.pop()]:
            one = wait.blocking_pid or 0
            if one not in blockers:
                roots.add(one)
            elif one not in seen:
                seen.add(one)
                open_.append(one)
    return roots or {min(seen)}


def _hold(root: int, holder: WaitRow, waits: Sequence[WaitRow]) -> Hold | None:
    longest = max(waits, key=lambda one: one.seconds or 0.0)
    if longest.since is None or longest.seconds is None:
        return None
    return Hold(
        root, holder.blocking_since, holder.blocking_application, holder.blocking_role, holder.blocking_state,
        told(holder.blocking_text), longest.waiting_pid, longest.waiting_application, longest.waiting_role,
        told(longest.waiting_text) or "", longest.kind, longest.relation, longest.mode, longest.since,
        longest.seconds, len(waits),
    )  # fmt: skip


def told(statement: str | None) -> str | None:
    return None if statement is None else without_literals(statement)[:LONGEST_TEXT]
