"""Failures of what is neither a page nor the API: told with their code and when to come back, never as a crash."""

from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import AppError
from core.logs import logger

RETRY_SECONDS = "5"
log = logger(__name__)


@dataclass(frozen=True)
class ToldErrors:
    """Middleware around the routes under /auth and the gate, whose first question may find the database away."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except AppError as error:
            if has_begun or scope["type"] != "http":
                raise
            log.warning("request_refused", path=scope["path"], error=str(error))
            headers = {"Retry-After": RETRY_SECONDS} if error.http_status == 503 else {}
            await PlainTextResponse(error.code, error.http_status, headers)(scope, receive, send)
