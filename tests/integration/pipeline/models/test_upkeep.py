"""Clean-up: three versions of a kind, never the active one nor one in use; strays of killed writers (B3)."""

import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.queries import models as queries
from pipeline.models.model_files import ModelFolder
from pipeline.models.service import ModelManager
from tests.integration.pipeline.models.versions import KIND, active, publish, row_of


def rows(manager: ModelManager, hotel: int) -> int:
    with manager.database.reading() as connection:
        return len(queries.list_models(connection, hotel))


def test_three_versions_stay_and_the_preview_says_what_goes(manager: ModelManager, hotel: int) -> None:
    made = [publish(manager, hotel, float(day), day=day) for day in range(5)]
    preview = manager.upkeep.preview(SYSTEM, hotel)
    assert preview.files == 2
    assert preview.size_bytes == sum(row.size_bytes or 0 for row in made[:2])
    cleaned = manager.cleanup_old_models(SYSTEM, hotel)
    assert (cleaned.files, cleaned.size_bytes) == (preview.files, preview.size_bytes)
    assert sorted(manager.folder.files(hotel)) == sorted(str(row.model_path) for row in made[2:])
    assert [row_of(manager, row.id).model_path for row in made[:2]] == [None, None]
    assert manager.cleanup_old_models(SYSTEM, hotel).files == 0


def test_after_a_month_inactive_versions_go_with_their_rows_and_the_history_stays(
    manager: ModelManager, hotel: int, clock: FixedClock
) -> None:
    publish(manager, hotel, 1.0)
    second = publish(manager, hotel, 2.0, day=1)
    clock.advance(timedelta(days=31))
    cleaned = manager.cleanup_old_models(SYSTEM, hotel)
    assert (cleaned.files, cleaned.rows) == (1, 1)
    assert active(manager, hotel) == [second.id]
    with manager.database.reading() as connection:
        assert len(queries.activations(connection, hotel, 10)) == 2


def test_the_active_version_stays_however_old_it_is(manager: ModelManager, hotel: int, clock: FixedClock) -> None:
    first = publish(manager, hotel, 1.0)
    manager.make_active(SYSTEM, first.id, "the only one")
    for day in range(1, 5):
        publish(manager, hotel, float(day), day=day)
    clock.advance(timedelta(days=365))
    manager.cleanup_old_models(SYSTEM, hotel)
    assert active(manager, hotel) == [first.id]
    with manager.in_use(hotel, *KIND) as model:
        assert model.factor == 1.0


def test_a_version_in_use_stays_until_it_is_left(manager: ModelManager, hotel: int) -> None:
    made = [publish(manager, hotel, float(day), day=day) for day in range(4)]
    with manager.loaded(made[0]) as model:
        cleaned = manager.cleanup_old_models(SYSTEM, hotel)
        assert (cleaned.files, cleaned.in_use) == (0, 1)
        assert row_of(manager, made[0].id).model_path == made[0].model_path
        assert model.factor == 0.0
    assert manager.cleanup_old_models(SYSTEM, hotel).files == 1


def test_a_clean_up_and_a_publication_wait_for_one_another(manager: ModelManager, hotel: int) -> None:
    for day in range(4):
        publish(manager, hotel, float(day), day=day)
    done = threading.Event()

    def clean() -> None:
        manager.cleanup_old_models(SYSTEM, hotel)
        done.set()

    with manager.database.transaction() as connection:
        queries.lock_models(connection, hotel)  # as a publication does
        thread = threading.Thread(target=clean)
        thread.start()
        assert not done.wait(0.3)
        assert len(manager.folder.files(hotel)) == 4
    assert done.wait(60)
    thread.join()
    assert len(manager.folder.files(hotel)) == 3


def test_a_detection_keeps_the_files_that_it_chose_from(manager: ModelManager, hotel: int) -> None:
    for day in range(4):
        publish(manager, hotel, float(day), day=day)
    done = threading.Event()
    thread = threading.Thread(target=lambda: (manager.cleanup_old_models(SYSTEM, hotel), done.set()))
    with manager.database.transaction() as connection:
        chosen = manager.usable_models(connection, hotel, *KIND)
        thread.start()
        assert not done.wait(0.3)
        for row in chosen:
            manager.load_model_from_file(row)
    assert done.wait(60)
    thread.join()


def test_files_that_no_row_names_go_when_they_are_old_and_partial_ones_at_once(
    manager: ModelManager, hotel: int, clock: FixedClock
) -> None:
    row = publish(manager, hotel, 1.0)
    folder = manager.folder.inside(str(row.model_path)).parent
    for name, age in (("zscore_stok_seviye_1.pkl", 2), ("zscore_stok_seviye_2.pkl", 0.5), (".aa.partial", 0)):
        (folder / name).write_bytes(b"x" * 10)
        at = (clock.now() - timedelta(hours=age)).timestamp()
        os.utime(folder / name, (at, at))
    cleaned = manager.cleanup_old_models(SYSTEM, hotel)
    assert (cleaned.files, cleaned.size_bytes) == (1, 20)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["zscore_stok_seviye_2.pkl", Path(str(row.model_path)).name]
    )


def test_at_nine_tenths_of_the_disk_only_the_version_in_use_stays(
    manager: ModelManager, hotel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [publish(manager, hotel, float(day), day=day) for day in range(3)]
    assert manager.cleanup_old_models(SYSTEM, hotel).files == 0
    monkeypatch.setattr(ModelFolder, "disk_ratio", lambda self: 0.9)
    assert manager.upkeep.preview(SYSTEM, hotel).files == 2
    manager.cleanup_old_models(SYSTEM, hotel)
    assert list(manager.folder.files(hotel)) == [made[-1].model_path]


def test_deleting_takes_neither_the_active_version_nor_one_in_use(manager: ModelManager, hotel: int) -> None:
    first, second = publish(manager, hotel, 1.0), publish(manager, hotel, 2.0, day=1)
    with pytest.raises(AppError, match="model_is_active"):
        manager.upkeep.delete(SYSTEM, second.id)
    with manager.loaded(first), pytest.raises(AppError, match="model_is_used"):
        manager.upkeep.delete(SYSTEM, first.id)
    assert manager.upkeep.delete(SYSTEM, first.id) == first.size_bytes
    assert list(manager.folder.files(hotel)) == [second.model_path]
    with pytest.raises(AppError, match="model_missing"):
        manager.make_active(SYSTEM, first.id, "too late")


def test_counts_of_a_cache_are_added_to_the_hour_of_their_service(manager: ModelManager, hotel: int) -> None:
    row = publish(manager, hotel, 1.0)
    for _ in range(2):
        with manager.loaded(row), manager.loaded(row):
            pass
        manager.upkeep.count(manager.cache, "jobs")
    with manager.database.reading() as connection:
        found = connection.execute(text("SELECT service, hits, misses FROM ml_model_cache_counts")).all()
    assert [tuple(one) for one in found] == [("jobs", 3, 1)]


def test_upkeep_needs_the_right(manager: ModelManager, hotel: int) -> None:
    nobody = Scope("bora", frozenset(), None)
    for work in (manager.upkeep.preview, manager.upkeep.clean, manager.list_available_models):
        with pytest.raises(AppError, match="forbidden"):
            work(nobody, hotel)
