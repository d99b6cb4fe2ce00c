"""The failure table of model files (SPEC B2, B5, B9, R4): every row of it as a fault that really happens."""

from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Thread

import joblib
import numpy as np
import pytest
from sqlalchemy import Connection

from core.errors import AppError
from core.key_ring import KeyRing
from core.scope import SYSTEM
from db.queries import models as queries
from db.session import Database
from pipeline.alerts.service import AlertService
from pipeline.detection.detectors import JUDGES
from pipeline.detection.service import DetectionService
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.training.service import TrainingService
from tests.integration.pipeline.models.failing import (
    DAMAGES,
    KIND,
    Canary,
    Installation,
    as_normal_user,
    canary_file,
    database_gone,
    disk,
    flip,
    install,
    meanwhile,
    opened,
    reachable_folder,
    simulated,
    watched,
)
from tests.integration.pipeline.training.test_training_service import forest_votes

TWO_WAITS = [0.05, 0.1]
EVERY_TRY = {"model_missing", "model_corrupt", "model_forbidden"}  # tried three times
DAY = timedelta(days=1)
UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
UNUSABLE, FULL = "model_kullanilamiyor", "model_disk_dolu"
FORESTS = ("stok_seviye", "zimmet_kullanim")
CHECKSUM = "UPDATE ml_models SET sha256 = :sha256, size_bytes = :size WHERE id = :id"
SEAL_OF_ANOTHER = (
    "UPDATE ml_models SET (model_path, size_bytes, sha256, hmac_sha256, library_versions) = (SELECT model_path, "
    "size_bytes, sha256, hmac_sha256, library_versions FROM ml_models WHERE id = :other) WHERE id = :id"
)


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Installation:
    return install(database, tmp_path / "models")


def test_an_undamaged_model_is_opened_once_and_recorded(place: Installation) -> None:
    """Control of all below: opening a model leaves a trace."""
    row = place.publish(4.0)
    assert place.manager.load_model_from_file(row).middle == 4.0
    assert (opened, place.waits, place.outcomes, place.trainings_wanted) == ([4.0], [], ["loaded"], 0)


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_refused_before_anything_in_it_runs(place: Installation, tmp_path: Path, name: str) -> None:
    code, damage = DAMAGES[name]
    trace, row, _ = tmp_path / "opened", place.publish(1.0), place.publish(2.0, "zimmet_kullanim")
    damage(place.path(row), trace)
    for _ in range(2):
        with pytest.raises(AppError, match=code):
            place.manager.load_model_from_file(row)
    assert (opened, trace.exists()) == ([], False)
    assert place.waits == (2 * TWO_WAITS if code in EVERY_TRY else [])
    assert place.outcomes == [code, code]  # one record a load, however many tries it took
    assert place.trainings_wanted == 1
    assert place.active == [row.id]


def test_no_bit_of_a_file_may_change(place: Installation) -> None:
    row = place.publish()
    path = place.path(row)
    for bit in np.random.default_rng(7).choice(8 * path.stat().st_size, 60, replace=False).tolist():
        flip(path, bit)
        with pytest.raises(AppError, match="model_corrupt"):
            place.manager.load_model_from_file(row)
        flip(path, bit)
    assert opened == []
    assert place.manager.load_model_from_file(row).middle == 1.0


def test_a_file_that_is_there_again_at_the_second_try_is_loaded(place: Installation) -> None:
    row = place.publish()
    path = place.path(row)
    path.rename(path.with_suffix(".away"))
    manager = replace(place.manager, sleep=lambda seconds: path.with_suffix(".away").rename(path))
    assert manager.load_model_from_file(row).middle == 1.0
    assert (place.outcomes, place.trainings_wanted) == (["loaded"], 0)


@pytest.mark.parametrize("is_checked", [True, False])
@pytest.mark.parametrize("is_canary", [True, False])
def test_a_file_that_fits_a_forged_row_is_refused_for_want_of_a_signature(
    place: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_canary: bool, is_checked: bool
) -> None:
    """Somebody who writes into the database and onto the volume has no key. Without the check it is opened."""
    trace, row, other = tmp_path / "opened", place.publish(1.0), place.publish(2.0, "zimmet_kullanim")
    if is_canary:
        content = canary_file(trace)
        place.path(row).write_bytes(content)
        place.sql(CHECKSUM, id=row.id, sha256=sha256(content).hexdigest(), size=len(content))
    else:
        place.sql(SEAL_OF_ANOTHER, id=row.id, other=other.id)
    if not is_checked:
        monkeypatch.setattr(KeyRing, "is_signed", lambda *given: True)
    with pytest.raises(AppError, match="model_corrupt") if is_checked else nullcontext():
        place.manager.load_model_from_file(place.row(row.id))
    assert (trace.exists() or opened == [2.0]) is not is_checked
    assert place.outcomes == ["model_corrupt" if is_checked else "loaded"]


