"""What is due and when: missed times are made up once, killed runs are repeated once."""

from datetime import UTC, datetime, timedelta

from db.queries.job_rows import JobHotel
from operations.jobs.definitions import Cron, Every, TimedJob
from operations.jobs.timetable import Timetable

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
COLLECT = TimedJob("collect", Every(15), 60)
DETECT = TimedJob("detect", Every(60), 60)
TRAIN = TimedJob("train", Cron("0 0 * * *"), 60)
FEED = TimedJob("sample_feed", Every(15), 60, only_simulated=True)


def hotel(number: int = 1, *, simulated: bool = False, created_at: datetime = NOW) -> JobHotel:
    return JobHotel(number, f"H{number}", "Europe/Istanbul", simulated, created_at)


def names(table: Timetable, hotels: list[JobHotel], at: datetime) -> list[tuple[str, int | None]]:
    return [(job.name, found.id) for job, found in table.due(hotels, at)]


def test_a_new_hotel_is_collected_at_once_and_trained_at_its_next_midnight() -> None:
    table = Timetable((COLLECT, TRAIN))
    assert names(table, [hotel()], NOW) == [("collect", 1)]
    table.started("collect", 1, NOW)
    assert names(table, [hotel()], NOW + timedelta(minutes=14)) == []
    midnight = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
    table.started("collect", 1, midnight)
    assert names(table, [hotel()], midnight - timedelta(seconds=1)) == []
    assert names(table, [hotel()], midnight) == [("train", 1)]


def test_jobs_that_are_due_together_come_in_the_order_of_the_table() -> None:
    table = Timetable((COLLECT, DETECT))
    assert names(table, [hotel(1), hotel(2)], NOW) == [("collect", 1), ("collect", 2), ("detect", 1), ("detect", 2)]


def test_many_missed_times_are_one_run() -> None:
    table = Timetable((COLLECT,))
    table.remember({("collect", 1): NOW - timedelta(days=3)})
    assert names(table, [hotel()], NOW) == [("collect", 1)]
    table.started("collect", 1, NOW)
    assert names(table, [hotel()], NOW) == []


def test_a_training_missed_over_midnight_is_made_up_in_the_morning() -> None:
    table = Timetable((TRAIN,))
    table.remember({("train", 1): NOW - timedelta(days=1)})
    assert names(table, [hotel()], NOW) == [("train", 1)]
    table.remember({("train", 1): NOW - timedelta(hours=1)})
    assert names(table, [hotel()], NOW) == []


def test_a_hotel_made_before_midnight_is_trained_by_a_sidecar_that_started_after_it() -> None:
    table = Timetable((TRAIN,))
    assert names(table, [hotel(created_at=NOW - timedelta(hours=12))], NOW) == [("train", 1)]


def test_only_simulated_hotels_are_continued() -> None:
    table = Timetable((FEED,))
    assert names(table, [hotel(1), hotel(2, simulated=True)], NOW) == [("sample_feed", 2)]


def test_a_killed_run_is_repeated_once_and_only_once() -> None:
    table = Timetable((COLLECT,))
    for _ in range(2):
        table.started("collect", 1, NOW)
        table.ended("collect", 1, "lost")
    assert names(table, [hotel()], NOW) == []
    table.started("collect", 1, NOW)
    table.ended("collect", 1, "succeeded")
    table.ended("collect", 1, "lost")
    assert names(table, [hotel()], NOW) == [("collect", 1)]


def test_a_failed_run_waits_for_its_next_time() -> None:
    table = Timetable((COLLECT,))
    table.started("collect", 1, NOW)
    table.ended("collect", 1, "failed")
    assert names(table, [hotel()], NOW + timedelta(minutes=14)) == []
    assert names(table, [hotel()], NOW + timedelta(minutes=15)) == [("collect", 1)]


def test_jobs_of_the_installation_are_due_once_for_all_hotels_and_without_any() -> None:
    own = TimedJob("installation_cleanup", Cron("0 4 * * *"), 60, of_installation=True)
    table = Timetable((COLLECT, own))
    installation = JobHotel(None, "", "Europe/Istanbul", False, NOW - timedelta(days=1))
    assert names(table, [installation], NOW) == [("installation_cleanup", None)]
    assert names(table, [hotel(1), hotel(2), installation], NOW) == [
        ("collect", 1), ("collect", 2), ("installation_cleanup", None),
    ]  # fmt: skip
    table.started("installation_cleanup", None, NOW)
    assert names(table, [installation], NOW + timedelta(hours=1)) == []
