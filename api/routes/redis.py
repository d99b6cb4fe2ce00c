"""The Redis server: its state, keys, slow commands, clients, course, and now against before (SPEC C5)."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.access import Caller, needs
from api.schemas import redis as shapes
from api.schemas.base import rows_of

router = APIRouter(prefix="/redis", tags=["redis"])
Reader = Annotated[Caller, needs("redis.read")]


@router.get("/status")
def status(caller: Reader) -> shapes.Status:
    """How the server is; a server that is away is an answer too, with since when."""
    found = caller.services.redis.status(caller.scope)
    look = found.look
    return shapes.Status(
        state=look.state, reason=look.reason, since=found.since,
        last_answer_at=found.last.sampled_at if found.last else None, answer_seconds=look.answer_seconds,
        looked_with_reader=look.reads_only, hit_ratio_lately=found.lately_ratio,
        figures=shapes.Figures.model_validate(look.figures) if look.figures else None,
        forecast=shapes.Forecast.model_validate(found.forecast) if found.forecast else None,
    )  # fmt: skip


@router.get("/keys")
def keys(caller: Reader) -> shapes.Keys:
    """Keys by pattern with their memory, from a look at 2,000 of them at most; 503 while the server is away."""
    return shapes.Keys.model_validate(caller.services.redis.keys(caller.scope))


@router.get("/slow-log")
def slow_log(caller: Reader) -> shapes.SlowCommands:
    """The newest 50 entries of the server's slow log; 503 while it is away."""
    found = caller.services.redis.slow_commands(caller.scope)
    return shapes.SlowCommands(items=[shapes.SlowCommand.model_validate(one) for one in found])


@router.get("/clients")
def clients(caller: Reader) -> shapes.Clients:
    """Who is connected; 503 while the server is away."""
    found = caller.services.redis.clients(caller.scope)
    return shapes.Clients(items=[shapes.Client.model_validate(one) for one in found])


@router.get("/history")
def history(caller: Reader, period: Annotated[shapes.Period, Query()] = "24h") -> shapes.Course:
    """Memory and keys over a period, and when the server was away."""
    return shapes.Course(items=rows_of(caller.services.redis.course(caller.scope, period), shapes.Moment))


@router.get("/comparison")
def comparison(caller: Reader, ago: Annotated[shapes.Ago, Query()] = "1h") -> shapes.Comparison:
    """Now against a snapshot of an hour, a day or a week ago."""
    return shapes.Comparison.model_validate(caller.services.redis.compare(caller.scope, ago))
