"""A plan as a tree of steps, and what in it could be faster: pure functions on the server's JSON.

https://www.postgresql.org/docs/18/using-explain.html. Nothing was executed: rows and costs are the server's estimates.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from operations.queries.sql_text import without_literals

LARGE_TABLE_ROWS = 10_000
SELECTIVE_RATIO = 0.1  # of the table's rows; above it reading everything is right
MANY_OUTER_ROWS = 10_000
LONGEST_CONDITION = 500  # characters that are shown; the server writes constants out in full
BY_INDEX = ("Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Memoize", "Materialize")
TEXT_CASTS = ("text", "bpchar")
CONDITION = re.compile(
    r"(?:^|(?<!\w)\(|\s)\(*(?:[a-z_][a-z0-9_]*\.)?(?P<column>[a-z_][a-z0-9_]*)\)?(?:::(?P<cast>[a-z ]+?(?:\[\])?))?"
    r"\s+(?P<operator>=|<=|>=|<(?![>@])|>)\s",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Step:
    """One step; ``cost_ratio``: of the plan's cost, in itself without what it reads from."""

    depth: int
    name: str
    on: str
    condition: str
    rows: int
    cost: float
    own_cost: float
    cost_ratio: float


@dataclass(frozen=True)
class Advice:
    """``code`` of the words, ``params`` for them; ``statement`` to run after thought, if there is one."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)
    statement: str | None = None


def steps(plan: Mapping[str, Any]) -> list[Step]:
    """The plan's steps, each before what it reads from."""
    whole = float(plan["Total Cost"]) or 1.0
    return [
        Step(
            depth, node["Node Type"], _on(node), _condition(node), int(node["Plan Rows"]), float(node["Total Cost"]),
            _own(node), min(_own(node) / whole, 1.0),
        )
        for depth, node in _nodes(plan)
    ]  # fmt: skip


def _nodes(node: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[int, Mapping[str, Any]]]:
    yield depth, node
    for child in node.get("Plans", ()):
        yield from _nodes(child, depth + 1)


def _own(node: Mapping[str, Any]) -> float:
    """A limit costs less than what it reads from; then nothing is its own."""
    return max(float(node["Total Cost"]) - sum(float(each["Total Cost"]) for each in node.get("Plans", ())), 0.0)


def _on(node: Mapping[str, Any]) -> str:
    table, index = (
        node.get("Relation Name") or node.get("CTE Name") or node.get("Function Name"),
        node.get("Index Name"),
    )
    return " / ".join(one for one in (table, index) if one)


def _condition(node: Mapping[str, Any]) -> str:
    for name in ("Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "Filter"):
        if node.get(name):
            return str(node[name])[:LONGEST_CONDITION]
    return ", ".join(node.get("Sort Key") or node.get("Group Key") or ())


def relations(plan: Mapping[str, Any]) -> list[str]:
    """The tables that it reads."""
    return sorted({node["Relation Name"] for _, node in _nodes(plan) if node.get("Relation Name")})


def advice(
    plan: Mapping[str, Any], table_rows: Mapping[str, int], work_memory_bytes: int,
    texts: Collection[tuple[str, str]] = (),
) -> list[Advice]:  # fmt: skip
    """What could be faster, each with its reason and numbers; ``table_rows``: the server's estimate of each table.

    ``texts``: tables and columns whose values are text of some kind. Only of those a comparison with a cast is one
    with the column itself.
    """
    found: list[Advice] = []
    for _, node in _nodes(plan):
        for look in (_scan(node, table_rows, texts), _sort(node, work_memory_bytes), _loop(node)):
            if look is not None and look not in found:
                found.append(look)
    return found


def _scan(node: Mapping[str, Any], table_rows: Mapping[str, int], texts: Collection[tuple[str, str]]) -> Advice | None:
    """A whole table is read for a small part of it."""
    table = node.get("Relation Name", "")
    rows, wanted = table_rows.get(table, 0), int(node["Plan Rows"])
    is_scan = node["Node Type"] == "Seq Scan" and bool(node.get("Filter"))
    if not is_scan or rows < LARGE_TABLE_ROWS or wanted > SELECTIVE_RATIO * rows:
        return None
    own = {column for name, column in texts if name == table}
    columns = filter_columns(without_literals(node["Filter"])[:LONGEST_CONDITION], own)
    params = {"table": table, "rows": rows, "wanted": wanted, "filter": _condition(node), "ratio": wanted / rows}
    if not columns:
        return Advice("scan_of_expression", params)
    names = ", ".join(columns)
    return Advice("scan", params | {"columns": names}, f"CREATE INDEX CONCURRENTLY ON {table} ({names});")


def filter_columns(condition: str, texts: Collection[str] = ()) -> list[str]:
    """Columns that an index could find: those compared with "=" first, then one that is a range.

    None that is cast, but ``texts`` as text: the server writes so of varchar. Nothing for conditions with OR, of which
    every part would need an index of its own.
    """
    if re.search(r"\)\s+OR\s+\(", condition):
        return []
    found = [
        (match["column"], match["operator"]) for match in CONDITION.finditer(condition)
        if match["cast"] is None or (match["cast"] in TEXT_CASTS and match["column"] in texts)
    ]  # fmt: skip
    equal = [column for column, operator in found if operator == "="]
    ranges = [column for column, operator in found if operator != "=" and column not in equal]
    return list(dict.fromkeys([*equal, *ranges[:1]]))


def _sort(node: Mapping[str, Any], work_memory_bytes: int) -> Advice | None:
    """More is sorted than memory holds, so that files are written."""
    taken = int(node["Plan Rows"]) * int(node.get("Plan Width", 0))
    if node["Node Type"] != "Sort" or taken <= work_memory_bytes:
        return None
    params = {"rows": int(node["Plan Rows"]), "bytes": taken, "memory": work_memory_bytes,
              "key": ", ".join(node.get("Sort Key", ()))}  # fmt: skip
    return Advice("sort", params)


def _loop(node: Mapping[str, Any]) -> Advice | None:
    """The inner side is read from its begin for each of many rows."""
    if node["Node Type"] != "Nested Loop" or len(node.get("Plans", ())) != 2:
        return None
    outer, inner = node["Plans"]
    if int(outer["Plan Rows"]) < MANY_OUTER_ROWS or inner["Node Type"] in BY_INDEX:
        return None
    name = inner.get("Relation Name") or inner["Node Type"]
    return Advice("loop", {"outer": int(outer["Plan Rows"]), "inner": int(inner["Plan Rows"]), "on": name})