@pytest.mark.parametrize("is_nested", [True, False])
def test_a_canary_in_the_copy_of_the_older_system_is_refused(
    place: Installation, tmp_path: Path, is_nested: bool
) -> None:
    trace, row = tmp_path / "opened", place.publish()
    joblib.dump(np.array([Canary(trace)]) if is_nested else Canary(trace), tmp_path / "copy")
    place.sql(
        "UPDATE ml_models SET model_path = NULL, sha256 = NULL, hmac_sha256 = NULL, model_data = :copy WHERE id = :id",
        id=row.id, copy=(tmp_path / "copy").read_bytes(),
    )  # fmt: skip
    with pytest.raises(AppError, match="model_unsafe"):
        place.manager.load_model_from_file(place.row(row.id))
    assert (trace.exists(), place.outcomes) == (False, ["model_unsafe"])
    joblib.load(tmp_path / "copy")
    assert trace.exists()


def test_a_model_of_other_library_versions_is_refused_and_one_training_asked_for(place: Installation) -> None:
    row = place.publish()
    place.sql('UPDATE ml_models SET library_versions = library_versions || \'{"numpy": "1.0"}\'')
    row = place.row(row.id)
    for manager in (place.manager, place.process(), place.process()):
        with pytest.raises(AppError, match="model_outdated"), manager.loaded(row):
            pytest.fail("it was loaded")
        with pytest.raises(AppError, match="model_outdated"):
            manager.load_model_from_file(row)
    assert (opened, place.waits, set(place.outcomes)) == ([], [], {"model_outdated"})
    assert (place.trainings_wanted, place.active) == (1, [row.id])


def test_processes_that_ask_at_the_same_time_ask_for_one_training(place: Installation) -> None:
    now = place.clock.now()

    def ask(connection: Connection | None = None) -> None:
        with nullcontext(connection) if connection else place.database.transaction() as mine:
            queries.request_training(mine, place.hotel_id, now, now - timedelta(hours=6))

    other = Thread(target=ask)
    with place.database.transaction() as connection:
        ask(connection)
        other.start()
        other.join(2.0)  # it has asked as well, or waits for us
    other.join()
    assert place.trainings_wanted == 1


@pytest.mark.parametrize("is_folder", [True, False])
def test_a_file_that_may_not_be_read_is_named_and_the_copy_in_the_database_is_used(
    database: Database, is_folder: bool
) -> None:
    """EACCES. With its mode as written the same user opens it."""
    with reachable_folder() as folder:
        place = install(database, folder)
        row = place.publish()
        path, content = place.path(row), place.path(row).read_bytes()
        with as_normal_user():
            assert place.manager.load_model_from_file(row).middle == 1.0
        (path.parent if is_folder else path).chmod(0)
        with as_normal_user(), pytest.raises(AppError, match="model_forbidden"):
            place.manager.load_model_from_file(row)
        assert (opened, place.waits, place.outcomes) == ([1.0], TWO_WAITS, ["loaded", "model_forbidden"])
        place.sql("UPDATE ml_models SET model_data = :copy", copy=place.manager.folder.keys.seal_bytes(content))
        with as_normal_user():
            assert place.manager.load_model_from_file(place.row(row.id)).middle == 1.0
        assert (place.outcomes, place.active) == (["loaded", "model_forbidden", "loaded"], [row.id])


def test_a_database_that_goes_while_a_model_loads_does_not_stop_the_load(place: Installation) -> None:
    row = place.publish(3.0)
    gone = database_gone(place.database)
    meanwhile.append(gone.__enter__)
    try:
        assert place.manager.load_model_from_file(row).middle == 3.0
        with pytest.raises(AppError, match="database_unavailable"):
            place.database.ping()
    finally:
        meanwhile.clear()
        gone.__exit__(None, None, None)
    assert (opened, place.outcomes) == ([3.0], [])


def test_without_a_database_the_version_in_use_stays_in_use(place: Installation) -> None:
    """Three tries to ask which one is active, then the file of the one that was; the switch follows later."""
    place.publish(1.0)
    place.manager.switchboard.look_seconds = 0.0
    with place.manager.in_use(place.hotel_id, *KIND) as rule:
        assert rule.middle == 1.0
    with database_gone(place.database):
        place.manager.cache.clear()
        with place.manager.in_use(place.hotel_id, *KIND) as rule:
            assert (rule.middle, place.waits, opened) == (1.0, TWO_WAITS, [1.0, 1.0])
        with pytest.raises(AppError, match="database_unavailable"), place.process().in_use(place.hotel_id, *KIND):
            pytest.fail("a process that never knew the active version")
    place.process().save_model_to_file(place.trained(2.0))
    with place.manager.in_use(place.hotel_id, *KIND) as rule:
        assert rule.middle == 2.0


