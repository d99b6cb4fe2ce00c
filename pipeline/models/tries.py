"""Three tries with exponential backoff (SPEC B2) for what may pass: a file being moved, a disk that hiccups."""

from collections.abc import Callable
from typing import TypeVar

from core.errors import AppError
from core.logs import logger

TRIES = 3
FIRST_WAIT_SECONDS = 0.05
PASSING = frozenset({"model_missing", "model_corrupt", "model_unreadable", "model_forbidden", "database_unavailable"})
Result = TypeVar("Result")
log = logger(__name__)


def tried(work: Callable[[], Result], sleep: Callable[[float], None]) -> Result:
    """The result of ``work``; an error that may pass is met with another try, the last one is raised."""
    for number in range(TRIES - 1):
        try:
            return work()
        except AppError as error:
            if error.code not in PASSING:
                raise
            wait_seconds = FIRST_WAIT_SECONDS * 2**number
            log.warning("tried_again", code=error.code, after_seconds=wait_seconds, number=number + 2, of=TRIES)
            sleep(wait_seconds)
    return work()
