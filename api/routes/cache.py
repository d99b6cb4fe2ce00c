"""The cache of read answers: hit ratio, keys, content of one, delete one, clear a namespace (SPEC C1)."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from api.access import WRITES, Caller, needs
from api.schemas import cache as shapes
from api.schemas.base import rows_of

router = APIRouter(prefix="/cache", tags=["cache"])
Reader = Annotated[Caller, needs("cache.read")]
Clearer = Annotated[Caller, needs("cache.write", WRITES)]
Period = Annotated[shapes.Period, Query()]


@router.get("/stats")
def stats(caller: Reader, period: Period = "24h") -> shapes.Stats:
    """How reads were answered over a period, by namespace."""
    found = caller.services.cache.overview(caller.scope, period)
    return shapes.Stats(
        total=shapes.Reads.model_validate(found.total), measured_since=found.measured_since,
        items=[
            shapes.NamespaceReads(namespace=name, **shapes.Reads.model_validate(sums).model_dump())
            for name, sums in found.namespaces.items()
        ],
    )  # fmt: skip


@router.get("/history")
def history(caller: Reader, period: Period = "24h") -> shapes.Course:
    """The hit ratio of each namespace over time."""
    return shapes.Course(items=rows_of(caller.services.cache.course(caller.scope, period), shapes.Moment))


@router.get("/keys")
def keys(caller: Reader, namespace: Annotated[shapes.Namespace | None, Query()] = None) -> shapes.Keys:
    """Keys with size and TTL, from a look at 2,000 at most; 503 while Redis is away."""
    found = caller.services.cache.keys(caller.scope, namespace)
    return shapes.Keys(
        items=[shapes.Key.model_validate(one) for one in found.keys], bytes=found.bytes, is_complete=found.is_complete
    )


@router.get("/entry")
def entry(caller: Reader, key: Annotated[shapes.KeyName, Query()]) -> shapes.Entry:
    """What is kept under one key, of hotels that the caller sees."""
    found = caller.services.cache.content(caller.scope, key)
    return shapes.Entry(
        key=shapes.Key.model_validate(found.key), body=found.body, fill_seconds=found.meta.fill_seconds,
        fresh_until=datetime.fromtimestamp(found.meta.fresh_until, UTC),
    )  # fmt: skip


@router.post("/delete")
def delete(caller: Clearer, asked: shapes.AskedKey) -> shapes.Deleted:
    """Forget one key; the next read fills it anew."""
    caller.services.cache.delete(caller.scope, asked.key)
    return shapes.Deleted(deleted=1)


@router.post("/clear")
def clear(caller: Clearer, asked: shapes.AskedNamespace) -> shapes.Deleted:
    """Forget every key of a namespace, and nothing else on the server."""
    return shapes.Deleted(deleted=caller.services.cache.clear(caller.scope, asked.namespace))
