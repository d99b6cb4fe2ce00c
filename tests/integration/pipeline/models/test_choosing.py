"""Which version is in use: published, chosen, rolled back, pinned, and seen by every process (R4, B3, C6)."""

import multiprocessing
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.queries import models as queries
from db.session import open_database
from pipeline.models.seal import Identity
from pipeline.models.service import ModelManager
from tests.conftest import KEYS
from tests.integration.pipeline.models.versions import (
    KIND,
    Forgetful,
    active,
    history,
    publish,
    row_of,
    tomorrow,
)

FORK = multiprocessing.get_context("fork")
WITHIN_SECONDS = 5.0


def usable(manager: ModelManager, hotel: int) -> list[int]:
    with manager.database.reading() as connection:
        return [row.id for row in manager.usable_models(connection, hotel, *KIND)]


def factor(manager: ModelManager, hotel: int) -> float:
    with manager.in_use(hotel, *KIND) as model:
        return float(model.factor)


def test_a_new_version_replaces_the_one_before_and_the_history_says_when_and_why(
    manager: ModelManager, hotel: int, clock: FixedClock
) -> None:
    first = publish(manager, hotel, 1.0)
    tomorrow(clock)
    second = publish(manager, hotel, 2.0, day=1)
    assert active(manager, hotel) == [second.id]
    assert history(manager) == [(first.id, False, "trained"), (second.id, True, "trained")]
    assert usable(manager, hotel) == [second.id, first.id]
    with manager.database.reading() as connection:
        lines = queries.activations(connection, hotel, 10)
    assert lines[1]["active_until"] == lines[0]["active_from"] == clock.now()


def test_a_version_that_scores_otherwise_when_read_back_is_not_published(manager: ModelManager, hotel: int) -> None:
    first = publish(manager, hotel, 1.0)
    with pytest.raises(AppError, match="model_scores_differ"):
        publish(manager, hotel, 2.0, day=1, estimator=Forgetful(2.0))
    assert active(manager, hotel) == [first.id]
    assert list(manager.folder.files(hotel)) == [first.model_path]


def test_an_older_version_is_chosen_with_a_reason_and_newer_ones_are_set_aside(
    manager: ModelManager, hotel: int, clock: FixedClock
) -> None:
    rows = [publish(manager, hotel, float(number), day=number) for number in (1, 2, 3)]
    with pytest.raises(AppError, match="model_reason_missing"):
        manager.make_active(SYSTEM, rows[0].id, "  ")
    manager.make_active(replace(SYSTEM, actor="ayse"), rows[0].id, "the others find too much")
    assert active(manager, hotel) == [rows[0].id]
    assert usable(manager, hotel) == [rows[0].id]
    assert [row_of(manager, row.id).withdrawn_reason for row in rows] == [None, "rolled_back", "rolled_back"]
    with manager.database.reading() as connection:
        line = queries.activations(connection, hotel, 1)[0]
        audited = connection.execute(text("SELECT actor, action FROM audit_log ORDER BY id DESC LIMIT 1")).one()
    assert (line["actor"], line["reason"], line["note"]) == ("ayse", "chosen", "the others find too much")
    assert tuple(audited) == ("ayse", "model_activated")
    manager.make_active(SYSTEM, rows[2].id, "it was right after all")
    assert usable(manager, hotel) == [rows[2].id, rows[0].id]


def test_rollback_is_one_call_to_the_version_before_and_passes_over_one_that_does_not_load(
    manager: ModelManager, hotel: int
) -> None:
    rows = [publish(manager, hotel, float(number), day=number) for number in (1, 2, 3)]
    path = manager.folder.inside(str(rows[1].model_path))
    path.write_bytes(b"y" + path.read_bytes()[1:])
    assert manager.rollback(SYSTEM, hotel, *KIND, "alerts doubled").id == rows[0].id
    assert history(manager)[-1] == (rows[0].id, True, "rollback")
    path.unlink()
    manager.folder.delete(str(rows[2].model_path))
    with pytest.raises(AppError, match="model_nothing_before"):
        manager.rollback(SYSTEM, hotel, *KIND, "again")
    assert active(manager, hotel) == [rows[0].id]


def test_rolled_back_twice_it_goes_further_back_and_never_to_the_version_that_was_left(
    manager: ModelManager, hotel: int
) -> None:
    rows = [publish(manager, hotel, float(number), day=number) for number in (1, 2, 3)]
    assert [manager.rollback(SYSTEM, hotel, *KIND, "worse").id for _ in range(2)] == [rows[1].id, rows[0].id]


