"""Two plans beside each other: matched step by step, marked, and told in words (C2)."""

from operations.queries.comparison import Change, Comparison, compared
from operations.queries.plan import Step


def step(depth: int, name: str, on: str = "", rows: int = 100, cost: float = 100.0, own: float = 50.0) -> Step:
    return Step(depth, name, on, "", rows, cost, own, 0.5)


HASHED = [
    step(0, "Sort", cost=900.0), step(1, "Hash Join", cost=800.0), step(2, "Seq Scan", "stays"), step(2, "Hash"),
    step(3, "Seq Scan", "rooms"),
]  # fmt: skip


def codes(found: Comparison) -> list[str]:
    return [one.code for one in found.changes]


def test_the_same_plan_is_the_same_and_says_so() -> None:
    found = compared(HASHED, HASHED)
    assert (found.is_same, found.changes) == (True, [Change("same")])
    assert [(pair.before, pair.after) for pair in found.pairs] == [(one, one) for one in HASHED]
    assert {pair.marks for pair in found.pairs} == {()}


def test_the_same_steps_with_other_rows_and_cost_are_the_same_plan_with_a_word_about_it() -> None:
    grown = [HASHED[0], HASHED[1], step(2, "Seq Scan", "stays", rows=9_000, own=400.0), *HASHED[3:]]
    found = compared(HASHED, [step(0, "Sort", cost=1_350.0), *grown[1:]])
    assert found.is_same
    assert found.pairs[2].marks == ("rows", "cost")
    assert codes(found) == ["same", "dearer", "rows"]
    assert found.changes[1].params == {"before": 900.0, "after": 1_350.0, "ratio": 0.5}
    assert found.changes[2].params == {"step": "Seq Scan (stays)", "before": 100, "after": 9_000}


def test_a_table_that_is_read_by_an_index_now_is_matched_with_itself() -> None:
    nested = [
        step(0, "Sort", cost=90.0), step(1, "Nested Loop", cost=80.0), step(2, "Index Scan", "stays / ix_stays_room"),
        step(2, "Seq Scan", "rooms"),
    ]  # fmt: skip
    found = compared(HASHED, nested)
    assert not found.is_same
    told = [(pair.before and pair.before.name, pair.after and pair.after.name, pair.marks) for pair in found.pairs]
    assert told == [
        ("Sort", "Sort", ()), ("Hash Join", "Nested Loop", ("kind",)), ("Seq Scan", "Index Scan", ("kind", "on")),
        ("Hash", None, ("only",)), ("Seq Scan", "Seq Scan", ()),
    ]  # fmt: skip
    assert codes(found) == ["cheaper", "index_new", "step", "access", "step_gone"]
    assert found.changes[1].params == {"index": "ix_stays_room"}
    assert found.changes[2].params == {"before": "Hash Join", "after": "Nested Loop", "table": ""}
    assert found.changes[3].params == {"before": "Seq Scan", "after": "Index Scan", "table": "stays"}
    assert codes(compared(nested, HASHED)) == ["dearer", "index_gone", "step", "access", "step_new"]


def test_another_index_of_the_same_table_is_a_difference() -> None:
    first, second = [step(0, "Index Scan", "stays / ix_a")], [step(0, "Index Scan", "stays / ix_b")]
    found = compared(first, second)
    assert (found.is_same, found.pairs[0].marks) == (False, ("on",))
    assert codes(found) == ["index_new", "index_gone"]


def test_a_bitmap_names_its_index_without_a_table() -> None:
    bitmap = [step(0, "Bitmap Heap Scan", "stays"), step(1, "Bitmap Index Scan", "ix_a")]
    found = compared([step(0, "Seq Scan", "stays")], bitmap)
    assert [pair.marks for pair in found.pairs] == [("kind",), ("only",)]
    assert codes(found) == ["index_new", "access"]  # the second step is part of the first


def test_differences_too_small_to_matter_are_not_told() -> None:
    found = compared([step(0, "Seq Scan", "a", rows=0)], [step(0, "Seq Scan", "a", rows=1, cost=100.001)])
    assert (found.pairs[0].marks, codes(found)) == ((), ["same"])
    assert compared([step(0, "Seq Scan", "a", rows=100)], [step(0, "Seq Scan", "a", rows=199)]).pairs[0].marks == ()
    cheap = Step(0, "Result", "", "", 1, 9.0, 9.0, 0.01)
    assert compared([cheap], [Step(0, "Result", "", "", 1, 9.0, 1.0, 0.01)]).pairs[0].marks == ()
