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
LONGEST_READ = 4_000
LONGEST_CONDITION = 500  # characters that are shown; the server writes constants out in full
BY_INDEX = ("Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Memoize", "Materialize")
COMPARED = re.compile(r"(?P<one>.*?) (?P<operator>=|<=|>=|<|>) (?P<other>.*)", re.DOTALL)
COLUMN = re.compile(
    r"(?:(?P<alias>[a-z_]\w*)\.)?(?P<column>[a-z_]\w*)|\((?:(?P<cast_alias>[a-z_]\w*)\.)?(?P<cast>[a-z_]\w*)\)"
    r"::(?:text|bpchar)"
)
# What the server knows before it reads the first row; random() and the like are none of it.
VALUE = re.compile(
    r"(?:\?|\$\d+|::[a-z_]++(?: [a-z_]++)*+(?:\[\])?|\(InitPlan \?\)\.col\d+|now\(\)|CURRENT_DATE|CURRENT_TIMESTAMP"
    r"|\bANY\b|\bARRAY\b|[()\[\],+*/ -])++"
)
OF_A_TABLE = re.compile(r"\b(?P<alias>[a-z_]\w*)\.[a-z_]\w*\b(?!\()")
FLIPPED = {"=": "=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
BOUND = "$1"  # a column of another table's row, which is known when this table is read for it


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
    condition = without_literals(node["Filter"])[:LONGEST_READ]  # one that was cut off names no column
    columns = filter_columns(condition, own, node.get("Alias", table))
    params = {"table": table, "rows": rows, "wanted": wanted, "filter": _condition(node), "ratio": wanted / rows}
    if not columns:
        return Advice("scan_of_expression", params)
    names = ", ".join(columns)
    return Advice("scan", params | {"columns": names}, f"CREATE INDEX CONCURRENTLY ON {table} ({names});")


def filter_columns(condition: str, texts: Collection[str] = (), alias: str = "") -> list[str]:
    """Columns that an index could find: those compared with "=" first, then one that is a range.

    Only a plain column beside what is known before: the planner reads no index for a sum, a cast (but of ``texts``,
    which are stored as text), another column of the row or a part of an OR. ``alias``: the table's in the statement.
    """
    found = [one for part in _parts(condition) if (one := _compared(part, alias, texts))]
    equal = [column for column, operator in found if operator == "="]
    ranges = [column for column, operator in found if operator != "=" and column not in equal]
    return list(dict.fromkeys([*equal, *ranges[:1]]))


def _parts(condition: str) -> list[str]:
    """What all must hold: the condition split at each AND that stands in no bracket."""
    bare, depth, begin, found = _bare(condition.strip()), 0, 0, list[str]()
    for sign in re.finditer(r"[()]| AND ", bare):
        depth += {"(": 1, ")": -1}.get(sign.group(), 0)
        if sign.group() == " AND " and depth == 0:
            found.append(bare[begin : sign.start()])
            begin = sign.end()
    return [_bare(part) for part in [*found, bare[begin:]]]


def _bare(text: str) -> str:
    """Without brackets around the whole."""
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1]
    return text


def _closing(text: str) -> int:
    depth = 0
    for place, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return place
    return -1


def _compared(part: str, alias: str, texts: Collection[str]) -> tuple[str, str] | None:
    """Column and operator of a comparison with what is known before."""
    if (sides := COMPARED.fullmatch(part)) is None:
        return None
    one, operator, other = sides["one"], sides["operator"], sides["other"]
    for column, value, sign in ((one, other, operator), (other, one, FLIPPED[operator])):
        known = OF_A_TABLE.sub(lambda found: found.group() if found["alias"] == alias else BOUND, value)
        if (name := _column(column, alias, texts)) and VALUE.fullmatch(known):
            return name, sign
    return None


def _column(written: str, alias: str, texts: Collection[str]) -> str | None:
    found = COLUMN.fullmatch(written)
    if found is None or (found["alias"] or found["cast_alias"] or alias) != alias:
        return None
    return found["column"] if found["column"] or found["cast"] not in texts else found["cast"]


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
