"""Files that are sent for minutes: to whoever may have them, for as long as that is so (SPEC A9.1, C8)."""

import time
from collections.abc import Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from core.errors import AppError
from core.logs import logger

CHECK_SECONDS = 1.0

log = logger(__name__)


class _EndedError(Exception):
    """Whoever reads may not read on."""


class SentFile(FileResponse):
    """A file from the disk in pieces, or the range that was asked for; ``still`` raises once its reader may no more.

    What is left is not sent then and the connection is closed, so that nobody takes the part for the whole. It is
    asked in a thread between two pieces, never while one is on its way: a reader who stands still holds nothing.
    Raises ``not_found`` (404) where somebody deleted the file a moment before.
    """

    def __init__(self, path: Path, headers: dict[str, str], still: Callable[[], object]) -> None:
        super().__init__(path, media_type="application/octet-stream", filename=path.name, headers=headers)
        self.still = still

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked_at = time.monotonic()

        async def checked(message: Message) -> None:
            nonlocal asked_at
            if message["type"] == "http.response.body" and time.monotonic() - asked_at >= CHECK_SECONDS:
                await self._ask()
                asked_at = time.monotonic()
            await send(message)

        try:
            await super().__call__(scope, receive, checked)
        except _EndedError:
            return
        except (FileNotFoundError, RuntimeError) as error:  # Starlette's word for a file that is not there
            if Path(self.path).exists():
                raise
            raise AppError("not_found", 404, params={"what": str(self.filename)}) from error

    async def _ask(self) -> None:
        try:
            await run_in_threadpool(self.still)
        except AppError as error:
            log.warning("download_ended", file=self.filename, reason=error.code)
            raise _EndedError from error
