"""Models of the database become files and back, one by one, beside a running system (B5, B10)."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from sqlalchemy import text

from core.errors import AppError
from core.scope import SYSTEM
from db.queries import model_copies as copies
from pipeline.models.moving.service import ModelMove
from pipeline.models.service import ModelManager
from tests.integration.pipeline.models.versions import publish, row_of

ROWS = np.random.default_rng(0).normal(size=(60, 4))
FOREST = IsolationForest(n_estimators=5, random_state=0).fit(ROWS)
OLDER = """
INSERT INTO ml_models (hotel_id, model_type, metric_type, model_data, trained_at, accuracy)
VALUES (:hotel, 'isolation_forest', 'stok_seviye', :content, now(), 0.91) RETURNING id
"""


class Canary:
    """Leaves a trace when somebody opens it."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.trace}",)


def older(manager: ModelManager, hotel: int, content: bytes | None = None) -> int:
    """A row as the older system wrote it: a pickle, no file, no seal."""
    with manager.database.transaction() as connection:
        given = {"hotel": hotel, "content": content or pickle.dumps(FOREST, protocol=4)}
        return int(connection.execute(text(OLDER), given).scalar_one())


def data(manager: ModelManager, model_id: int) -> bytes | None:
    with manager.database.reading() as connection:
        return copies.model_data(connection, model_id)


def scores(manager: ModelManager, model_id: int) -> np.ndarray:
    return np.asarray(manager.load_model_from_file(row_of(manager, model_id)).score_samples(ROWS))


def test_an_older_model_loads_and_is_a_file_from_then_on(manager: ModelManager, hotel: int) -> None:
    """B5: no file → BLOB → write the file → set model_data NULL."""
    model_id = older(manager, hotel)
    np.testing.assert_array_equal(scores(manager, model_id), FOREST.score_samples(ROWS))
    row = row_of(manager, model_id)
    assert data(manager, model_id) is None
    assert row.model_path is not None
    assert manager.folder.inside(row.model_path).exists()
    assert row.accuracy == 0.91
    np.testing.assert_array_equal(scores(manager, model_id), FOREST.score_samples(ROWS))
    assert len(manager.folder.files(hotel)) == 1  # converted once


def test_who_holds_the_row_of_before_the_move_loads_the_file(manager: ModelManager, hotel: int) -> None:
    before = row_of(manager, older(manager, hotel))
    for _ in range(2):
        model = manager.load_model_from_file(before)
        np.testing.assert_array_equal(model.score_samples(ROWS), FOREST.score_samples(ROWS))


def test_moving_tells_what_it_did_and_a_second_run_has_nothing_to_do(
    manager: ModelManager, hotel: int, tmp_path: Path
) -> None:
    ids = [older(manager, hotel) for _ in range(3)]
    broken = older(manager, hotel, b"no pickle at all")
    trace = tmp_path / "opened"
    canary = older(manager, hotel, pickle.dumps(Canary(trace)))
    move = ModelMove(manager)
    rehearsed = move.to_files(SYSTEM, dry_run=True)
    assert (rehearsed.moved, sorted(rehearsed.failed)) == (ids, [broken, canary])
    assert manager.folder.files(hotel) == {}
    ratios: list[float] = []
    done = move.to_files(SYSTEM, progress=lambda ratio, note: ratios.append(ratio))
    assert (done.moved, sorted(done.failed), done.skipped) == (ids, [broken, canary], [])
    assert ratios == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert done.failed[canary].code == "model_unsafe"
    assert not trace.exists()
    assert all(data(manager, one) is None for one in ids)
    assert data(manager, broken) == b"no pickle at all"
    assert move.to_files(SYSTEM).moved == []


def test_a_move_that_was_killed_goes_on_where_it_stopped(
    manager: ModelManager, hotel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [older(manager, hotel) for _ in range(4)]
    to_file, calls = type(manager.reader).to_file, []

    def killed(self: object, *given: object) -> bool:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return to_file(self, *given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(type(manager.reader), "to_file", killed)
        with pytest.raises(KeyboardInterrupt):
            ModelMove(manager).to_files(SYSTEM)
    assert ModelMove(manager).to_files(SYSTEM).moved == ids[2:]
    for one in ids:
        np.testing.assert_array_equal(scores(manager, one), FOREST.score_samples(ROWS))


def test_one_that_a_running_system_converted_meanwhile_is_skipped(
    manager: ModelManager, hotel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_id = older(manager, hotel)
    opened_copy = type(manager.reader).opened_copy

    def meanwhile(self: object, *given: object) -> object:
        monkeypatch.undo()
        scores(manager, model_id)  # a detection loads it, and so writes its file
        return opened_copy(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(type(manager.reader), "opened_copy", meanwhile)
    assert ModelMove(manager).to_files(SYSTEM).skipped == [model_id]
    assert len(manager.folder.files(hotel)) == 1
    np.testing.assert_array_equal(scores(manager, model_id), FOREST.score_samples(ROWS))


def test_rolled_back_the_database_holds_what_the_older_system_reads(manager: ModelManager, hotel: int) -> None:
    ours = publish(manager, hotel, 1.0)
    ids = [older(manager, hotel) for _ in range(2)]
    ModelMove(manager).to_files(SYSTEM)
    back = ModelMove(manager).to_database(SYSTEM)
    assert sorted(back.moved) == ids
    assert list(manager.folder.files(hotel)) == [ours.model_path]  # what was a file from the start stays one
    for one in ids:
        content = data(manager, one)
        assert content is not None
        assert content == pickle.dumps(FOREST, protocol=4)  # byte for byte what was there
        assert row_of(manager, one).model_path is None
    assert ModelMove(manager).to_database(SYSTEM).moved == []
    assert ModelMove(manager).to_files(SYSTEM).moved == ids  # and forth again


def test_a_file_that_was_changed_is_not_rolled_back(manager: ModelManager, hotel: int) -> None:
    model_id = older(manager, hotel)
    ModelMove(manager).to_files(SYSTEM)
    path = manager.folder.inside(str(row_of(manager, model_id).model_path))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert ModelMove(manager).to_database(SYSTEM).failed[model_id].code == "model_corrupt"
    assert path.exists()


def test_an_older_models_canary_does_not_run_when_a_detection_loads_it(
    manager: ModelManager, hotel: int, tmp_path: Path
) -> None:
    trace = tmp_path / "opened"
    model_id = older(manager, hotel, pickle.dumps(Canary(trace)))
    with pytest.raises(AppError, match="model_unsafe"):
        scores(manager, model_id)
    assert not trace.exists()
