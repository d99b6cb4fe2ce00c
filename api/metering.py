"""Every request gets an id and is measured, whatever became of it (SPEC C3)."""

import sys
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.request_context import RequestContext, begin_request, end_request, place_request
from operations.requests.recorder import METHODS, OTHER_METHOD, UNKNOWN_ROUTE, Endpoint, Request, RequestRecorder

KIND = "api"
REQUEST_ID = "X-Request-ID"
NEVER_ANSWERED = 499  # the caller hung up before the answer began (nginx's code for it)


class Metering:
    """Middleware around everything else. ``route``: the template, where the router cannot tell it."""

    def __init__(self, app: ASGIApp, recorder: RequestRecorder, route: str | None = None) -> None:
        self.app = app
        self.recorder = recorder
        self.route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, client = Headers(scope=scope), scope.get("client")
        context = begin_request(client[0] if client else None, headers.get(REQUEST_ID))
        question, answer, mounted_by = _Question(receive), _Answer(send, context), scope.get("route")
        self.recorder.begin(KIND)
        try:
            await self.app(scope, question, answer)
        finally:
            self.recorder.end(KIND)
            if answer.status == NEVER_ANSWERED and isinstance(sys.exception(), Exception):
                answer.status = 500  # whoever is around this middleware answers in its place
            route = self.route or template(scope, mounted_by)
            measured = _measured(scope, route, question, answer)
            place_request(f"{measured.endpoint.method} {route}")
            self.recorder.record(measured)
            end_request()


def template(scope: Scope, mounted_by: object) -> str:
    """The template of the route that answered, such as ``/api/jobs/{id}``; never the address that was asked for.

    ``mounted_by``: the route that led to this application. FastAPI names the template of an included router, with its
    prefixes, in a context of its own.
    """
    included = scope.get("fastapi", {}).get("effective_route_context")
    route = included or scope.get("route")
    path = getattr(route, "path", None)
    return UNKNOWN_ROUTE if path is None or route is mounted_by else scope.get("root_path", "") + path


def _measured(scope: Scope, route: str, question: "_Question", answer: "_Answer") -> Request:
    method = scope["method"] if scope["method"] in METHODS else OTHER_METHOD
    context = answer.context
    return Request(
        Endpoint(KIND, method, route), answer.seconds(), answer.status, context.actor, context.request_id,
        context.error_code, question.bytes_in, answer.bytes_out,
    )  # fmt: skip


class _Question:
    """Hands a request's body on and counts what really came; Content-Length says what callers like."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.bytes_in = 0

    async def __call__(self) -> Message:
        message = await self.receive()
        self.bytes_in += len(message.get("body", b""))
        return message


class _Answer:
    """Sends an answer on, with the request's id, and notes its status, size and time."""

    def __init__(self, send: Send, context: RequestContext) -> None:
        self.send = send
        self.context = context
        self.status = NEVER_ANSWERED
        self.bytes_out = 0
        self._began = perf_counter()
        self._worked: float | None = None

    def seconds(self) -> float:
        """Until the answer began, or until there was none: how long a file or a stream is read by whoever asked for
        it is their line's doing, and no slow request."""
        return perf_counter() - self._began if self._worked is None else self._worked

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._worked = perf_counter() - self._began
            MutableHeaders(scope=message)[REQUEST_ID] = self.context.request_id or ""
        elif message["type"] == "http.response.body":
            self.bytes_out += len(message.get("body", b""))
        await self.send(message)
