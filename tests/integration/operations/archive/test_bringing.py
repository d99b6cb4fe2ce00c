"""Rows come back from the archive exactly as they left, stay for a while, and leave again (SPEC A7.4)."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.stage import silent
from db.queries import jobs as requests
from db.queries.archive_holds import NewHold
from db.queries.job_rows import NewRun, RunRow
from operations.archive.jobs import ArchiveJobs
from operations.archive.service import ArchiveService
from operations.jobs.cleanup import CleanupService
from tests.integration.operations.archive.conftest import World

ADA = Scope("ada", frozenset({"archive.read", "archive.write"}), None)


@pytest.fixture
def service(world: World) -> ArchiveService:
    jobs = ArchiveJobs(world.database, world.clock, world.bringing, world.verification)
    return ArchiveService(world.database, world.clock, jobs)


def hold(world: World, first: float = 201, last: float = 95.5, days: int = 30) -> NewHold:
    until = world.at + timedelta(days=days)
    return NewHold(world.hotel_id, world.before(first), world.before(last), until, "ada", world.at)


def archive(world: World) -> int:
    return world.archiving.archive_old(world.hotel_id, world.at).rows


def run_asked(world: World, service: ArchiveService, request_id: int) -> RunRow:
    """What the sidecar does with a request; the run as it is recorded."""
    with world.database.transaction() as connection:
        request = requests.claim_request(connection, [])
        assert request is not None
        assert request.id == request_id
        run_id = requests.begin_run(connection, NewRun(
            request.job_name, request.hotel_id, "request", world.at, "x", 60, requested_by=request.requested_by,
            arguments=request.arguments,
        ))  # fmt: skip
        run = requests.read_run(connection, run_id or 0)
    assert run is not None
    [work] = [one.run_asked for one in service.jobs.definitions() if one.name == run.job_name]
    assert work is not None
    work(run, silent)
    return run


def test_rows_and_scores_come_back_to_the_last_bit(world: World) -> None:
    before, scores = world.stored(), world.scored()
    archive(world)
    done = world.bringing.bring_back(hold(world, last=0))
    assert (done.rows, done.days, done.refused) == (21, 3, {})
    assert world.stored() == before
    assert world.scored() == scores
    assert world.bringing.bring_back(hold(world, last=0)).rows == 0, "twice changes nothing"
    assert world.verification.verify(SYSTEM, world.hotel_id, world.at).details["findings"] == 0


def test_only_what_was_asked_for_comes_back(world: World) -> None:
    archive(world)
    assert world.bringing.bring_back(hold(world, 96.5, 95.5)).rows == 7
    assert {str(at.date()) for (at,) in world.ask("SELECT timestamp FROM ml_metrics")} == {
        str(world.before(age).date()) for age in (96, 89, 1)
    }


def test_what_came_back_stays_until_its_time_is_over(world: World) -> None:
    archive(world)
    world.bringing.bring_back(hold(world))
    rows, scores, files = world.stored(), world.scored(), world.files()
    cleanup = CleanupService(world.database, world.archiving)
    cleanup.delete_old(SYSTEM, world.hotel_id, world.at)
    assert (world.stored(), world.scored()) == (rows, scores)
    world.clock.advance(timedelta(days=29))
    cleanup.delete_old(SYSTEM, world.hotel_id, world.at)
    assert len(world.ask("SELECT 1 FROM ml_metrics WHERE timestamp < :at", at=world.before(120))) == 14
    world.clock.advance(timedelta(days=2))
    cleanup.delete_old(SYSTEM, world.hotel_id, world.at)
    assert world.ask("SELECT 1 FROM ml_metrics WHERE timestamp < :at", at=world.before(120)) == []
    assert set(files) < set(world.files()), "rows that lie in a file already make no new one"
    assert len(world.files()) == len(files) + 1  # of the row that has become old meanwhile


def test_what_is_sent_away_leaves_at_once_and_makes_no_new_file(world: World) -> None:
    archive(world)
    left, files = world.stored(), world.files()
    world.bringing.bring_back(hold(world))
    [(held,)] = world.ask("SELECT id FROM archive_holds")
    done = world.bringing.send_away(world.hotel_id, held, world.at)
    assert (done.rows, done.files) == (14, 0)
    assert (world.stored(), world.files()) == (left, files)
    with pytest.raises(AppError, match="not_found"):
        world.bringing.send_away(world.hotel_id, held, world.at)


def test_a_row_that_was_changed_meanwhile_is_not_lost(world: World) -> None:
    archive(world)
    world.bringing.bring_back(hold(world))
    world.do("UPDATE ml_metrics SET metric_value = 42 WHERE metric_type = 'ozel_seri' AND timestamp < :at",
             at=world.before(150))  # fmt: skip
    [(held,)] = world.ask("SELECT id FROM archive_holds")
    assert world.bringing.send_away(world.hotel_id, held, world.at).files == 1
    world.bringing.bring_back(hold(world))
    found = world.ask("SELECT metric_value FROM ml_metrics WHERE metric_type = 'ozel_seri' AND timestamp < :at",
                      at=world.before(150))  # fmt: skip
    assert found == [(42.0,)]


def test_a_damaged_file_is_refused_and_the_rest_comes_back(world: World, spoil: Callable[[Path], None]) -> None:
    archive(world)
    path = world.files()[0]
    spoil(path)
    done = world.bringing.bring_back(hold(world, last=0))
    assert (done.rows, done.refused) == (14, {path.relative_to(world.folder.root).as_posix(): "archive_file_damaged"})


def test_a_row_that_stands_in_the_database_stays_as_it_is(world: World) -> None:
    archive(world)
    at = world.before(200) + timedelta(microseconds=123_457)
    world.add(at, value=3)
    assert world.bringing.bring_back(hold(world, last=0)).rows == 20
    product = world.hotel.products[0]
    found = world.ask("SELECT metric_value FROM ml_metrics WHERE timestamp = :at AND entity_id = :entity "
                      "AND metric_type = 'stok_seviye'", at=at, entity=product)  # fmt: skip
    assert found == [(3.0,)]


def test_a_request_becomes_a_run_that_is_audited(world: World, service: ArchiveService) -> None:
    archive(world)
    first_on, last_on = world.before(201).date(), world.before(95).date()
    preview = service.preview(ADA, world.hotel_id, first_on, last_on)
    assert (preview.days, preview.files, preview.rows) == (3, 3, 21)
    run_asked(world, service, service.bring_back(ADA, world.hotel_id, first_on, last_on, 10))
    [held] = service.overview(ADA).holds
    assert (held.row_count, held.brought_by, held.kept_until) == (21, "ada", world.at + timedelta(days=10))
    world.do("UPDATE job_runs SET state = 'succeeded'")
    run_asked(world, service, service.send_away(ADA, held.id))
    assert service.overview(ADA).holds == []
    told = world.ask("SELECT actor, action, entity FROM audit_log ORDER BY id")
    assert told == [
        ("ada", "job_requested", "archive_bring"), ("ada", "archive_brought_back", "archive"),
        ("ada", "job_requested", "archive_return"), ("ada", "archive_sent_away", "archive"),
    ]  # fmt: skip


def test_a_request_that_waited_until_its_time_was_over_brings_nothing(world: World, service: ArchiveService) -> None:
    archive(world)
    asked = service.bring_back(ADA, world.hotel_id, world.before(201).date(), world.before(95).date(), 1)
    world.clock.advance(timedelta(days=1))
    with pytest.raises(AppError, match="archive_kept_too_short"):
        run_asked(world, service, asked)
    assert service.overview(ADA).holds == []
    assert world.count("ml_metrics") == 14


def test_the_overview_sums_files_by_month(world: World, service: ArchiveService) -> None:
    assert service.overview(ADA).ratio is None
    archive(world)
    found = service.overview(ADA)
    assert [(str(month.month), month.days, month.files, month.rows) for month in found.months] == [
        ("2025-11-01", 2, 2, 14), ("2025-08-01", 1, 1, 7),
    ]  # fmt: skip
    assert (found.rows, found.finding_count, found.months[0].verified_at) == (21, 0, None)
    assert found.size_bytes == sum(path.stat().st_size for path in world.files())
    world.verification.verify(SYSTEM, world.hotel_id, world.at)
    assert service.overview(ADA).months[0].verified_at == world.at
    assert service.overview(Scope("cem", frozenset({"archive.read"}), frozenset({-1}))).months == []


def test_findings_are_named_as_people_call_the_entity(world: World, service: ArchiveService) -> None:
    world.do("UPDATE ml_metrics SET metric_value = 8 WHERE metric_type = 'stok_seviye' AND timestamp > :at "
             "AND entity_id = :entity", at=world.before(2), entity=world.hotel.products[0])  # fmt: skip
    world.verification.verify(SYSTEM, world.hotel_id, world.at)
    [finding] = service.overview(ADA).findings
    [(name,)] = world.ask("SELECT name FROM products WHERE id = :id", id=world.hotel.products[0])
    assert (finding.entity_name, finding.metric_value, finding.path) == (name, 8.0, None)


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda s, hotel, on: s.bring_back(ADA, hotel, on(95), on(96)), "period_wrong"),
        (lambda s, hotel, on: s.bring_back(ADA, hotel, on(400), on(300)), "nothing_archived"),
        (lambda s, hotel, on: s.bring_back(ADA, hotel, on(200), on(95), 0), "kept_days_wrong"),
        (lambda s, hotel, on: s.bring_back(ADA, hotel, on(200), on(95), 366), "kept_days_wrong"),
        (lambda s, hotel, on: s.send_away(ADA, 77), "not_found"),
        (lambda s, hotel, on: s.bring_back(Scope("b", frozenset({"archive.read"}), None), hotel, on(200), on(95)),
         "forbidden"),
        (lambda s, hotel, on: s.bring_back(Scope("c", ADA.permissions), hotel, on(200), on(95)), "not_found"),
        (lambda s, hotel, on: s.verify(Scope("c", ADA.permissions), hotel), "not_found"),
        (lambda s, hotel, on: s.verify(Scope("b", frozenset({"archive.read"}), None), hotel), "forbidden"),
        (lambda s, hotel, on: s.overview(Scope("b")), "forbidden"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_not_allowed_is_refused_and_asks_for_nothing(
    world: World, service: ArchiveService, ask: Callable[..., Any], code: str
) -> None:
    archive(world)
    with pytest.raises(AppError, match=code):
        ask(service, world.hotel_id, lambda age: world.before(age).date())
    assert world.count("job_requests") == 0