@pytest.mark.parametrize("name", ["missing", "one bit flipped", "pipe"])
def test_a_damaged_new_version_does_not_take_the_place_of_the_one_in_use(
    place: Installation, tmp_path: Path, name: str
) -> None:
    place.publish(1.0)
    place.manager.switchboard.look_seconds = 0.0
    with place.manager.in_use(place.hotel_id, *KIND):
        newer = place.row(place.process().save_model_to_file(place.trained(2.0)))
    DAMAGES[name][1](place.path(newer), tmp_path / "opened")
    with place.manager.in_use(place.hotel_id, *KIND) as rule:
        assert (rule.middle, place.active) == (1.0, [newer.id])
    assert place.manager.rollback(SYSTEM, place.hotel_id, *KIND, note="the new file is damaged").id < newer.id
    assert place.active == [newer.id - 1]


@pytest.fixture
def hotel(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Two metric types whose forests vote, in five runs a day apart."""
    for module in ("training", "features"):
        monkeypatch.setattr(f"pipeline.{module}.service.METRIC_TYPES", {name: METRIC_TYPES[name] for name in FORESTS})
    monkeypatch.setattr("pipeline.detection.service.JUDGES", {name: JUDGES[name] for name in FORESTS})
    return simulated(database, tmp_path / "models", UNTIL)


def trained(hotel: Installation, at: datetime, *only: str) -> set[str]:
    """What became of every attempt of a training."""
    which = {"chooser": forest_votes, "only": frozenset(only or FORESTS)}
    training = TrainingService(hotel.database, hotel.process(), hotel.settings, **which)
    return set(training.train(SYSTEM, hotel.hotel_id, at).details.values())


def detected(hotel: Installation, at: datetime) -> tuple[list[int], bool]:
    """Fallbacks by metric type in a detection in a process of its own, and whether a forest voted on any new row."""
    hotel.clock.at = at
    before = hotel.found("SELECT detector FROM ml_scores")
    alerts = AlertService(hotel.database, hotel.clock)
    service = DetectionService(hotel.database, hotel.process(), hotel.settings, alerts)
    report = service.detect(SYSTEM, hotel.hotel_id, at)
    watched(hotel)
    new = Counter(hotel.found("SELECT detector FROM ml_scores")) - Counter(before)
    assert new["zscore"] > 0
    return [report.details[name]["fallbacks"] for name in FORESTS], new["zscore+isolation_forest"] > 0


def test_damaged_files_leave_the_zscore_alone_and_raise_an_alert_that_closes_itself(hotel: Installation) -> None:
    """B9: half of the loads failed is no critical alert, more is; a file put back and a training end it."""
    trained(hotel, UNTIL - 6 * DAY)
    assert (detected(hotel, UNTIL - 5 * DAY), hotel.alerts(UNUSABLE)) == (([0, 0], True), [])
    stock, custody = sorted(hotel.settings.models_dir.glob("hotel-*/isolation_forest*"))
    content = stock.read_bytes()
    stock.write_bytes(content[:-1])
    assert detected(hotel, UNTIL - 4 * DAY) == ([1, 0], True)
    assert hotel.alerts(UNUSABLE) not in ([], ["kritik"])
    custody.unlink()
    assert (detected(hotel, UNTIL - 3 * DAY), hotel.alerts(UNUSABLE)) == (([1, 1], False), ["kritik"])
    assert hotel.trainings_wanted == 1
    stock.write_bytes(content)
    assert trained(hotel, UNTIL - 3 * DAY, "zimmet_kullanim") == {"success"}
    assert (detected(hotel, UNTIL - 2 * DAY), hotel.alerts(UNUSABLE)) == (([0, 0], True), ["kritik"])
    assert (detected(hotel, UNTIL - DAY), hotel.alerts(UNUSABLE)) == (([0, 0], True), ["kritik, closed"])


def test_a_training_without_room_on_the_disk_raises_an_alert_that_closes_itself(hotel: Installation) -> None:
    """B9: nine tenths of a disk are never used here; it is the refused file that counts."""
    with disk(hotel.settings.models_dir, "900k") as remount:
        assert trained(hotel, UNTIL - 2 * DAY) == {"failed"}
        watched(hotel)
        assert (hotel.alerts(FULL), hotel.rows(), hotel.strays) == (["kritik"], [], [])
        remount("size=90m")
        for _ in range(2):
            hotel.clock.advance(timedelta(hours=2))
            assert trained(hotel, UNTIL - DAY) <= {"success"}
            watched(hotel)
        assert hotel.alerts(FULL) == ["kritik, closed"]
