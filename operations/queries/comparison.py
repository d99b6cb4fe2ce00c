"""Two plans beside each other: which step stands for which, and in what they differ: pure functions (C2).

Steps are matched in the order in which they are told, by what they do and read; where that differs, by the table that
they read or the kind of work that they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from operations.queries.plan import Step

DIFFERENT_ROWS = 2.0  # times as many
DIFFERENT_COST = 2.0
LEAST_COST_RATIO = 0.05  # of the whole plan; what is cheap in both is not worth a word
JOINS = ("Nested Loop", "Hash Join", "Merge Join")
OF_ITS_TABLE = "Bitmap Index Scan"  # what it means is said of the table's step and of the index
WORK = {
    **dict.fromkeys(JOINS, "join"),
    **dict.fromkeys(("Sort", "Incremental Sort"), "sort"),
    **dict.fromkeys(("Aggregate", "Group", "WindowAgg"), "aggregate"),
}


@dataclass(frozen=True)
class Pair:
    """A step of each plan, None where the other plan has none like it; ``marks``: in what they differ."""

    before: Step | None
    after: Step | None
    marks: tuple[str, ...]  # of MARKS


MARKS = ("only", "kind", "on", "rows", "cost")


@dataclass(frozen=True)
class Change:
    """``code`` of the words, ``params`` for them."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """``is_same``: the same steps on the same tables and indexes; rows and cost may differ all the same."""

    pairs: Sequence[Pair]
    changes: Sequence[Change]
    is_same: bool


def compared(before: Sequence[Step], after: Sequence[Step]) -> Comparison:
    pairs = [
        Pair(one, other, _marks(one, other)) for one, other in _matched(before, after, [_exactly, _on_what, _of_work])
    ]
    is_same = not any(set(pair.marks) & {"only", "kind", "on"} for pair in pairs)
    return Comparison(pairs, [*_as_a_whole(before, after, is_same), *_of_indexes(before, after), *_of(pairs)], is_same)


Matched = Iterator[tuple[Step | None, Step | None]]


def _exactly(step: Step) -> str:
    return f"{step.name} {step.on}"


def _on_what(step: Step) -> str:
    return table_of(step) or WORK.get(step.name, step.name)


def _of_work(step: Step) -> str:
    return "scan" if step.on else WORK.get(step.name, "other")


def table_of(step: Step) -> str:
    return step.on.split(" / ")[0]


def indexes(steps: Sequence[Step]) -> set[str]:
    """The indexes that a plan reads."""
    return {step.on.split(" / ")[-1] for step in steps if "Index" in step.name and step.on}


def _matched(before: Sequence[Step], after: Sequence[Step], keys: Sequence[Callable[[Step], str]]) -> Matched:
    """By the first of ``keys``; what differs in it, by the next one."""
    if not keys:
        yield from ((step, None) for step in before)
        yield from ((None, step) for step in after)
        return
    key, *weaker = keys
    matcher = SequenceMatcher(None, [key(step) for step in before], [key(step) for step in after], autojunk=False)
    for what, begin, end, other_begin, other_end in matcher.get_opcodes():
        if what == "equal":
            yield from zip(before[begin:end], after[other_begin:other_end], strict=True)
        else:
            yield from _matched(before[begin:end], after[other_begin:other_end], weaker)


def _marks(before: Step | None, after: Step | None) -> tuple[str, ...]:
    if before is None or after is None:
        return ("only",)
    found = {
        "kind": before.name != after.name,
        "on": before.on != after.on,
        "rows": _differs(before.rows, after.rows, DIFFERENT_ROWS),
        "cost": _differs(before.own_cost, after.own_cost, DIFFERENT_COST)
        and max(before.cost_ratio, after.cost_ratio) >= LEAST_COST_RATIO,
    }
    return tuple(mark for mark in MARKS if found.get(mark))


def _differs(one: float, other: float, times: float) -> bool:
    """Nothing and one row are the same to a planner."""
    less, more = sorted((max(one, 1.0), max(other, 1.0)))
    return more >= times * less


def _as_a_whole(before: Sequence[Step], after: Sequence[Step], is_same: bool) -> Iterator[Change]:
    then, now = before[0].cost, after[0].cost
    costs = {"before": then, "after": now, "ratio": abs(now - then) / (then or 1.0)}
    if is_same:
        yield Change("same")
    if round(then, 2) != round(now, 2):
        yield Change("cheaper" if now < then else "dearer", costs)


def _of_indexes(before: Sequence[Step], after: Sequence[Step]) -> Iterator[Change]:
    then, now = indexes(before), indexes(after)
    yield from (Change("index_new", {"index": name}) for name in sorted(now - then))
    yield from (Change("index_gone", {"index": name}) for name in sorted(then - now))


def _of(pairs: Sequence[Pair]) -> Iterator[Change]:
    for pair in pairs:
        one, other = pair.before, pair.after
        if one is not None and other is not None:
            yield from _of_pair(one, other, pair.marks)
        elif (step := one or other) and step.name != OF_ITS_TABLE:
            yield Change("step_gone" if other is None else "step_new", {"step": _named(step)})


def _named(step: Step) -> str:
    return f"{step.name} ({step.on})" if step.on else step.name


def _of_pair(one: Step, other: Step, marks: Sequence[str]) -> Iterator[Change]:
    if "kind" in marks:
        table = table_of(one)
        is_access = table != "" and table == table_of(other)
        yield Change("access" if is_access else "step", {"before": one.name, "after": other.name, "table": table})
    if "rows" in marks:
        yield Change("rows", {"step": _named(other), "before": one.rows, "after": other.rows})
