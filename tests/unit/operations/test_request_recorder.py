"""What a process remembers of its requests until it is written (C3)."""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest

from core.clock import FixedClock
from operations.requests import recorder as module
from operations.requests.flushing import Flushing
from operations.requests.recorder import HOUR_SECONDS, MINUTE_SECONDS, RECENT, Endpoint, Request, RequestRecorder

JOBS = Endpoint("api", "GET", "/api/jobs")
NOON = datetime(2026, 3, 2, 12, 59, 58, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def recorder(clock: FixedClock) -> RequestRecorder:
    return RequestRecorder(clock)


def test_a_request_counts_in_its_minute_and_in_its_hour(recorder: RequestRecorder, clock: FixedClock) -> None:
    recorder.record(Request(JOBS, 0.01, 200, bytes_out=10))
    recorder.record(Request(JOBS, 0.03, 404, error_code="not_found"))
    clock.advance(timedelta(seconds=3))
    recorder.record(Request(JOBS, 0.02, 503, error_code="database_busy"))
    spans = recorder.take().spans()
    minutes = {started: tally for (_, span, started), tally in spans.items() if span == MINUTE_SECONDS}
    hours = {started.hour: tally for (_, span, started), tally in spans.items() if span == HOUR_SECONDS}
    assert [tally.requests for tally in minutes.values()] == [2, 1]
    assert (hours[12].client_errors, hours[12].server_errors, hours[12].bytes_out) == (1, 0, 10)
    assert (hours[13].client_errors, hours[13].server_errors, hours[13].error_codes) == (0, 1, {"database_busy": 1})
    assert hours[12].seconds == pytest.approx(0.04)
    assert recorder.is_empty


def test_only_the_newest_requests_of_an_endpoint_are_kept(recorder: RequestRecorder) -> None:
    for number in range(RECENT + 20):
        recorder.record(Request(JOBS, 0.01, 200, request_id=str(number)))
    newest = recorder.take().recent[JOBS]
    assert len(newest) == RECENT
    assert newest[-1][1].request_id == str(RECENT + 19)


def test_what_could_not_be_written_is_kept_with_what_came_meanwhile(recorder: RequestRecorder) -> None:
    recorder.record(Request(JOBS, 0.01, 200, request_id="first"))
    batch = recorder.take()
    recorder.record(Request(JOBS, 0.01, 200, request_id="second"))
    recorder.give_back(batch)
    again = recorder.take()
    assert [tally.requests for tally in again.tallies.values()] == [2]
    assert [request.request_id for _, request in again.recent[JOBS]] == ["first", "second"]


def test_memory_is_bounded_while_the_database_is_away(
    recorder: RequestRecorder, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_TALLIES", 3)
    for _ in range(5):
        recorder.record(Request(JOBS, 0.01, 200))
        clock.advance(timedelta(minutes=1))
    recorder.give_back(recorder.take())
    assert recorder.dropped == 2
    assert min(minute for _, minute in recorder.take().tallies) == int(NOON.timestamp()) // 60 + 2


def test_threads_that_record_at_once_lose_nothing(recorder: RequestRecorder) -> None:
    def work() -> None:
        for _ in range(2_000):
            recorder.begin("api")
            recorder.record(Request(JOBS, 0.01, 200))
            recorder.end("api")

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    taken = 0
    while any(thread.is_alive() for thread in threads):
        taken += sum(tally.requests for tally in recorder.take().tallies.values())
    taken += sum(tally.requests for tally in recorder.take().tallies.values())
    assert taken == 8_000
    assert recorder.in_flight == {"api": 0, "page": 0, "fragment": 0}


def test_a_flush_that_fails_is_tried_again_and_the_last_comes_at_the_end() -> None:
    calls: list[str] = []
    seen = Event()

    def flush() -> None:
        calls.append("flush")
        if len(calls) == 3:
            seen.set()
        if len(calls) < 3:
            raise ZeroDivisionError

    flushing = Flushing(flush, interval_seconds=0.01)
    flushing.start()
    assert seen.wait(60)
    flushing.stop()
    written = len(calls)
    assert written >= 4  # the failed two, those after them, and the last one
    assert not flushing._thread.is_alive()
