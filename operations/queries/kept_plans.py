"""Plans that somebody kept, to see later what changed: kept with statement and time, and compared (C2)."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from core.clock import Clock
from core.errors import AppError
from core.scope import Scope
from db.queries import audit
from db.queries import kept_plans as queries
from db.queries.kept_plans import PlanHead, PlanRow
from db.session import Database
from operations.queries.comparison import Comparison, compared
from operations.queries.plan import Step
from operations.queries.sql_text import without_literals

__all__ = ["KeptPlan", "PlanHead", "PlanShelf"]

MOST_PLANS = 500
LISTED = 100


class ExplainedPlan(Protocol):
    """What a plan that was just made tells."""

    @property
    def text(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def steps(self) -> Sequence[Step]: ...
    @property
    def total_cost(self) -> float: ...


@dataclass(frozen=True)
class KeptPlan:
    """A plan as it was when somebody kept it, its conditions without their values."""

    head: PlanHead
    steps: Sequence[Step]

    @classmethod
    def of(cls, row: PlanRow) -> "KeptPlan":
        return cls(row, [Step(**step) for step in row.steps])


@dataclass(frozen=True)
class PlanShelf:
    """``explain``: makes the plan of a statement, which is not executed."""

    database: Database
    clock: Clock
    explain: Callable[[Scope, str], ExplainedPlan]

    def keep(self, scope: Scope, text: str) -> KeptPlan:
        """Make the plan of a statement now and keep it; of all only the newest five hundred stay."""
        scope.require("queries.keep")
        found = self.explain(scope, text)
        steps = [asdict(replace(step, condition=without_literals(step.condition))) for step in found.steps]
        with self.database.transaction() as connection:
            plan = {
                "made_at": self.clock.now(), "fingerprint": found.fingerprint, "text": found.text,
                "total_cost": found.total_cost, "steps": steps, "actor": scope.actor,
            }  # fmt: skip
            row = queries.add(connection, plan, MOST_PLANS)
            told = {"statement": row.text[:500]}
            audit.record(connection, scope.actor, "plan_kept", entity=f"plan {row.id}", details=told)
        return KeptPlan.of(row)

    def listed(self, scope: Scope, fingerprint: str | None = None) -> list[PlanHead]:
        """The newest hundred, of one statement or of all, the newest first."""
        scope.require("queries.read")
        with self.database.reading() as connection:
            return queries.newest(connection, fingerprint, LISTED)

    def comparison(self, scope: Scope, before: int, after: int) -> tuple[KeptPlan, KeptPlan, Comparison]:
        """Two kept plans, also of different statements, and in what they differ."""
        scope.require("queries.read")
        with self.database.reading() as connection:
            one, other = (self._kept(queries.read(connection, plan), plan) for plan in (before, after))
        return one, other, compared(one.steps, other.steps)

    def since_kept(self, scope: Scope, found: ExplainedPlan) -> tuple[KeptPlan, Comparison] | None:
        """The newest kept plan of the same statement, and what changed since; None where none was kept."""
        scope.require("queries.read")
        with self.database.reading() as connection:
            newest = queries.newest(connection, found.fingerprint, 1)
            kept = [self._kept(queries.read(connection, head.id), head.id) for head in newest]
        return (kept[0], compared(kept[0].steps, found.steps)) if kept else None

    def _kept(self, row: PlanRow | None, plan: int) -> KeptPlan:
        if row is None:
            raise AppError("not_found", 404, params={"what": f"plan {plan}"})
        return KeptPlan.of(row)
