"""Headers of every answer, whatever became of the request: how fresh it stays, and how often one may still ask."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

VARY = "Authorization, X-API-Key, Accept-Language"


class AnswerHeaders:
    """Adds what dependencies left in ``state.answer_headers``; without a word of theirs nothing is kept anywhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given: dict[str, str] = scope.setdefault("state", {}).setdefault("answer_headers", {})

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_good = message["status"] < 400
                for name, value in given.items():
                    if is_good or name not in ("ETag", "Cache-Control"):
                        headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Vary", VARY)
            await send(message)

        await self.app(scope, receive, complete)
