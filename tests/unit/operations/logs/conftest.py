"""Log files made for a test: lines at given times, as our processes write them."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from core.clock import FixedClock
from core.scope import SYSTEM
from db.session import Database
from operations.logs.files import Position
from operations.logs.matching import LogFilters
from operations.logs.service import LogPage, LogService
from tests.conftest import NOW


def written(at: datetime, event: str = "run_ended", level: str = "info", **more: Any) -> str:
    told = {"event": event, **more, "level": level, "timestamp": at.isoformat().replace("+00:00", "Z")}
    return json.dumps({"version": "1.0.0", **told}, ensure_ascii=False) + "\n"


@dataclass
class Logs:
    """A folder of log files and the service that reads it."""

    folder: Path
    service: LogService

    def write(self, name: str, lines: Iterable[str]) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.writelines(lines)

    def page(self, filters: LogFilters | None = None, start: Position | None = None, limit: int = 100) -> LogPage:
        return self.service.page(SYSTEM, filters or LogFilters(), start, limit)

    def walk(self, filters: LogFilters | None = None, limit: int = 7) -> list[str]:
        """The events of all pages."""
        found: list[str] = []
        page = self.page(filters, None, limit)
        while True:
            found += [line.event for line in page.lines]
            if page.older is None:
                return found
            page = self.page(filters, page.older, limit)


@pytest.fixture
def logs(tmp_path: Path, clock: FixedClock) -> Logs:
    return Logs(tmp_path, LogService(tmp_path, cast("Database", None), clock))


Numbered = Callable[..., list[str]]


@pytest.fixture
def numbered() -> Numbered:
    """Lines ``n0``, ``n1`` … a second after each other, the last one a second before NOW."""

    def make(count: int, name: str = "n", shift: float = 0.0, **more: Any) -> list[str]:
        return [
            written(NOW - timedelta(seconds=count - number) + timedelta(seconds=shift), f"{name}{number}", **more)
            for number in range(count)
        ]

    return make
