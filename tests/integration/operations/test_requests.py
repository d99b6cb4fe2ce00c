"""Requests added up over processes, restarts and time in the database, read by administrators only (C3)."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.session import Database
from operations.jobs.cleanup import CleanupService
from operations.requests.recorder import Endpoint, Request, RequestRecorder
from operations.requests.service import PERIODS, Figures, RequestService

JOBS = Endpoint("api", "GET", "/api/jobs/{id}")
HEALTH = Endpoint("api", "GET", "/api/health")
BOARD = Endpoint("page", "", "/alerts")
SHARES = (0.5, 0.95, 0.99)


def process(database: Database, clock: FixedClock) -> RequestService:
    """A process that serves requests."""
    return RequestService(database, clock, RequestRecorder(clock))


def record(service: RequestService, endpoint: Endpoint, seconds: float, status: int = 200, code: str = "") -> None:
    request = Request(endpoint, seconds, status, "ayse", f"id-{seconds}", code or None, 10, 200)
    service.recorder.record(request)


def figures(service: RequestService, period: str = "24h", view: str = "api") -> dict[Endpoint, Figures]:
    return dict(service.overview(SYSTEM, view, period).endpoints)


def test_two_processes_and_a_restart_are_one_within_two_percent(database: Database, clock: FixedClock) -> None:
    seconds = np.random.default_rng(3).lognormal(-4, 1, 6_000)
    for part in np.array_split(seconds, 6):
        first, second = process(database, clock), process(database, clock)  # a restart forgets what is in memory
        for number, one in enumerate(part):
            record((first, second)[number % 2], JOBS, float(one))
        assert first.flush() + second.flush() == len(part)
        assert first.flush() == 0
        clock.advance(timedelta(minutes=7))
    for period in ("1h", "24h", "7d", "30d"):
        found = figures(process(database, clock), period)[JOBS]
        assert found.requests == 6_000
        assert found.mean_seconds == pytest.approx(seconds.mean())
        assert found.longest_seconds == seconds.max()
        for share in SHARES:
            exact = np.quantile(seconds, share, method="inverted_cdf")
            assert found.quantile(share) == pytest.approx(exact, rel=0.02)


def test_errors_bytes_and_codes_add_up(database: Database, clock: FixedClock) -> None:
    service = process(database, clock)
    for status, code in ((200, ""), (404, "not_found"), (503, "database_busy"), (404, "not_found")):
        record(service, JOBS, 0.01, status, code)
        service.flush()
    for _ in range(19):
        record(service, HEALTH, 0.001)
    record(service, HEALTH, 0.001, 503)
    service.flush()
    found = figures(service)
    jobs, health = found[JOBS], found[HEALTH]
    assert (jobs.client_errors, jobs.server_errors, jobs.bytes_in, jobs.bytes_out) == (2, 1, 40, 800)
    assert (jobs.error_ratio, health.error_ratio) == (0.75, 0.05)
    assert list(found) == [HEALTH, JOBS]  # the busiest first
    assert service.detail(SYSTEM, "1h", JOBS).error_codes == {"not_found": 2, "database_busy": 1}


@pytest.mark.parametrize(
    ("requests", "client_errors", "server_errors", "is_failing"),
    [
        (1, 1, 0, False), (100, 90, 0, False),  # callers' mistakes
        (1, 0, 1, False), (19, 0, 1, False), (2, 0, 2, True), (39, 0, 2, True),
        (40, 0, 2, False), (1_000, 0, 50, False), (1_000, 0, 51, True),  # only above 5 %
        (0, 0, 0, False),
    ],
)  # fmt: skip
def test_an_endpoint_is_marked_for_failures_of_ours_that_are_more_than_one(
    requests: int, client_errors: int, server_errors: int, is_failing: bool
) -> None:
    assert Figures(requests, client_errors, server_errors).is_failing is is_failing


def test_the_newest_fifty_requests_of_each_endpoint_stay(database: Database, clock: FixedClock) -> None:
    first, second = process(database, clock), process(database, clock)
    for number in range(70):
        clock.advance(timedelta(seconds=1))
        record((first, second)[number % 2], JOBS, number / 1000)
    record(first, HEALTH, 0.5)
    first.flush()
    second.flush()
    newest = first.detail(SYSTEM, "1h", JOBS).recent
    assert [row.seconds for row in newest] == [number / 1000 for number in range(69, 19, -1)]
    assert newest[0].request_id == "id-0.069"
    assert newest[0].actor == "ayse"
    assert len(first.detail(SYSTEM, "1h", HEALTH).recent) == 1
    for name, told in (("ada", None), ("ayse", "ayse")):  # of one hotel: who asked is told of oneself
        seen = first.detail(Scope(name, frozenset({"requests.read"}), frozenset({1})), "1h", JOBS).recent
        assert ({row.actor for row in seen}, len(seen)) == ({told}, 50)


def test_what_could_not_be_written_is_written_later(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = process(database, clock)
    record(service, JOBS, 0.01)
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE recent_requests RENAME TO away"))
    with pytest.raises(Exception, match="recent_requests"):
        service.flush()
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO recent_requests"))
    assert figures(service) == {}
    record(service, JOBS, 0.02)
    assert service.flush() == 2
    assert figures(service)[JOBS].requests == 2


def test_pages_and_their_parts_are_apart_from_the_api(database: Database, clock: FixedClock) -> None:
    service = process(database, clock)
    record(service, JOBS, 0.01)
    record(service, BOARD, 0.3)
    record(service, BOARD._replace(kind="fragment"), 0.02)
    service.recorder.begin("page")
    service.flush()
    overview = service.overview(SYSTEM, "pages", "1h")
    assert set(overview.endpoints) == {BOARD, BOARD._replace(kind="fragment")}
    assert (overview.day.requests, overview.in_flight) == (2, 1)
    assert set(figures(service)) == {JOBS}


@pytest.mark.parametrize("period", PERIODS)
def test_the_course_has_every_step_once_and_a_gap_where_nothing_was_asked(
    database: Database, clock: FixedClock, period: str
) -> None:
    service, chosen = process(database, clock), PERIODS[period]
    for share in (0.9, 0.5, 0.1):
        at = clock.now()
        clock.at -= chosen.length * share
        record(service, JOBS, 0.1 * share)
        record(service, HEALTH, 0.001)
        clock.at = at
    service.flush()
    course = service.course(SYSTEM, "api", period, JOBS)
    assert course["requests"].sum() == figures(service, period)[JOBS].requests == 3
    assert course["at"].is_unique
    assert course["at"].diff().dropna().unique() == [pd.Timedelta(seconds=chosen.step_seconds)]
    assert len(course) == chosen.length.total_seconds() // chosen.step_seconds + 1
    asked = course[course["requests"] > 0]
    assert asked["p95_seconds"].round(3).tolist() == pytest.approx([0.09, 0.05, 0.01], rel=0.02)
    assert course.loc[course["requests"] == 0, "p95_seconds"].isna().all()
    assert service.course(SYSTEM, "api", period)["requests"].sum() == 6


def test_minutes_go_after_two_days_and_hours_after_thirty(database: Database, clock: FixedClock) -> None:
    service, now = process(database, clock), clock.now()
    for days in (1, 3, 29, 31):
        clock.at = now - timedelta(days=days)
        record(service, JOBS, 0.01)
    clock.at = now
    service.flush()
    deleted = CleanupService.of(database, Settings()).delete_of_installation(SYSTEM, now).details["deleted"]
    assert (deleted["request_minutes"], deleted["requests"], deleted["recent_requests"]) == (3, 1, 1)
    assert figures(service, "30d")[JOBS].requests == 3
    assert figures(service, "24h") == {} or figures(service, "24h")[JOBS].requests == 1


def test_only_who_may_read_requests_sees_them(database: Database, clock: FixedClock) -> None:
    service = process(database, clock)
    bora = Scope("bora", frozenset({"jobs.read"}), None)
    for call in (
        lambda: service.overview(bora, "api", "1h"),
        lambda: service.course(bora, "api", "1h"),
        lambda: service.detail(bora, "1h", JOBS),
    ):
        with pytest.raises(AppError, match="forbidden"):
            call()


def test_nothing_measured_is_told_as_that(database: Database, clock: FixedClock) -> None:
    overview = process(database, clock).overview(SYSTEM, "api", "24h")
    assert (overview.measured_since, overview.day, overview.endpoints) == (None, Figures(), {})
    assert (overview.day.error_ratio, overview.day.mean_seconds, overview.day.quantile(0.5)) == (None, None, None)
