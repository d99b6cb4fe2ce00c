"""A server that went away or ran full becomes an error with a name; every other database error stays a bug."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import AppError

# https://www.postgresql.org/docs/18/errcodes-appendix.html
CONNECTION_CLASSES = ("08", "57P", "25P03", "25P04")  # the last two: it was idle, or its transaction open, too long
DISK_FULL = "53100"
# A statement or a lock took too long; every connection is taken; two writers wait for each other, or wrote the same.
BUSY = ("57014", "55P03", "53300", "40P01", "40001")
REFUSED = {"25006": "database_read_only", "42501": "database_forbidden"}


@contextmanager
def outages_named() -> Iterator[None]:
    """Raise an error with a name, always 503: what failed is worth trying again later.

    ``database_unavailable``: a lost or refused connection; ``database_busy``: no free connection, or something took
    too long; ``database_disk_full``, ``database_read_only`` and ``database_forbidden``: the server refused.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise AppError("database_busy", 503, params={"reason": "no free connection"}) from error
    except DBAPIError as error:
        code = getattr(error.orig, "pgcode", None)
        if code == DISK_FULL:
            raise AppError("database_disk_full", 503) from error
        if code in BUSY:
            raise AppError("database_busy", 503, params={"reason": first_line(error)}) from error
        if code in REFUSED:
            raise AppError(REFUSED[code], 503, params={"reason": first_line(error)}) from error
        if is_outage(error, code):
            raise AppError("database_unavailable", 503, params={"reason": first_line(error)}) from error
        raise


def is_outage(error: DBAPIError, code: str | None) -> bool:
    if code is None:
        # libpq has no code for a server that cannot be reached or that closed the connection
        return error.connection_invalidated or type(error.orig).__name__ in ("OperationalError", "InterfaceError")
    return code.startswith(CONNECTION_CLASSES)


def first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or ["?"])[0]
