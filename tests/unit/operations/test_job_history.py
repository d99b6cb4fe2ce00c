"""What history says of runs: estimates, missed, late, fast and empty runs, data that are old (C4)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from core.i18n import Translator
from db.queries.job_control import PauseRow
from db.queries.job_history import DayRun, Newest, Usual
from db.queries.job_rows import JobHotel
from operations.jobs.definitions import Cron, Every, TimedJob
from operations.jobs.history import Noticed, due_times, eta, left_out, noticed, readers, stale
from reports.figures.jobs import DayLabels, day_figure

DAWN = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
HOTEL = JobHotel(1, "H1", "Europe/Istanbul", False, DAWN - timedelta(days=90))
COLLECT, TRAIN = TimedJob("collect", Every(15), 60), TimedJob("train", Cron("0 3 * * *"), 60)
USUAL = Usual(20, 60.0, 50.0, 90.0, 100.0, 1.0)


def at(minutes: float) -> datetime:
    return DAWN + timedelta(minutes=minutes)


def run(minutes: float, *, seconds: float = 60, rows: int = 100, number: int = 1, trigger: str = "schedule") -> DayRun:
    return DayRun(number, "collect", 1, trigger, "succeeded", at(minutes), at(minutes + seconds / 60), rows)


def pause(since: float, until: float | None, hotel_id: int | None = 1) -> PauseRow:
    return PauseRow(1, "collect", hotel_id, "x", "a", at(since), "b" if until else None, at(until) if until else None)


def found(runs: list[DayRun], *pauses: PauseRow, until: float = 60, now: float = 60) -> list[tuple[str, int]]:
    odd = noticed(
        [(COLLECT, HOTEL)], runs, {("collect", 1): USUAL}, pauses, since=at(0), until=at(until), now=at(now)
    )  # fmt: skip
    return [(one.kind, one.count) for one in odd]


def test_an_estimate_needs_five_runs_and_believes_progress_more_than_the_clock() -> None:
    assert eta(None, 10, None) is None
    assert eta(Usual(4, 60.0, 50.0, 90.0, 1.0, 1.0), 10, None) is None
    by_clock, by_progress = eta(USUAL, 20, None), eta(USUAL, 20, 0.75)
    assert by_clock
    assert by_progress
    assert (by_clock.seconds, by_clock.low_seconds, by_clock.high_seconds) == (40, 30, 70)
    assert (by_progress.seconds, by_progress.is_over) == (15, False)
    late = eta(USUAL, 91, None)
    assert late
    assert (late.seconds, late.is_over) == (0, True)


def test_what_runs_just_now_was_not_missed() -> None:
    last = {("train", 1): Newest(1, "succeeded", at(-1440), None, at(-1440))}
    assert [one.reason for one in stale([(TRAIN, HOTEL)], last, [], at(60))] == ["missed"]
    assert stale([(TRAIN, HOTEL)], last, [], at(60), {("train", 1)}) == []


def test_a_run_that_was_due_at_the_end_of_the_day_may_begin_on_the_next() -> None:
    began = replace(run(10), job_name="train")  # due at 0

    def odd(runs: list[DayRun]) -> list[str]:
        seen = noticed([(TRAIN, HOTEL)], runs, {}, [], since=at(-30), until=at(5), now=at(120))
        return [one.kind for one in seen]

    assert odd([began]) == []
    assert odd([]) == ["missed"]


def test_runs_in_time_are_not_noticed_and_missing_ones_are_counted_together() -> None:
    assert found([run(minutes + 0.1) for minutes in (0, 15, 30, 45)]) == []
    assert found([run(0.1)]) == [("missed", 3)]
    assert found([run(0.1)], now=46) == [("missed", 2)]  # the last one may still begin
    assert found([]) == [("missed", 4)]


def test_what_was_at_work_is_not_missed_and_what_a_pause_left_out_neither() -> None:
    assert found([run(0.1, seconds=2400), run(45.1)]) == []
    assert found([run(0.1), run(45.1)], pause(10, 40)) == []
    assert found([], pause(0, None, hotel_id=None)) == []
    assert found([], pause(0, None, hotel_id=2)) == [("missed", 4)]


def test_a_late_begin_is_noticed_only_of_the_timetable() -> None:
    in_time = [run(0.1), run(15.1), run(45.1)]
    assert found(sorted([*in_time, run(39)], key=lambda one: one.started_at)) == [("late", 1)]
    assert found(sorted([*in_time, run(36)], key=lambda one: one.started_at)) == []
    assert found(sorted([*in_time, run(39, trigger="request")], key=lambda one: one.started_at)) == []


@pytest.mark.parametrize(
    ("odd", "kind"),
    [
        (run(30.1, seconds=5, rows=10), "too_fast"), (run(30.1, rows=0), "empty"), (run(30.1, seconds=5), None),
        (run(30.1, rows=10), None),
    ],
)  # fmt: skip
def test_fast_and_empty_runs_are_noticed_where_they_are_unusual(odd: DayRun, kind: str | None) -> None:
    assert found([run(0.1), run(15.1), odd, run(45.1)]) == ([(kind, 1)] if kind else [])


def test_a_job_that_often_writes_nothing_is_not_empty() -> None:
    seldom = Usual(20, 60.0, 50.0, 90.0, 1.0, 0.5)
    runs = [run(minutes + 0.1, rows=0) for minutes in (0, 15, 30, 45)]
    odd = noticed(
        [(COLLECT, HOTEL)], runs, {("collect", 1): seldom}, [], since=at(0), until=at(60), now=at(60)
    )  # fmt: skip
    assert odd == []


def test_a_line_tells_the_first_and_the_last_time() -> None:
    [line] = noticed([(COLLECT, HOTEL)], [], {}, [], since=at(0), until=at(60), now=at(60))
    assert line == Noticed("missed", "collect", 1, 4, at(0), at(45))


def test_due_times_are_those_of_the_hotels_clock_and_of_its_life() -> None:
    assert due_times(TRAIN, HOTEL, at(-1439), at(1)) == [at(0)]  # 03:00 in Istanbul
    young = JobHotel(1, "H1", "Europe/Istanbul", False, at(20))
    assert due_times(COLLECT, young, at(0), at(60)) == [at(30), at(45)]
    assert left_out(pause(0, None), [(COLLECT, HOTEL), (TRAIN, HOTEL)], at(60)) == 4


def test_data_are_old_when_the_run_that_was_due_failed_was_missed_or_pauses() -> None:
    def told(newest: Newest, now: float, *pauses: PauseRow) -> list[tuple[str, datetime | None, int | None]]:
        old = stale([(COLLECT, HOTEL)], {("collect", 1): newest}, pauses, at(now))
        return [(one.reason, one.since, one.run_id) for one in old]

    good = Newest(7, "succeeded", at(0.1), None, at(0.1))
    assert told(good, 20) == []  # due at 15, and may still begin
    assert told(good, 24) == [("missed", at(0.1), None)]
    assert told(good, 24, pause(5, None)) == [("paused", at(0.1), None)]
    assert told(Newest(8, "failed", at(15.1), "unexpected", at(0.1)), 16) == [("failed", at(0.1), 8)]
    assert told(Newest(8, "cancelled", at(15.1), "cancelled_by_person", None), 16) == [("failed", None, 8)]
    assert readers("collect") == ("features", "train", "detect", "forecast", "evaluate")


def test_the_chart_of_a_day_has_a_row_a_job_on_the_hotels_clock() -> None:
    frame = pd.DataFrame(
        {
            "job": ["Collection", "Training", "Collection"], "state": ["succeeded", "failed", "succeeded"],
            "began": [at(0), at(1), at(15)], "ended": [at(1), at(61), at(16)], "told": ["a", "b", "c"],
        }
    )  # fmt: skip
    labels, span = DayLabels({"succeeded": "OK", "failed": "Failed"}), (at(-180), at(1260))
    chart = day_figure(frame, span, labels, Translator("en", HOTEL.time_zone), "dark")
    bars = {bar.name: bar for bar in chart.data}
    assert list(bars["OK"].y) == ["Collection", "Collection"]
    assert pd.Timestamp(bars["Failed"].base[0]) == pd.Timestamp("2026-03-02 03:01")
    assert list(bars["Failed"].x) == [3_600_000]
    assert [str(edge)[:16] for edge in chart.layout.xaxis.range] == ["2026-03-02 00:00", "2026-03-03 00:00"]
    assert tuple(chart.layout.yaxis.categoryarray) == ("Training", "Collection")
