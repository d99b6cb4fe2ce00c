"""Routes whose answers are kept in Redis: the same data versions that answer a client's copy with 304 (C14, R2)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from fastapi import Response

from api.access import FRESH_SECONDS, Caller, Known, answer_headers
from api.schemas.base import Answer
from operations.cached_reads.service import Asked

Parameters = ParamSpec("Parameters")
Shape = TypeVar("Shape", bound=Answer)
STATUS = {  # RFC 9211
    "hit": "hit", "stale": "hit; detail=stale", "shared": "hit; detail=shared", "miss": "fwd=miss; stored",
    "degraded": "fwd=bypass; detail=degraded",
}  # fmt: skip


def kept(
    namespace: str, *topics: str, seconds: int = FRESH_SECONDS
) -> Callable[[Callable[Parameters, Shape]], Callable[Parameters, Shape]]:
    """Below the route's decorator: 304 as ``Caller.unless_known``, else the kept answer, else the route's own.

    ``namespace``: of operations.cached_reads.entry. The answer is given as the bytes that were kept.
    """

    def decorate(route: Callable[Parameters, Shape]) -> Callable[Parameters, Shape]:
        @wraps(route)
        def answer(*arguments: Parameters.args, **named: Parameters.kwargs) -> Any:
            caller = named["caller"]
            assert isinstance(caller, Caller)  # noqa: S101 - FastAPI hands it in by name

            def make() -> bytes:
                return route(*arguments, **named).model_dump_json(by_alias=True).encode()

            services, known = caller.services, caller.known(*topics, seconds=seconds)
            asked = _asked(namespace, known)
            services.cached_reads.note(
                caller.scope, asked, make, lambda: _asked(namespace, caller.known(*topics, seconds=seconds))
            )
            caller.stop_if_sent(known)
            found = services.cached_reads.read(caller.scope, asked, make)
            caller.tell_tag(found.tag)
            answer_headers(caller.request)["Cache-Status"] = f"barometer; {STATUS[found.outcome]}"
            return Response(found.body, media_type="application/json")

        return answer

    return decorate


def _asked(namespace: str, known: Known) -> Asked:
    return Asked(namespace, known.what, known.generation, known.tag, known.fresh_until)
