"""A row or a file that was changed past Barometer is found and named (SPEC A7.5)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db import migrate
from db.queries.metric_checksums import checksum_of
from operations.archive import verification as module
from pipeline.metrics.archive import parquet
from tests.integration.operations.archive.conftest import World

FIRST = timedelta(microseconds=123_457)
CHANGES = {
    "metric_value": "metric_value + 1e-9", "exposure": "2", "extra_data": "'{\"outflow\": 4}'",
    "collected_at": "collected_at + interval '1 microsecond'", "interval_start": "interval_start - interval '1 day'",
    "timestamp": "timestamp + interval '1 microsecond'", "entity_id": "999", "entity_type": "'room'",
    "metric_type": "'dolum_sure'", "checksum": "sha256('x')",
}  # fmt: skip
UNSEAL = "UPDATE ml_metrics SET checksum = NULL WHERE metric_type = 'ozel_seri' AND timestamp = :at"


def verify(world: World) -> dict[str, Any]:
    world.clock.advance(timedelta(days=1))
    return world.verification.verify(SYSTEM, world.hotel_id, world.at).details


def named(world: World) -> list[tuple[Any, ...]]:
    return world.ask(
        "SELECT fault, metric_type, entity_id, path IS NULL, metric_value::text FROM metric_findings "
        "WHERE cleared_at IS NULL ORDER BY id"
    )


def alerts(world: World) -> list[tuple[Any, ...]]:
    return world.ask("SELECT alert_type, severity, closed_at IS NULL FROM ml_alerts ORDER BY id")


def test_rows_and_files_as_they_were_written_raise_nothing(world: World) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    told = verify(world)
    assert told == {
        "rows": 14, "archived_rows": 21, "files": 3, "files_left": 0, "sealed": 0, "findings": 0, "first": [],
    }  # fmt: skip
    assert (named(world), alerts(world)) == ([], [])
    assert world.ask("SELECT DISTINCT verified_at, fault FROM archive_partitions") == [(world.at, None)]


@pytest.mark.parametrize("field", CHANGES)
def test_a_change_of_any_field_is_found_and_the_row_is_named(world: World, field: str) -> None:
    """And nothing of it depends on the session's settings."""
    product = world.hotel.products[1]
    world.do(
        f"UPDATE ml_metrics SET {field} = {CHANGES[field]} WHERE metric_type = 'stok_seviye' AND entity_id = :product "
        "AND timestamp = :at", product=product, at=world.before(1) + FIRST,
    )  # fmt: skip
    told = verify(world)
    assert (told["rows"], told["findings"]) == (35, 1)
    [(fault, metric_type, entity_id, is_of_database, _)] = named(world)
    assert (fault, is_of_database) == ("row_changed", True)
    assert metric_type == ("dolum_sure" if field == "metric_type" else "stok_seviye")
    assert entity_id == (999 if field == "entity_id" else product)
    assert told["first"] == [one for (one,) in world.ask("SELECT subject FROM metric_findings")]
    assert alerts(world) == [("kayit_degismis", "kritik", True)]


def test_a_row_that_nobody_sealed_is_told_apart(world: World) -> None:
    at = world.before(1) + FIRST
    verify(world)
    world.do(UNSEAL, at=at)
    verify(world)
    assert [fault for fault, *_ in named(world)] == ["row_unsealed"]


def test_what_the_version_before_wrote_beside_the_upgrade_is_sealed_once(world: World) -> None:
    """Its process may still have run when the migration had sealed what was there."""
    world.do(UNSEAL, at=world.before(1) + FIRST)
    world.do("UPDATE ml_metrics SET metric_value = 8 WHERE metric_type = 'stok_seviye' AND timestamp = :at",
             at=world.before(1) + FIRST)  # fmt: skip
    told = verify(world)
    assert (told["sealed"], {fault for fault, *_ in named(world)}) == (1, {"row_changed"})
    assert world.ask("SELECT count(*) FROM ml_metrics WHERE checksum IS NULL") == [(0,)]
    assert world.ask("SELECT details FROM audit_log WHERE action = 'metric_rows_sealed'") == [({"rows": 1},)]
    assert verify(world)["sealed"] == 0


def test_of_many_files_those_verified_longest_ago_come_first_and_no_night_is_too_long(
    world: World, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    seconds = iter(range(0, 1_000_000, 200))
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))  # not of all threads
    spoil(world.files()[0])
    spoil(world.files()[2])
    told = [verify(world) for _ in range(2)]
    assert [(one["files"], one["files_left"], one["findings"]) for one in told] == [(1, 2, 1), (1, 2, 1)]
    told = [verify(world) for _ in range(2)]
    assert [(one["files"], one["findings"]) for one in told] == [(1, 2), (1, 2)]  # the first one stands meanwhile
    assert alerts(world) == [("kayit_degismis", "kritik", True)]


