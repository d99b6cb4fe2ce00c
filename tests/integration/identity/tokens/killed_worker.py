"""A worker that refreshes a token and is killed when the database has committed, before anybody got an answer."""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from core.clock import FixedClock
from db.session import open_database
from identity.tokens.service import TokenService
from tests.conftest import KEYS
from tests.integration.identity.tokens.scene import HOME, service


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, folder: str, redis_url: str, token: str, at: str) -> None:
    database, clock = open_database(url, keys=KEYS), FixedClock(datetime.fromisoformat(at))
    tokens, _ = service(database, clock, Path(folder), redis_url)
    TokenService._issued = die  # type: ignore[assignment, method-assign]
    tokens.refresh(token, HOME)


if __name__ == "__main__":
    main(*sys.argv[1:])
