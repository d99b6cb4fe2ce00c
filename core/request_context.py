"""The request at hand: its id and who asks. A door begins it; logs, audit and request metrics read it."""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from secrets import token_hex

# What a caller may choose as an id: it is written to logs and answered in a header.
VALID_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


@dataclass
class RequestContext:
    """One request. It is filled in while the request goes on, also by threads that work for it.

    ``place``: what it is a request of: a page ("/alerts"), a route ("GET /api/alerts"), a run ("job:train"), "command".
    ``error_code`` and ``http_status`` tell how it failed. Work that nobody asked for (what a process does again and
    again) has an empty context.
    """

    request_id: str | None = None
    actor: str | None = None
    role: str | None = None
    address: str | None = None
    place: str | None = None
    error_code: str | None = None
    http_status: int | None = None


# The object is shared with copies of the context (thread pools): who learns the actor there tells everybody.
_CURRENT: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def begin_request(address: str | None = None, wanted_id: str | None = None) -> RequestContext:
    """The context of a new request; ``wanted_id`` (X-Request-ID) is kept when it is a valid id."""
    is_valid = wanted_id is not None and VALID_ID.fullmatch(wanted_id) is not None
    context = RequestContext(wanted_id if is_valid else token_hex(16), address=address)
    _CURRENT.set(context)
    return context


def end_request() -> None:
    """Forget the request: what this thread or task does next is not its work."""
    _CURRENT.set(None)


def current_request() -> RequestContext:
    """The request at hand; an empty context outside of requests."""
    return _CURRENT.get() or RequestContext()


def identify_request(actor: str, role: str) -> None:
    """Note who asks, once it is known; without a request there is nothing to note."""
    context = current_request()
    context.actor, context.role = actor, role


def place_request(place: str) -> None:
    """Note what it is a request of, once it is known."""
    current_request().place = place


def fail_request(error_code: str, http_status: int) -> None:
    """Note that the request failed, and how."""
    context = current_request()
    context.error_code, context.http_status = error_code, http_status
