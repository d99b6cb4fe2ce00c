"""The job table: the cadences of SPEC P8, cron lines in the hotel's time zone, older names of the settings."""

from datetime import UTC, datetime

import pytest

from core.errors import AppError
from core.settings import Settings
from operations.jobs.definitions import INSTALLATION_JOB_NAMES, JOB_NAMES, Cron, Every, timed_jobs, weekday_names

ISTANBUL = "Europe/Istanbul"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_default_cadences_are_those_of_the_specification() -> None:
    """SPEC P8: collect 15, features 30, detect 60 minutes, train 00:00, model clean-up 03:00, data clean-up 04:00."""
    cadences = {job.name: job.cadence for job in timed_jobs(Settings())}
    assert cadences == {
        "sample_feed": Every(15),
        "collect": Every(15),
        "features": Every(30),
        "detect": Every(60),
        "learn": Cron("0 0 * * *"),
        "train": Cron("0 0 * * *"),
        "evaluate": Cron("0 0 * * *"),
        "renew": Cron("0 0 * * *"),
        "forecast": Cron("0 0 * * *"),
        "examine_models": Cron("0 0 * * *"),
        "measure_models": Cron("0 3 * * *"),
        "model_cleanup": Cron("0 3 * * *"),
        "data_cleanup": Cron("0 4 * * *"),
        "metric_verification": Cron("15 4 * * *"),
        "compare": Cron("0 5 * * 0"),
        "search_thresholds": Cron("0 6 * * 0"),
        "installation_cleanup": Cron("0 4 * * *"),
        "audit_verification": Cron("30 4 * * *"),
    }
    assert tuple(cadences) == JOB_NAMES + INSTALLATION_JOB_NAMES
    assert tuple(job.name for job in timed_jobs(Settings()) if job.of_installation) == INSTALLATION_JOB_NAMES


def test_the_older_names_of_the_environment_change_the_cadence(monkeypatch: pytest.MonkeyPatch) -> None:
    """SPEC D5."""
    monkeypatch.setenv("ML_DATA_COLLECTION_INTERVAL", "5")
    monkeypatch.setenv("ML_TRAINING_SCHEDULE", "30 1 * * 1")
    cadences = {job.name: job.cadence for job in timed_jobs(Settings())}
    assert (cadences["collect"], cadences["train"]) == (Every(5), Cron("30 1 * * 1"))


def test_where_the_pipeline_is_switched_off_the_installation_still_looks_after_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ML_ENABLED", "false")
    assert tuple(job.name for job in timed_jobs(Settings())) == INSTALLATION_JOB_NAMES


def test_minutes_fall_on_one_grid_and_never_on_the_instant_itself() -> None:
    assert Every(15).first_after(at("2026-03-02T10:07:30"), ISTANBUL) == at("2026-03-02T10:15")
    assert Every(15).first_after(at("2026-03-02T10:15"), ISTANBUL) == at("2026-03-02T10:30")


def test_midnight_is_the_hotels_midnight() -> None:
    """SPEC P8: in the hotel's time zone (Istanbul is UTC+3, New York UTC−5)."""
    after = at("2026-03-02T05:00")
    assert Cron("0 0 * * *").first_after(after, ISTANBUL) == at("2026-03-02T21:00")
    assert Cron("0 0 * * *").first_after(after, "America/New_York") == at("2026-03-03T05:00")
    assert Cron("0 0 * * *").first_after(at("2026-03-02T21:00"), ISTANBUL) == at("2026-03-03T21:00")


def test_a_time_that_the_clock_change_skips_or_repeats_runs_once_a_day() -> None:
    """Berlin skips 02:30 on 29 March 2026 and has it twice on 25 October 2026."""
    cron = Cron("30 2 * * *")
    for start, days in (("2026-03-27T12:00", 4), ("2026-10-23T12:00", 4)):
        instant, fires = at(start), []
        while len(fires) < days:
            instant = cron.first_after(instant, "Europe/Berlin")
            fires.append(instant.date())
        assert len(set(fires)) == days


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("0", "sun"), ("7", "sun"), ("1", "mon"), ("1-5", "mon,tue,wed,thu,fri"), ("5-7", "fri,sat,sun"),
        ("0,6", "sun,sat"), ("1-5/2", "mon,wed,fri"), ("*", "*"), ("mon-fri", "mon-fri"),
    ],
)  # fmt: skip
def test_weekday_numbers_are_crons_not_the_schedulers(field: str, names: str) -> None:
    assert weekday_names(field) == names


def test_a_sunday_line_fires_on_sunday() -> None:
    assert Cron("0 12 * * 0").first_after(at("2026-03-02T00:00"), "UTC") == at("2026-03-08T12:00")


@pytest.mark.parametrize("line", ["", "0 0 * *", "61 0 * * *", "0 0 * * 9", "midnight"])
def test_a_wrong_line_is_refused_when_the_table_is_made(line: str) -> None:
    with pytest.raises(AppError) as refused:
        Cron(line)
    assert refused.value.code == "schedule_wrong"
    assert refused.value.params["schedule"] == line
