"""Every failure answers with the same shape, in the language the caller asked for."""

from collections.abc import Callable
from typing import Any

from babel import negotiate_locale
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.schemas.failures import ErrorAnswer, ErrorBody
from core.errors import AppError
from core.i18n import LANGUAGES, Translator
from core.logs import logger
from core.request_context import fail_request

HEADERS = {
    401: {"WWW-Authenticate": 'Bearer realm="barometer"'},
    408: {"Connection": "close"},  # what still comes of the request would be read as the next one
    503: {"Retry-After": "5"},
}
CODES = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    429: "too_many_requests",
}

log = logger(__name__)


def preferred_language(header: str, default: str = "en") -> str:
    """The best of our languages by an Accept-Language header (RFC 9110 §12.5.4)."""
    weighted = []
    for position, part in enumerate(header.split(",")):
        name, _, quality = part.strip().partition(";q=")
        try:
            weighted.append((-float(quality or 1), position, name))
        except ValueError:
            continue
    wanted = [name for weight, _, name in sorted(weighted) if name and weight < 0]
    return negotiate_locale(wanted, LANGUAGES, sep="-") or default


def told(error: AppError, language: str) -> ErrorBody:
    message = Translator(language)(error.message_id, **error.params)
    return ErrorBody(code=error.code, message=message, details=jsonable_encoder(error.params))


def error_answer(error: AppError, language: str) -> JSONResponse:
    fail_request(error.code, error.http_status)
    body = ErrorAnswer(error=told(error, language))
    headers = dict(HEADERS.get(error.http_status, {}))
    wait = error.params.get("seconds") or 60 * error.params.get("minutes", 0)
    if wait and error.http_status == 429:
        headers["Retry-After"] = str(wait)
    return JSONResponse(body.model_dump(), error.http_status, headers | {"Content-Language": language})


def language_of(request: Request) -> str:
    """The language to answer in."""
    return preferred_language(request.headers.get("accept-language", ""))


def install_error_handlers(app: FastAPI, note_denial: Callable[[AppError], None]) -> None:
    """Expected failures, wrong input, unknown paths, and everything else.

    ``note_denial``: writes to the audit log that the caller asked for what they may not see or do.
    """

    @app.exception_handler(AppError)
    async def expected(request: Request, error: AppError) -> JSONResponse:
        if error.is_denial:
            await run_in_threadpool(note_denial, error)
        return error_answer(error, language_of(request))

    @app.exception_handler(RequestValidationError)
    async def wrong_input(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [{"field": _printable(each["loc"]), "reason": each["msg"]} for each in error.errors()]
        return error_answer(AppError("validation_failed", 422, params={"fields": fields}), language_of(request))

    @app.exception_handler(NotModified)
    async def known(request: Request, _: NotModified) -> Response:
        return Response(status_code=304)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        code = CODES.get(error.status_code, "request_refused")
        params: dict[str, Any] = {
            "not_found": {"what": request.url.path},
            "forbidden": {"permission": request.url.path},
        }.get(code, {})
        return error_answer(AppError(code, error.status_code, params=params), language_of(request))

    app.add_middleware(UnexpectedErrors)


def _printable(place: tuple[int | str, ...]) -> str:
    """Where a value is wrong; names that a caller made up may hold what no text can."""
    return ".".join(map(str, place)).encode("utf-8", "replace").decode()[:200]


class NotModified(Exception):  # noqa: N818 - no failure: the caller has the answer
    """The caller's copy is still right: 304 without a body."""


class UnexpectedErrors:
    """A bug answers 500 with the common shape; the traceback goes to the log, never to the caller."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            log.exception("request_failed", path=scope.get("path"))
            if has_begun or scope["type"] != "http":
                raise
            answer = error_answer(AppError("internal_error", 500), language_of(Request(scope)))
            await answer(scope, receive, send)
