"""Plans as trees, and advice with its reason and numbers (C2)."""

from typing import Any

import pytest

from operations.queries import plan as planning
from operations.queries.plan import advice, filter_columns, steps

SCAN = {
    "Node Type": "Seq Scan", "Relation Name": "metrics", "Plan Rows": 120, "Plan Width": 40, "Total Cost": 900.0,
    "Filter": "((hotel_id = 1) AND (name = 'a'::text) AND (at > '2026-01-01'::date) AND (value < 3))",
}  # fmt: skip
MEMORY = 32 << 20


def join(outer: int, inner: dict[str, Any]) -> dict[str, Any]:
    return {
        "Node Type": "Nested Loop", "Plan Rows": outer, "Plan Width": 8, "Total Cost": 5_000.0,
        "Plans": [SCAN | {"Plan Rows": outer, "Filter": None}, inner],
    }  # fmt: skip


def test_steps_stand_before_what_they_read_with_their_own_share_of_the_cost() -> None:
    sort = {"Node Type": "Sort", "Sort Key": ["at DESC"], "Plan Rows": 120, "Plan Width": 40, "Total Cost": 1_000.0}
    first, second = steps(sort | {"Plans": [SCAN]})
    assert (first.depth, first.name, first.condition, first.own_cost, first.cost_ratio) == (
        0, "Sort", "at DESC", 100.0, 0.1,
    )  # fmt: skip
    assert (second.depth, second.on, second.rows, second.cost_ratio) == (1, "metrics", 120, 0.9)
    [limit, _] = steps({"Node Type": "Limit", "Plan Rows": 1, "Total Cost": 7.0, "Plans": [SCAN]})
    assert limit.own_cost == 0.0
    assert planning.relations(sort | {"Plans": [SCAN, SCAN | {"Relation Name": "hotels"}]}) == ["hotels", "metrics"]


def test_a_large_table_that_is_read_for_few_rows_wants_an_index() -> None:
    [found] = advice(SCAN, {"metrics": 200_000}, MEMORY)
    assert found.code == "scan"
    assert found.statement == "CREATE INDEX CONCURRENTLY ON metrics (hotel_id, name, at);"
    assert (found.params["rows"], found.params["wanted"]) == (200_000, 120)
    assert advice(SCAN, {"metrics": 9_999}, MEMORY) == []  # a small table
    assert advice(SCAN | {"Plan Rows": 30_000}, {"metrics": 200_000}, MEMORY) == []  # too many of its rows
    assert advice(SCAN | {"Filter": None}, {"metrics": 200_000}, MEMORY) == []
    assert advice(SCAN | {"Node Type": "Index Scan"}, {"metrics": 200_000}, MEMORY) == []
    [told] = advice(SCAN | {"Filter": "(lower(name) ~~ '%a%'::text)"}, {"metrics": 200_000}, MEMORY)
    assert (told.code, told.statement) == ("scan_of_expression", None)


@pytest.mark.parametrize(
    ("condition", "columns"),
    [
        ("(hotel_id = $1)", ["hotel_id"]), ("((at > ?::date) AND (hotel_id = ?))", ["hotel_id", "at"]),
        ("((name)::text = ?::text)", ["name"]),
        ("(((id)::numeric > ?) AND (a = ?))", ["a"]), ("(id = ANY (?::integer[]))", ["id"]),
        ("((a = ?) OR (b = ?))", []), ("(lower(name) = ?::text)", []), ("(name ~~ ?::text)", []), ("(a <> ?)", []),
        ("(is_open AND (a = ?))", ["a"]), ("((a = ?) AND ((b = ?) OR (c = ?)))", ["a"]),
        ("(g.room = ?)", ["room"]), ("((g.a = ?) AND ((g.name)::text > ?::text))", ["a", "name"]),
        ("(at > (now() - ?::interval))", ["at"]), ("(day = (CURRENT_DATE - ?))", ["day"]), ("(? < a)", ["a"]),
        ("(a = (InitPlan ?).col1)", ["a"]), ("(b.id = g.id)", ["id"]), ("(a >= (b.a + ?))", ["a"]),
        # What no index of the column serves, as the server writes it out.
        ("((id)::text = ?::text)", []), ("((id)::numeric = ?)", []), ("((at)::date = CURRENT_DATE)", []),
        ("((a + b) = ?)", []), ("((now() - at) < ?::interval)", []), ("((- a) = ?)", []), ("(a = b)", []),
        ("((g.a = ?) AND (g.b = g.a))", ["a"]), ("(ROW(a, b) < ROW(?, ?))", []), ("((a = ?) IS TRUE)", []),
        ('((name)::text = ?::text COLLATE "C")', []), ("(a = (random() * ?))", []), ("(a = (SubPlan ?))", []),
        ("(CASE WHEN (a = ?) THEN b ELSE ? END = ?)", []), ("((a = ?", []), ("(" * 4_000, []),
    ],
)  # fmt: skip
def test_columns_that_an_index_could_find(condition: str, columns: list[str]) -> None:
    assert filter_columns(condition, {"name"}, "g") == columns


def test_a_column_that_is_cast_wants_no_index_of_its_own() -> None:
    cast = SCAN | {"Filter": "((name)::text = '5'::text)"}
    for table, code in (("notes", "scan_of_expression"), ("metrics", "scan")):
        assert [one.code for one in advice(cast, {"metrics": 200_000}, MEMORY, {(table, "name")})] == [code]


def test_advice_does_not_read_in_values() -> None:
    plan = {
        "Node Type": "Seq Scan", "Relation Name": "notes", "Plan Rows": 5, "Total Cost": 900.0,
        "Filter": "(note = 'see ( hotel_id = 3'::text)",
    }  # fmt: skip
    [found] = advice(plan, {"notes": 100_000}, 4 << 20)
    assert found.params["columns"] == "note"


def test_a_sort_that_memory_does_not_hold_is_told() -> None:
    sort = {"Node Type": "Sort", "Sort Key": ["at"], "Plan Rows": 1_000_000, "Plan Width": 100, "Total Cost": 9.0}
    [found] = advice(sort, {}, MEMORY)
    assert (found.code, found.params["bytes"], found.params["key"]) == ("sort", 100_000_000, "at")
    assert advice(sort | {"Plan Rows": 100_000}, {}, MEMORY) == []


def test_a_loop_that_reads_a_table_for_each_of_many_rows_is_told() -> None:
    [found] = advice(join(50_000, SCAN | {"Filter": None}), {}, MEMORY)
    assert (found.code, found.params["outer"], found.params["inner"]) == ("loop", 50_000, 120)
    assert advice(join(9_999, SCAN), {}, MEMORY) == []
    assert advice(join(50_000, SCAN | {"Node Type": "Index Scan"}), {}, MEMORY) == []
