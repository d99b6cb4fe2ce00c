"""Statements of the database: statistics, what runs now, ending one, the plan of one (SPEC C2)."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import EXPLAINS, Caller, needs
from api.schemas import queries as shapes
from api.schemas.base import Id, Words, rows_of
from operations.queries.service import Asked

router = APIRouter(prefix="/queries", tags=["queries"])
Reader = Annotated[Caller, needs("queries.read")]
Explainer = Annotated[Caller, needs("queries.read", EXPLAINS)]
Keeper = Annotated[Caller, needs("queries.keep", EXPLAINS)]
PlanId = Annotated[Id, Query(examples=[1])]
Canceller = Annotated[Caller, needs("queries.cancel")]


@router.get("/statistics")
def statistics(
    caller: Reader, order: Annotated[shapes.Order, Query()] = "total",
    period: Annotated[shapes.Period, Query()] = "counted",
) -> shapes.Statistics:  # fmt: skip
    """Totals, the ten slowest by mean and the first hundred by ``order``; or which statement turns them on.

    ``counted``: since the server began to count; else of that period, by whole hours.
    """
    return shapes.Statistics.model_validate(caller.services.queries.statistics(caller.scope, order, period))


@router.get("/course")
def course(caller: Reader, period: Annotated[shapes.CoursePeriod, Query()] = "24h") -> shapes.Course:
    """Seconds and calls of all statements by the hour, in 30 days by six hours."""
    return shapes.Course(items=rows_of(caller.services.queries.course(caller.scope, period), shapes.CourseStep))


@router.get("/recent")
def recent(
    caller: Reader, which: Annotated[shapes.Which, Query()] = "asked",
    process: Annotated[shapes.Process | None, Query()] = None,
    period: Annotated[shapes.LogPeriod, Query()] = "24h",
    order: Annotated[shapes.LogOrder, Query()] = "newest",
) -> shapes.RecentList:  # fmt: skip
    """The newest or slowest hundred statements of every process, written every ten seconds.

    ``asked``: for pages, requests, runs and commands, and whatever was slow or failed; ``noticed``: from 50 ms on;
    ``slow``: over 1 s; ``background``: what processes do by themselves.
    """
    found = caller.services.queries.log.read(caller.scope, which, process, period, order)
    return shapes.RecentList(items=[shapes.Recent.model_validate(one) for one in found])


@router.get("/now")
def now(caller: Reader) -> shapes.Now:
    """What runs at this moment, the longest first, and who waits for whom."""
    return shapes.Now.model_validate(caller.services.queries.now(caller.scope))


@router.get("/locks")
def locks(caller: Reader, period: Annotated[shapes.CoursePeriod, Query()] = "24h") -> shapes.LockEpisodes:
    """The newest hundred transactions of the period for which others waited a second or longer, and by time."""
    found = caller.services.queries.locks.episodes(caller.scope, period)
    steps = rows_of(caller.services.queries.locks.course(caller.scope, period).steps, shapes.LockStep)
    items = [shapes.LockEpisode.model_validate(one) for one in found.items]
    return shapes.LockEpisodes(is_watched=found.is_watched, items=items, course=steps)


@router.post("/cancel", status_code=204)
def cancel(caller: Canceller, asked: shapes.ToCancel) -> None:
    """End that statement; 409 when it has ended meanwhile or somebody else ended it."""
    caller.services.queries.cancel(caller.scope, Asked(**asked.model_dump()))


@router.post("/explain")
def explain(caller: Explainer, asked: shapes.ToExplain) -> shapes.Explained:
    """How the server would execute one statement, with advice and indexes tried without making them.

    Nothing is executed. Ten a minute.
    """
    return shapes.Explained.model_validate(caller.services.queries.explain(caller.scope, asked.text))


@router.post("/plans", status_code=201)
def keep(caller: Keeper, asked: shapes.ToExplain) -> shapes.KeptPlan:
    """Make the plan of one statement and keep it, without its values; of all the newest five hundred stay."""
    return shapes.KeptPlan.model_validate(caller.services.queries.plans.keep(caller.scope, asked.text))


@router.get("/plans")
def kept(caller: Reader, fingerprint: Annotated[Words | None, Query(max_length=64)] = None) -> shapes.PlanList:
    """The newest hundred kept plans, of one statement or of all."""
    found = caller.services.queries.plans.listed(caller.scope, fingerprint)
    return shapes.PlanList(items=[shapes.PlanHead.model_validate(one) for one in found])


@router.get("/plans/comparison")
def comparison(caller: Reader, before: PlanId, after: PlanId) -> shapes.PlanComparison:
    """Two kept plans step by step, and in what they differ."""
    one, other, found = caller.services.queries.plans.comparison(caller.scope, before, after)
    return shapes.PlanComparison(
        before=shapes.PlanHead.model_validate(one.head), after=shapes.PlanHead.model_validate(other.head),
        is_same=found.is_same, pairs=[shapes.Pair.model_validate(pair) for pair in found.pairs],
        changes=[shapes.Change.model_validate(change) for change in found.changes],
    )  # fmt: skip


@router.get("/tables")
def tables(caller: Reader) -> shapes.Tables:
    """Indexes that nobody reads or that are there twice, and tables full of dead rows."""
    found = caller.services.queries.tables(caller.scope)
    return shapes.Tables(items=[shapes.Advice.model_validate(one) for one in found])
