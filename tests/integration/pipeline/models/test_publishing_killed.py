"""Publishing that is killed or fails at any point leaves the version before in use and whole (SPEC B9, R4)."""

import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from sqlalchemy import text

from core.clock import FixedClock, SystemClock
from core.errors import AppError
from core.scope import SYSTEM
from db.queries import models as queries
from db.queries.models import ModelRow
from db.session import Database, open_database
from pipeline.models import model_files
from pipeline.models.service import ModelManager
from tests.conftest import KEYS
from tests.integration.pipeline.models.failing import (
    BATCH,
    KIND,
    Installation,
    Rule,
    database_gone,
    disk,
    install,
    reachable_folder,
    unwritable,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # newer Pythons
KILLS, BALLAST = 40, 500_000  # bytes of a model: enough to be hit while it is packed, written and read back
OPEN_LINES = "SELECT model_id FROM ml_model_activations WHERE active_until IS NULL AND metric_type = 'stok_seviye'"


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Installation:
    return install(database, tmp_path / "models", SystemClock())


@pytest.fixture
def reachable(database: Database) -> Iterator[Installation]:
    with reachable_folder() as folder:
        yield install(database, folder)


def intact(place: Installation) -> ModelRow:
    """The one active version of the kind: named by the open line of the history, loaded, scoring as trained."""
    with place.database.reading() as connection:  # one snapshot: a killed process's commit may still arrive
        rows = queries.list_models(connection, place.hotel_id, *KIND)
        lines = list(connection.scalars(text(OPEN_LINES)))
    [active] = [row for row in rows if row.is_active]
    assert lines == [active.id]
    manager = place.process()
    manager.check_now(SYSTEM, active.id)
    found = manager.load_model_from_file(active).scores(BATCH)
    np.testing.assert_array_equal(found, np.abs(BATCH - (active.parameters or {})["middle"]))
    return active


def hours_later(place: Installation) -> ModelManager:
    return ModelManager(place.database, place.settings, FixedClock(place.clock.now() + timedelta(hours=2)))


def forked(place: Installation, work: Callable[[ModelManager], object]) -> tuple[int, int]:
    """Id of a child process that works with a connection of its own, and what it writes a byte to when it begins."""
    began, begins = os.pipe()
    child = os.fork()
    if child:
        os.close(begins)
        return child, began
    code = 1
    try:
        url = place.database.engine.url.render_as_string(hide_password=False)
        database = open_database(url, keys=KEYS)
        database.ping()
        manager = ModelManager(database, place.settings, place.clock)
        os.write(begins, b"!")
        work(manager)
        code = 0
    finally:
        os._exit(code)  # nothing of the parent's is closed or flushed


def killed(
    place: Installation, work: Callable[[ModelManager], object], after_seconds: float | None
) -> tuple[bool, float]:
    """Whether the process was killed before it had finished, and its seconds; None: we do not kill it."""
    child, began = forked(place, work)
    try:
        assert os.read(began, 1) == b"!"
        began_at = time.perf_counter()
        if after_seconds is not None:
            time.sleep(after_seconds)
            os.kill(child, signal.SIGKILL)
    finally:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.close(began)
    assert status in (0, -signal.SIGKILL)
    return status != 0, time.perf_counter() - began_at


def die(*given: Any, **named: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def half_written(descriptor: int, mode: str) -> None:
    os.write(descriptor, b"half of a model")
    die()


def test_publishing_killed_at_any_time_leaves_one_whole_active_version(place: Installation) -> None:
    """And a clean-up removes what the killed ones left: temporary files at once, files without a row after an hour."""
    moments, kills, middle = random.Random(11), 0, 1.0

    def work(manager: ModelManager) -> None:
        manager.save_model_to_file(place.trained(middle, ballast_bytes=BALLAST))

    place.publish(middle, ballast_bytes=BALLAST)
    seconds = min(killed(place, work, None)[1] for _ in range(3))
    while kills < KILLS:
        middle += 1.0
        kills += killed(place, work, moments.uniform(0, seconds))[0]
        intact(place)
        place.manager.cleanup_old_models(SYSTEM, place.hotel_id)
        assert not [name for name in place.strays if name.endswith(".partial")]
        intact(place)
    hours_later(place).cleanup_old_models(SYSTEM, place.hotel_id)
    assert place.strays == []
    intact(place)


POINTS: dict[str, tuple[str, Callable[..., object], str]] = {
    "half of the file is written": ("os.fdopen", half_written, ".partial"),
    "the file is written and not yet durable": ("os.fsync", die, ".partial"),
    "the file has no name yet": ("pathlib.Path.replace", die, ".partial"),
    "the file has its name": ("pipeline.models.model_files.ModelFolder.sealed", die, ".pkl"),
    "the file is about to be read back": ("pipeline.models.model_files.ModelFolder.read", die, ".pkl"),
    "the transaction begins": ("db.queries.models.lock_models", die, ".pkl"),
    "the row is about to be the active one": ("db.queries.models.activate", die, ".pkl"),
    "the row is the active one": ("", die, ".pkl"),
    "it is done": ("", len, ""),
}


@pytest.mark.parametrize("point", POINTS)
def test_publishing_killed_at_one_point_leaves_the_version_before_until_all_is_done(
    place: Installation, point: str
) -> None:
    target, fatal, left = POINTS[point]
    before = place.publish(1.0)

    def work(manager: ModelManager) -> None:
        with pytest.MonkeyPatch.context() as patch:
            if target:
                patch.setattr(target, fatal)
            manager.save_model_to_file(place.trained(2.0), lambda *named: target or fatal(named))
        die()

    assert killed(place, work, None)[0]
    assert [Path(name).suffix for name in place.strays] == ([left] if left else [])
    active = intact(place)
    assert (active.id == before.id) is (point != "it is done")
    place.manager.cleanup_old_models(SYSTEM, place.hotel_id)
    assert [Path(name).suffix for name in place.strays] == ([".pkl"] if left == ".pkl" else [])
    assert intact(place).id == active.id
    assert place.publish(3.0).id == intact(place).id


def test_a_half_written_file_a_wrong_line_and_no_active_row_are_noticed(place: Installation) -> None:
    """Negative control of ``intact``."""
    first, row = place.publish(1.0), place.publish(2.0)
    assert intact(place).id == row.id
    content = place.path(row).read_bytes()
    place.path(row).write_bytes(content[: len(content) // 2])
    with pytest.raises(AppError, match="model_corrupt"):
        intact(place)
    place.path(row).write_bytes(content)
    place.sql("UPDATE ml_model_activations SET model_id = :id WHERE active_until IS NULL", id=first.id)
    with pytest.raises(AssertionError):
        intact(place)
    place.sql("UPDATE ml_models SET is_active = false")
    with pytest.raises(ValueError, match="not enough values"):
        intact(place)


@contextmanager
def patched(target: str, value: object) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, value)
        yield


@contextmanager
def file_size_limit(size_bytes: int) -> Iterator[None]:
    """No file of this process grows beyond it (EFBIG)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def shortened(staged: Path, path: Path) -> None:
    """A disk that loses what it was given."""
    os.truncate(staged, staged.stat().st_size // 2)
    os.rename(staged, path)


def other_scores(rule: Rule) -> dict[str, Any]:
    return {**vars(rule), "middle": rule.middle + 1.0}


FAILS = Mock(side_effect=AppError("no_more"))
PACKED = f"{Rule.__module__}.Rule.__getstate__"
REFUSALS: dict[str, tuple[str, Callable[[Installation], AbstractContextManager[None]], int]] = {
    "a file may not be so long": ("model_disk_full", lambda place: file_size_limit(300_000), 0),
    "the disk loses half of it": ("model_corrupt", lambda place: patched("pathlib.Path.replace", shortened), 0),
    "it scores otherwise when loaded": ("model_scores_differ", lambda place: patched(PACKED, other_scores), 0),
    "the database goes": ("database_unavailable", lambda place: database_gone(place.database), 1),
    "the transaction fails": ("no_more", lambda place: patched("db.queries.models.activate", FAILS), 1),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_publishing_that_fails_leaves_the_version_before_and_no_part_of_a_file(place: Installation, name: str) -> None:
    """A file that was whole and got no row is a stray, which a clean-up takes after an hour."""
    code, failure, strays = REFUSALS[name]
    before = place.publish(1.0)
    with failure(place), pytest.raises(AppError, match=code):
        place.publish(2.0, ballast_bytes=BALLAST)
    assert [Path(name).suffix for name in place.strays] == [".pkl"] * strays
    assert ([row.id for row in place.rows()], intact(place).id) == ([before.id], before.id)
    hours_later(place).cleanup_old_models(SYSTEM, place.hotel_id)
    assert place.strays == []
    assert place.publish(3.0, ballast_bytes=BALLAST).id == intact(place).id


@pytest.mark.parametrize("is_guarded", [True, False])
def test_a_full_disk_refuses_a_model_before_it_is_written_and_while_it_is(
    place: Installation, monkeypatch: pytest.MonkeyPatch, is_guarded: bool
) -> None:
    with disk(place.settings.models_dir, "2m"):
        before = place.publish(1.0)
        if not is_guarded:
            monkeypatch.setattr(model_files, "SPARE_BYTES", -10_000_000)
        with pytest.raises(AppError, match="model_disk_full") as caught:
            place.publish(2.0, ballast_bytes=3_000_000)
        assert ("No space left on device" in str(caught.value)) is not is_guarded  # ENOSPC
        assert (place.strays, len(place.rows()), intact(place).id) == ([], 1, before.id)


def test_a_disk_that_is_full_of_older_versions_is_cleaned_up_and_takes_the_new_one(place: Installation) -> None:
    with disk(place.settings.models_dir, "4m"):
        for middle in (1.0, 2.0, 3.0):
            last = place.publish(middle, ballast_bytes=700_000)
        row = place.publish(4.0, ballast_bytes=1_200_000)
        assert intact(place).id == row.id
        assert [one.id for one in place.rows() if one.model_path] == [row.id, last.id]
        assert place.strays == []


@pytest.mark.parametrize("is_disk", [True, False])
def test_a_folder_that_may_not_be_written_to_leaves_the_model_in_the_database_until_it_may(
    reachable: Installation, is_disk: bool
) -> None:
    with unwritable(reachable, is_disk) as allow:
        row = reachable.publish(5.0)
        assert (row.model_path, row.has_data, row.is_active) == (None, True, True)
        assert reachable.manager.load_model_from_file(row).middle == 5.0
        assert reachable.row(row.id) == row
        allow()
        assert reachable.manager.load_model_from_file(row).middle == 5.0
        moved = reachable.row(row.id)
        assert (moved.model_path is not None, moved.has_data, moved.is_active) == (True, False, True)
        assert reachable.path(moved).stat().st_mode & 0o777 == 0o644
        assert reachable.process().load_model_from_file(moved).middle == 5.0
        assert (reachable.outcomes, reachable.strays) == (["loaded"] * 3, [])


def test_a_copy_that_became_a_file_while_it_was_in_use_stays_usable(reachable: Installation) -> None:
    reachable.manager.switchboard.look_seconds = 0.0
    with unwritable(reachable, is_disk=False) as allow:
        reachable.publish(5.0)
        allow()
        for _ in range(2):
            with reachable.manager.in_use(reachable.hotel_id, *KIND) as rule:
                assert rule.middle == 5.0
            reachable.manager.cache.clear()
