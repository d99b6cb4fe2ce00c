"""Indexes that would help, tried without making them: the plan's cost with one that exists in a session only (C2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from db.queries import plans
from db.session import Database
from operations.queries.comparison import indexes
from operations.queries.missing import Missing, missing_for_trials
from operations.queries.plan import Advice, steps
from operations.queries.sql_text import Statement

MOST_TRIALS = 3


@dataclass(frozen=True)
class Trial:
    """One index as it was tried; ``is_used``: the planner would read it."""

    table: str
    columns: str
    cost_before: float
    cost_after: float
    is_used: bool
    size_bytes: int

    @property
    def saved_ratio(self) -> float:
        """Of the statement's cost."""
        return max(1 - self.cost_after / self.cost_before, 0.0) if self.cost_before else 0.0


@dataclass(frozen=True)
class Trials:
    """``missing``: why none could be tried, and what turns it on; None too where there was nothing to try."""

    items: Sequence[Trial] = ()
    missing: Missing | None = None


def tried(database: Database, statement: Statement, plan: Mapping[str, Any], advice: Sequence[Advice]) -> Trials:
    """Each index that the advice wants, by itself; at most three."""
    asked = [one.params for one in advice if one.code == "scan"][:MOST_TRIALS]
    if not asked:
        return Trials()
    with database.reading() as connection:
        standing = plans.trial_standing(connection)
    if standing.schema is None:
        return Trials(missing=missing_for_trials(standing))
    found = []
    for params in asked:
        table, columns = params["table"], params["columns"]
        index = f"CREATE INDEX ON {table} ({columns})"
        wanted = plans.Wanted(standing.schema, statement.text, statement.has_parameters, index)
        outcome = plans.tried(database, wanted)
        if outcome is not None:
            is_used = outcome.index_name in indexes(steps(outcome.plan))
            costs = float(plan["Total Cost"]), float(outcome.plan["Total Cost"])
            found.append(Trial(table, columns, *costs, is_used, outcome.size_bytes))
    return Trials(found)