def test_a_finding_stays_known_since_when_and_is_cleared_when_the_row_is_right_again(world: World) -> None:
    at = world.before(1) + FIRST
    world.do("UPDATE ml_metrics SET metric_value = 1 WHERE metric_type = 'stok_seviye' AND timestamp = :at", at=at)
    verify(world)
    first = world.at
    verify(world)
    assert world.ask("SELECT DISTINCT found_at, seen_at FROM metric_findings") == [(first, world.at)]
    world.do("UPDATE ml_metrics SET checksum = metric_checksum(hotel_id, metric_type, entity_type, entity_id, "
             "interval_start, timestamp, metric_value, exposure, extra_data, collected_at)")  # fmt: skip
    verify(world)
    assert named(world) == []
    verify(world)
    assert alerts(world) == [("kayit_degismis", "kritik", False)]


@pytest.mark.parametrize("fault", ["archive_file_damaged", "archive_file_missing"])
def test_a_file_that_is_not_as_it_was_written_is_named_and_the_others_are_verified(
    world: World, spoil: Callable[[Path], None], fault: str
) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    path = world.files()[1]
    if fault == "archive_file_missing":
        path.unlink()
    else:
        spoil(path)
    told = verify(world)
    assert (told["files"], told["archived_rows"], told["findings"]) == (3, 14, 1)
    assert told["first"] == [path.relative_to(world.folder.root).as_posix()]
    assert [one for (one,) in world.ask("SELECT fault FROM archive_partitions WHERE fault IS NOT NULL")] == [fault]
    assert [one for one, *_ in named(world)] == [fault]


def test_a_row_that_was_changed_before_it_was_archived_is_named_in_its_file(world: World) -> None:
    at = world.before(200) + FIRST
    world.do("UPDATE ml_metrics SET metric_value = 999 WHERE timestamp = :at AND metric_type = 'ozel_seri'", at=at)
    world.archiving.archive_old(world.hotel_id, world.at)
    assert verify(world)["findings"] == 1
    assert named(world) == [("row_changed", "ozel_seri", 7, False, "999")]


def test_both_sides_compute_the_same_checksum(world: World) -> None:
    """The database's function and the archive's, over every kind of value."""
    computed = {one.hex() for *_, one in world.stored()}
    world.archiving.archive_old(world.hotel_id, world.before(-400))
    found = set()
    for path, digest in world.ask("SELECT path, sha256 FROM archive_partitions"):
        found |= set(parquet.checksums(parquet.unpacked(world.folder.read(path, digest)), world.hotel_id))
    assert found == computed
    assert len(found) == 35


def test_no_setting_of_a_session_changes_a_checksum(world: World) -> None:
    settings = ("TimeZone = 'Asia/Tokyo'", "extra_float_digits = -15", "IntervalStyle = 'sql_standard'",
                "DateStyle = 'German'", "bytea_output = 'escape'", "client_encoding = 'WIN1254'")  # fmt: skip
    with world.database.transaction() as connection:
        for one in settings:
            connection.exec_driver_sql(f"SET LOCAL {one}")
        wrong = f"SELECT count(*) FROM ml_metrics m WHERE checksum IS DISTINCT FROM {checksum_of('m')}"
        assert connection.exec_driver_sql(wrong).scalar_one() == 0


def test_more_findings_than_are_kept_are_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 5)
    world.do("UPDATE ml_metrics SET metric_value = 8")
    assert verify(world)["findings"] == 35
    assert len(named(world)) == 5


def test_many_wrong_rows_hide_no_file_and_clear_nothing_that_was_not_compared(
    world: World, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], None]
) -> None:
    world.archiving.archive_old(world.hotel_id, world.at)
    spoil(world.files()[0])
    verify(world)
    monkeypatch.setattr(module, "MOST_KEPT", 5)
    world.do("UPDATE ml_metrics SET metric_value = 8")
    assert verify(world)["findings"] == 15
    assert [fault for fault, *_ in named(world)].count("archive_file_damaged") == 1
    world.do("DELETE FROM archive_partitions")
    verify(world)
    assert {fault for fault, *_ in named(world)} == {"row_changed"}  # of a file that is nobody's nothing is left


def test_the_migration_seals_the_rows_that_are_there(world: World) -> None:
    before = world.stored()
    migrate.downgrade(world.database, "0028")
    world.do("UPDATE ml_metrics SET metric_value = 12 WHERE metric_type = 'ozel_seri'")
    migrate.upgrade(world.database)
    assert verify(world)["findings"] == 0
    assert len({row[-1] for row in world.stored()} & {row[-1] for row in before}) == 30


def test_only_who_may_run_jobs_verifies_and_only_their_hotels(world: World) -> None:
    for scope in (Scope("bora", frozenset({"archive.read"}), None), Scope("cem", frozenset({"jobs.run"}), frozenset())):
        with pytest.raises(AppError):
            world.verification.verify(scope, world.hotel_id, world.at)
