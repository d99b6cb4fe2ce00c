"""Profiles from the request to the result: one at a time, by the process that is meant, however it ends (C10)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.queries import profiles as queries
from db.session import Database, open_database
from operations.profiler.service import NO_RUN_AFTER, SILENT_AFTER, Profile, ProfilerService
from operations.profiler.watch import RUNNING, SCHEDULING, SERVING, ProfileWatch, profiled
from tests.waiting import wait_for

ADA = Scope("ada", frozenset({"profiler.read", "profiler.run"}), None)
LOOKER = Scope("bora", frozenset({"profiler.read"}), None)


@pytest.fixture
def profiler(database: Database, clock: FixedClock) -> ProfilerService:
    return ProfilerService(database, clock)


def asked(
    profiler: ProfilerService, target: str = "api", kind: str = "time", job: str | None = None, seconds: int = 1
) -> int:
    """As short as the service would not allow, or so long that the test has to stop it."""
    with profiler.database.transaction() as connection:
        found = queries.ask(connection, target, job, kind, seconds, by="ada", at=profiler.clock.now())
    assert found is not None
    return found


def watch(profiler: ProfilerService, targets: object = SERVING, job: str | None = None) -> ProfileWatch:
    return ProfileWatch(lambda: profiler.database, profiler.clock, targets, job, beat_seconds=0.1)  # type: ignore[arg-type]


@contextmanager
def at_it(work: Callable[[], None]) -> Iterator[None]:
    """While a thread of the watch's own does it; at the end it is done."""
    thread = threading.Thread(target=work, name="profile-of-a-test", daemon=True)
    thread.start()
    yield
    thread.join(120)
    assert not thread.is_alive()


@contextmanager
def busy() -> Iterator[None]:
    """With a thread at work that the API's watch looks at."""
    ended = threading.Event()

    def grind() -> None:
        while not ended.is_set():
            sum(number * number for number in range(2_000))

    thread = threading.Thread(target=grind, name="AnyIO worker thread")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(60)


def of(profiler: ProfilerService, profile_id: int) -> Profile:
    return profiler.one(ADA, profile_id)


def test_a_profile_of_time_names_what_was_at_work_and_what_it_cost(profiler: ProfilerService) -> None:
    wanted = asked(profiler, seconds=600)
    with busy(), at_it(watch(profiler).poll):
        wait_for(lambda: len(of(profiler, wanted).row.usage or ()) >= 5)
        profiler.stop(ADA, wanted)
    found = of(profiler, wanted)
    assert found.row.state == "done"
    [hottest] = [one for one in found.hottest("cpu") if one.name.endswith("grind")]
    assert hottest.total_seconds > 0.5 * found.seconds("cpu") > 0
    assert found.row.overhead_ratio is not None
    assert 0 < found.row.overhead_ratio < 0.5
    assert found.row.usage is not None
    assert len(found.row.usage) >= 5
    assert max(look["rss_bytes"] for look in found.row.usage) > 10_000_000
    assert "Thread._bootstrap" in set(found.flame("cpu")["name"])


def test_a_profile_of_memory_holds_the_lines_that_grew(profiler: ProfilerService) -> None:
    wanted, leak, ended = asked(profiler, kind="memory"), [], threading.Event()

    def spill() -> None:
        while not ended.wait(0.01):
            leak.append(bytearray(65_536))  # planted

    thread = threading.Thread(target=spill)
    thread.start()
    try:
        watch(profiler).poll()
    finally:
        ended.set()
        thread.join(60)
    found = of(profiler, wanted)
    assert found.is_whole
    assert [line.file for line in found.lines if line.is_suspect][:1] == [
        "tests/integration/operations/test_profiler.py"
    ]
    with pytest.raises(AppError, match="profile_without_that"):
        found.hottest("cpu")


def test_there_is_one_at_a_time_and_its_request_is_audited(profiler: ProfilerService) -> None:
    profiler.start(ADA, "api", 10)
    with pytest.raises(AppError, match="profile_running"):
        profiler.start(ADA, "scheduler", 10)
    [row] = profiler.listed(LOOKER)
    assert (row.state, row.target, row.requested_by) == ("requested", "api", "ada")
    with profiler.database.reading() as connection:
        told = connection.execute(text("SELECT actor, action, entity FROM audit_log")).all()
    assert [tuple(one) for one in told] == [("ada", "profile_started", f"profile {row.id}")]


def test_of_twenty_who_ask_at_once_one_is_served(profiler: ProfilerService) -> None:
    found: list[str] = []
    url = profiler.database.engine.url.render_as_string(hide_password=False)
    database = open_database(url, pool_size=20)  # nobody waits for a connection
    profiler = ProfilerService(database, profiler.clock)

    def ask() -> None:
        try:
            profiler.start(ADA, "api", 10)
            found.append("asked")
        except AppError as error:
            found.append(error.code)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    database.dispose()
    assert sorted(found) == ["asked"] + ["profile_running"] * 19


def test_only_the_process_that_is_meant_takes_it_and_only_once(profiler: ProfilerService) -> None:
    wanted = asked(profiler, "job", job="train")
    watch(profiler, SERVING).poll()
    watch(profiler, SCHEDULING).poll()
    watch(profiler, RUNNING, "collect").poll()
    assert of(profiler, wanted).row.state == "requested"
    watch(profiler, RUNNING, "train").poll()
    taken = of(profiler, wanted).row
    assert taken.state == "done"
    watch(profiler, RUNNING, "train").poll()
    assert of(profiler, wanted).row == taken


