"""Processes tell of their memory, give it back and refuse before it runs out (R1)."""

import gc
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from core.clock import FixedClock
from core.errors import AppError
from core.scope import Scope
from db.queries import process_memory as queries
from db.session import Database
from operations.memory.service import SEEN_WITHIN, MemoryService
from operations.memory.watch import GIVE_BACK_EVERY, SAMPLE_EVERY, MemoryWatch, Other

ADA = Scope("ada", frozenset({"memory.read"}), None)
STEP = timedelta(seconds=10)


class Gauge:
    """How full the machine is."""

    ratio = 0.3

    def __call__(self) -> float:
        return self.ratio


@pytest.fixture
def gauge() -> Gauge:
    return Gauge()


@pytest.fixture
def watch(database: Database, clock: FixedClock, gauge: Gauge) -> MemoryWatch:
    return MemoryWatch("dashboard", lambda: database, clock, gauge=gauge)


@pytest.fixture
def memory(database: Database, clock: FixedClock) -> MemoryService:
    return MemoryService(database, clock)


def test_a_sample_a_minute_is_kept_and_one_when_the_level_changes(
    watch: MemoryWatch, memory: MemoryService, clock: FixedClock, gauge: Gauge
) -> None:
    for _ in range(7):  # one minute
        watch.look()
        clock.advance(STEP)
    assert len(memory.course(ADA, "1h")) == 2
    gauge.ratio = 0.75
    watch.look()
    [event] = memory.events(ADA, "1h")
    assert (event.before, event.level, event.given_back_bytes) == ("normal", "warn", None)
    assert not watch.refuses


def test_at_80_percent_what_can_be_spared_is_given_back_but_not_at_every_look(
    watch: MemoryWatch, memory: MemoryService, clock: FixedClock, gauge: Gauge
) -> None:
    spared = []
    watch.spares.append(lambda: spared.append(clock.now()))
    gauge.ratio = 0.82
    for _ in range(6):
        watch.look()
        clock.advance(STEP)
    assert len(spared) == 1
    clock.advance(GIVE_BACK_EVERY)
    watch.look()
    assert len(spared) == 2
    assert [event.given_back_bytes is not None for event in memory.events(ADA, "1h")] == [True, True]


def test_given_back_bytes_are_measured(watch: MemoryWatch, memory: MemoryService, gauge: Gauge) -> None:
    held = [os.urandom(1 << 20) for _ in range(60)]
    watch.spares.append(held.clear)
    gauge.ratio = 0.85
    watch.look()
    [event] = memory.events(ADA, "1h")
    assert event.given_back_bytes is not None
    assert event.given_back_bytes > 40 << 20


def test_at_90_percent_new_work_waits_until_it_is_below_85(watch: MemoryWatch, gauge: Gauge) -> None:
    seen = []
    for ratio in (0.89, 0.9, 0.86, 0.84):
        gauge.ratio = ratio
        watch.look()
        seen.append(watch.refuses)
    assert seen == [False, True, True, False]


def test_a_limit_of_its_own_counts_where_it_is_nearer_than_the_machines(
    database: Database, clock: FixedClock, gauge: Gauge, memory: MemoryService
) -> None:
    watch = MemoryWatch("dashboard", lambda: database, clock, limit_mb=1, gauge=gauge)
    watch.look()
    assert watch.refuses
    [state] = memory.processes(ADA)
    assert (state.limit_bytes, state.level) == (1 << 20, "refuse")
    assert state.used_ratio > 1


def test_runs_in_children_are_looked_at_too_and_one_that_ended_is_no_error(
    database: Database, clock: FixedClock, gauge: Gauge, memory: MemoryService
) -> None:
    command = [sys.executable, "-c", "print('here', flush=True); input()"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"here\n"  # before that it holds next to nothing
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    others = [Other("job:train", child.pid), Other("job:detect", gone.pid)]
    watch = MemoryWatch("sidecar", lambda: database, clock, others=lambda: others, gauge=gauge)
    watch.look()
    child.communicate(b"\n")
    found = {state.service: state for state in memory.processes(ADA)}
    assert set(found) == {"sidecar", "job:train"}
    assert found["job:train"].process_id == child.pid
    assert found["sidecar"].rss_bytes > found["job:train"].rss_bytes > 1 << 20


def test_growth_is_of_the_same_process_and_who_falls_silent_is_gone(
    watch: MemoryWatch, memory: MemoryService, clock: FixedClock
) -> None:
    gc.collect()  # what other tests left is not to go between the two looks
    watch.look()
    clock.advance(SAMPLE_EVERY)
    held = os.urandom(50 << 20)
    watch.look()
    [state] = memory.processes(ADA)
    assert state.is_seen
    assert state.growth_bytes > 30 << 20
    assert state.peak_bytes == state.rss_bytes
    clock.advance(SEEN_WITHIN + STEP)
    assert [one.is_seen for one in memory.processes(ADA)] == [False]
    assert held


def test_a_level_that_lasts_is_no_event_of_a_later_period(
    watch: MemoryWatch, memory: MemoryService, clock: FixedClock, gauge: Gauge
) -> None:
    gauge.ratio = 0.75
    for _ in range(90):
        watch.look()
        clock.advance(SAMPLE_EVERY)
    assert list(memory.events(ADA, "1h")) == []
    assert [event.level for event in memory.events(ADA, "24h")] == ["warn"]


def test_a_process_with_the_number_of_one_that_ended_is_another_one(
    database: Database, clock: FixedClock, memory: MemoryService
) -> None:
    now = clock.now()
    for started, rss in ((now - timedelta(hours=3), 900), (now - timedelta(minutes=1), 300)):
        sample = queries.MemorySample(
            started + timedelta(seconds=30), "dashboard", 1, "c", started, rss, 1, 0.1, "normal"
        )
        with database.transaction() as connection:
            queries.add(connection, [sample])
    [seen] = [one for one in memory.processes(ADA) if one.is_seen]
    assert (seen.peak_bytes, seen.growth_bytes) == (300, 0)


def test_nobody_else_reads_it(memory: MemoryService) -> None:
    for read in (memory.processes, lambda scope: memory.course(scope, "1h"), lambda scope: memory.events(scope, "1h")):
        with pytest.raises(AppError, match="forbidden"):
            read(Scope("bora", frozenset(), None))


def test_events_are_of_services_not_of_runs(database: Database, clock: FixedClock, memory: MemoryService) -> None:
    sample = queries.MemorySample(clock.now(), "job:train", 7, "h", clock.now(), 1, 1, 0.95, "refuse")
    with database.transaction() as connection:
        queries.add(connection, [sample])
    assert list(memory.events(ADA, "1h")) == []
