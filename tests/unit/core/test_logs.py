"""What is written to a log: no secret, bounded, with its origin; files that several processes rename (C7)."""

import json
import logging
import os
from collections.abc import Iterator
from logging import LogRecord
from pathlib import Path

import pytest

from core import logs
from core.log_rotation import SharedRotation
from core.logs import MOST_CHARACTERS, configure_logging, logger, without_secrets
from core.masking import MASK
from core.version import version


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Where ``test`` logs to meanwhile."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging("test", "INFO", tmp_path, console=False)
    yield tmp_path / "test.jsonl"
    for handler in root.handlers:
        handler.close()
    root.handlers = handlers
    root.setLevel(level)


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_secrets_are_masked_before_they_are_written_and_counted(file: Path) -> None:
    class Failure:
        def __repr__(self) -> str:
            return "Failure(postgresql://barometer:SECRETTAIL@host/db)"

    logger("tests").warning(
        "call_failed", api_key="SECRETTAIL", headers={"x": ["Bearer SECRETTAIL"]}, error=Failure(), room=305
    )
    logging.getLogger("library").error("to redis://:%s@host", "SECRETTAIL")
    try:
        int("bmk_SECRETTAIL")
    except ValueError:
        logger("tests").exception("it_failed")
    assert "SECRETTAIL" not in file.read_text()
    own, foreign, failed = lines(file)
    assert (own["masked"], own["room"], own["api_key"]) == (3, 305, MASK)
    assert (foreign["masked"], foreign["event"]) == (1, f"to redis://{MASK}@host")
    assert failed["masked"] == 2  # in the line that failed and in its message
    assert "ValueError" in str(failed["exception"])


def test_a_line_without_secrets_counts_none_and_tells_its_origin(file: Path) -> None:
    logger("tests").info("model_loaded", note=f"{MASK} typed by somebody, Çıkış")
    [line] = lines(file)
    assert "masked" not in line
    assert (line["version"], line["pid"]) == (version(), os.getpid())
    assert "Çıkış" in file.read_text(encoding="utf-8")


def test_endless_values_are_cut_and_odd_ones_are_written(file: Path) -> None:
    logger("tests").info("answer", body="x" * 50_000, rows=list(range(10_000)), odd="\ud800", path=Path("/x"))
    [line] = lines(file)
    assert len(str(line["body"])) < MOST_CHARACTERS + 20
    assert len(str(line["rows"])) < MOST_CHARACTERS + 20
    assert str(line["body"]).endswith("(50000)")
    assert without_secrets(None, "info", {"event": "x", "n": 1}) == {"event": "x", "n": 1}


def record(number: int) -> LogRecord:
    return LogRecord("tests", logging.INFO, "x.py", 1, f"{number:04d} " + "x" * 90, None, None)


def test_two_processes_that_rename_a_full_file_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    one, other = SharedRotation(path, 1_000, 5), SharedRotation(path, 1_000, 5)
    for number in range(80):
        (one if number % 2 else other).emit(record(number))
    one.close()
    other.close()
    kept = [path, *(tmp_path / f"jobs.jsonl.{number}" for number in range(1, 6))]
    written = [int(line[:4]) for file in reversed(kept) for line in file.read_text().splitlines()]
    assert written == list(range(written[0], 80))
    assert all(len(file.read_text().splitlines()) > 5 for file in kept[1:])


def test_a_file_that_somebody_deleted_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    handler = SharedRotation(path, logs.FILE_BYTES, 5)
    handler.emit(record(1))
    path.unlink()
    handler.emit(record(2))
    handler.close()
    assert path.read_text().startswith("0002")


def test_what_a_library_says_before_every_run_is_left_out_and_what_it_does_is_written(file: Path) -> None:
    logging.getLogger("alembic.runtime.plugins").info("setup plugin alembic.autogenerate.schemas")
    logging.getLogger("alembic.runtime.migration").info("Running upgrade 0033 -> 0034")
    assert [line["event"] for line in lines(file)] == ["Running upgrade 0033 -> 0034"]