def test_a_process_that_ends_keeps_what_it_had_measured(profiler: ProfilerService) -> None:
    wanted = asked(profiler, "scheduler", seconds=600)
    with profiled(watch(profiler, SCHEDULING)):
        wait_for(lambda: of(profiler, wanted).row.usage)
    found = of(profiler, wanted)
    assert found.row.state == "done"
    assert found.elapsed_seconds is not None
    assert found.elapsed_seconds < 300


def test_a_stop_keeps_what_was_measured_and_the_second_one_is_told(profiler: ProfilerService) -> None:
    wanted = asked(profiler, "scheduler", seconds=600)
    with at_it(watch(profiler, SCHEDULING).poll):
        wait_for(lambda: of(profiler, wanted).row.state == "running")
        profiler.stop(ADA, wanted)
        with pytest.raises(AppError, match="profile_ended"):
            profiler.stop(ADA, wanted)
    assert of(profiler, wanted).row.state == "done"


def test_one_that_nobody_answers_and_one_whose_process_died_end_with_the_reason(
    profiler: ProfilerService, clock: FixedClock
) -> None:
    first = profiler.start(ADA, "api", 10)
    clock.advance(SILENT_AFTER + timedelta(seconds=1))
    second = profiler.start(ADA, "scheduler", 10)  # the one that nobody answered does not stand in the way
    with profiler.database.transaction() as connection:
        queries.claim(connection, ["scheduler"], None, process_id=1, host="h", version="1", at=clock.now())
    clock.advance(SILENT_AFTER + timedelta(seconds=1))
    third = profiler.start(SYSTEM, "job", 10, job_name="train")
    clock.advance(NO_RUN_AFTER - timedelta(minutes=1))
    assert profiler.listed(ADA)[0].state == "requested"
    clock.advance(timedelta(minutes=2))
    told = {row.id: (row.state, row.error_code) for row in profiler.listed(ADA)}
    assert told == {
        first: ("failed", "no_answer"), second: ("failed", "process_gone"), third: ("failed", "no_run"),
    }  # fmt: skip


def test_a_run_of_the_job_can_be_asked_for_with_it(profiler: ProfilerService, hotel: int) -> None:
    with pytest.raises(AppError, match="forbidden"):
        profiler.start(ADA, "job", 10, job_name="train", hotel_id=hotel)
    profiler.start(SYSTEM, "job", 10, job_name="train", hotel_id=hotel)
    with profiler.database.reading() as connection:
        asked_runs = connection.execute(text("SELECT job_name, hotel_id FROM job_requests")).all()
    assert [tuple(one) for one in asked_runs] == [("train", hotel)]


@pytest.mark.parametrize(
    ("target", "seconds", "kind", "job", "code"),
    [
        ("database", 10, "time", None, "unknown_target"), ("api", 10, "network", None, "unknown_target"),
        ("api", 9, "time", None, "profile_seconds"), ("api", 301, "time", None, "profile_seconds"),
        ("job", 10, "time", None, "unknown_job"), ("job", 10, "time", "paint", "unknown_job"),
        ("api", 10, "time", "train", "unknown_job"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(
    profiler: ProfilerService, target: str, seconds: int, kind: str, job: str | None, code: str
) -> None:
    with pytest.raises(AppError, match=code):
        profiler.start(ADA, target, seconds, kind, job_name=job)
    assert profiler.listed(ADA) == []


def test_what_cannot_be_measured_says_so_at_once_and_stands_in_nobodys_way(
    profiler: ProfilerService, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, one = asked(profiler), watch(profiler)
    monkeypatch.setattr(one, "_time", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        one.poll()
    assert (of(profiler, wanted).row.state, of(profiler, wanted).row.error_code) == ("failed", "not_measured")
    asked(profiler)


def test_who_sees_one_hotel_measures_and_stops_nothing(profiler: ProfilerService) -> None:
    wanted, ayse = asked(profiler), Scope("ayse", ADA.permissions, frozenset({1}))
    for forbidden in (lambda: profiler.start(ayse, "api", 10), lambda: profiler.stop(ayse, wanted)):
        with pytest.raises(AppError, match="forbidden"):
            forbidden()
    assert profiler.listed(ayse)[0].id == wanted


def test_a_run_of_a_hotel_that_is_not_there_is_not_asked_for(profiler: ProfilerService) -> None:
    with pytest.raises(AppError, match="not_found"):
        profiler.start(SYSTEM, "job", 10, job_name="train", hotel_id=4711)
    assert profiler.listed(SYSTEM) == []


def test_reading_is_not_asking(profiler: ProfilerService) -> None:
    wanted = asked(profiler)
    for forbidden in (
        lambda: profiler.start(LOOKER, "api", 10),
        lambda: profiler.stop(LOOKER, wanted),
        lambda: profiler.delete(LOOKER, wanted),
        lambda: profiler.listed(Scope("cem", frozenset(), None)),
    ):
        with pytest.raises(AppError, match="forbidden"):
            forbidden()


def test_one_that_runs_cannot_be_deleted_one_that_ended_can(profiler: ProfilerService) -> None:
    wanted = asked(profiler)
    with pytest.raises(AppError, match="not_found"):
        profiler.delete(ADA, wanted)
    profiler.stop(ADA, wanted)
    assert of(profiler, wanted).row.error_code == "stopped"
    profiler.delete(ADA, wanted)
    with pytest.raises(AppError, match="not_found"):
        of(profiler, wanted)