def test_a_process_follows_a_version_whose_file_or_signature_changed(
    manager: ModelManager, hotel: int, clock: FixedClock
) -> None:
    """A move of the file or a new key leaves the version the same: who uses it long must not keep the old facts."""
    row = publish(manager, hotel, 1.0)
    assert factor(manager, hotel) == 1.0
    renamed = str(row.model_path).replace(".pkl", "-moved.pkl")
    manager.folder.inside(str(row.model_path)).rename(manager.folder.root / renamed)
    signature = KEYS.sign(Identity.of(row).message(renamed, str(row.sha256), dict(row.library_versions or {})))
    with manager.database.transaction() as connection:
        query = "UPDATE ml_models SET model_path = :path, hmac_sha256 = :signature WHERE id = :id"
        connection.execute(text(query), {"path": renamed, "signature": signature, "id": row.id})
    manager.switchboard.look_seconds = 0.0
    manager.cache.clear()
    assert factor(manager, hotel) == 1.0


def test_a_choice_stays_until_it_is_ended_and_trainings_wait_meanwhile(manager: ModelManager, hotel: int) -> None:
    rows = [publish(manager, hotel, float(number), day=number) for number in (1, 2)]
    manager.rollback(SYSTEM, hotel, *KIND, "alerts doubled")
    third = publish(manager, hotel, 3.0, day=3)
    assert active(manager, hotel) == [rows[0].id]
    assert row_of(manager, third.id).withdrawn_reason == "pinned"
    assert usable(manager, hotel) == [rows[0].id]
    assert manager.follow_trainings(SYSTEM, hotel, *KIND).id == third.id
    assert active(manager, hotel) == [third.id]
    assert history(manager)[-1] == (third.id, True, "released")
    fourth = publish(manager, hotel, 4.0, day=4)
    assert active(manager, hotel) == [fourth.id]


def test_a_chosen_version_that_cannot_be_loaded_any_more_is_replaced(manager: ModelManager, hotel: int) -> None:
    first = publish(manager, hotel, 1.0)
    manager.make_active(SYSTEM, first.id, "chosen")
    publish(manager, hotel, 2.0, day=1)
    third = publish(manager, hotel, 3.0, day=2, breaks_pin=True)
    assert active(manager, hotel) == [third.id]


def test_choosing_needs_the_right_and_the_hotel(manager: ModelManager, hotel: int) -> None:
    row = publish(manager, hotel, 1.0)
    reader = Scope("cem", frozenset({"models.read"}), None)
    other = Scope("cem", frozenset({"models.read", "models.write"}), frozenset({hotel + 1}))
    for scope, error in ((reader, "forbidden"), (other, "not_found")):
        with pytest.raises(AppError, match=error):
            manager.make_active(scope, row.id, "why not")
        with pytest.raises(AppError, match=error):
            manager.rollback(scope, hotel, *KIND, "why not")
        with pytest.raises(AppError, match=error):
            manager.upkeep.delete(scope, row.id)


def follow(url: str, folder: Path, hotel: int, say: Connection) -> None:
    """Another process that uses the version in use all the time, and tells what it uses: each version, and when it
    had last begun to use the one before."""
    settings = Settings(home=folder / "home", models_dir=folder / "models")
    other = ModelManager(open_database(url, pool_size=1, keys=KEYS), settings)
    told, before = None, 0.0
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and told != "stop":
        begun = time.monotonic()
        found = factor(other, hotel)
        if found != told:
            say.send((found, before))
            told = found
        before = begun
        if say.poll(0.05):
            told = say.recv()


def test_a_rollback_reaches_every_process_within_five_seconds(
    manager: ModelManager, hotel: int, tmp_path: Path
) -> None:
    publish(manager, hotel, 1.0)
    publish(manager, hotel, 2.0, day=1)
    url = manager.database.engine.url.render_as_string(hide_password=False)
    manager.database.dispose()  # no connection is shared with the processes that are made now
    ends = [FORK.Pipe() for _ in range(3)]
    processes = [FORK.Process(target=follow, args=(url, tmp_path, hotel, theirs)) for _, theirs in ends]
    for process in processes:
        process.start()
    assert [mine.recv()[0] for mine, _ in ends] == [2.0] * 3
    manager.rollback(SYSTEM, hotel, *KIND, "alerts doubled")
    done = time.monotonic()
    seen = [mine.recv() for mine, _ in ends]
    for (mine, _), process in zip(ends, processes, strict=True):
        mine.send("stop")
        process.join(60)
    assert [found for found, _ in seen] == [1.0] * 3
    assert max(at for _, at in seen) < done + WITHIN_SECONDS  # no use that began later was of the old one
