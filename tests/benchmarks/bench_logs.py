"""C7: the first page of 1 GB of logs, a search that ends at its budget, statistics; beside reading it all with json."""

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from core.clock import FixedClock
from core.scope import SYSTEM
from db.session import Database
from operations.logs.matching import LogFilters
from operations.logs.service import LogService
from tests.benchmarks.report import Row, timed

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
STREAMS, FILES, FILE_BYTES = ("dashboard", "jobs", "sidecar", "keeper", "command"), 6, 34_000_000
GIGABYTE = "1 GB of logs in 30 files"


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        logs = LogService(Path(folder), cast("Database", None), FixedClock(NOW))
        whole = timed(lambda: read_all(Path(folder)), 1)
        day = LogFilters(since=NOW - timedelta(days=2), until=NOW - timedelta(days=2) + timedelta(minutes=1))
        asked = {
            "first page": LogFilters(), "100 lines of a minute long ago": day,
            "a word that nowhere stands": LogFilters(text="nowhere"),
            "an expression that matches nothing": LogFilters(text="no(w|where)+$", is_regex=True),
        }  # fmt: skip
        rows = [
            Row("C7", f"{name} of {GIGABYTE}", timed(lambda one=one: logs.page(SYSTEM, one)), *reference(whole))
            for name, one in asked.items()
        ]
        seconds = timed(lambda: logs.statistics(SYSTEM, LogFilters()))
        return [*rows, Row("C7", f"statistics of {GIGABYTE}", seconds, *reference(whole))]


def reference(seconds: float) -> tuple[str, float, str]:
    return "json.loads of every line", seconds, "< 1 s for the first page, < 3 s for others"


def write(folder: Path) -> None:
    """A line every tenth of a second in each stream, the newest ones at NOW."""
    for stream in STREAMS:
        at = NOW
        for number in range(FILES):
            name = f"{stream}.jsonl" + (f".{number}" if number else "")
            lines, size = [], 0
            while size < FILE_BYTES:
                at -= timedelta(milliseconds=100)
                lines.append(json.dumps({
                    "event": "run_ended", "job": "train", "hotel_id": size % 40, "state": "succeeded",
                    "request_id": f"job-run-{size}", "actor": "system", "level": "info", "logger": "operations.jobs",
                    "timestamp": at.isoformat(), "version": "1.0.0", "pid": 4711,
                }))  # fmt: skip
                size += len(lines[-1]) + 1
            (folder / name).write_text("".join(f"{line}\n" for line in reversed(lines)))


def read_all(folder: Path) -> int:
    """What a reader without bounds would do."""
    return sum(1 for path in folder.iterdir() for line in path.open() if json.loads(line)["event"] == "nothing")
