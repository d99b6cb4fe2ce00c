"""Versions of the configuration: saved, overtaken, rolled back, broken past the console, and taken (C9)."""

import json
import multiprocessing
import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from core.clock import FixedClock
from core.embedded.servers import Servers
from core.embedded.valkey import ValkeyServer
from core.errors import AppError
from core.scope import Scope
from core.settings import Settings
from db.queries import jobs as queries
from db.queries.job_rows import NewRun
from db.session import Database, open_database
from operations.configuration.service import ConfigurationService
from operations.configuration.stored import checksum
from operations.configuration.taking import Taking
from operations.jobs.definitions import Every, timed_jobs
from operations.jobs.reaper import Reaper
from operations.jobs.runner import JobRunner
from operations.jobs.timetable import Timetable
from operations.sidecar import Sidecar
from scheduler_service import follow, run_child

ADA = Scope("ada", frozenset({"config.read", "config.write"}), None)
BORA = replace(ADA, actor="bora")
LOOKER = Scope("cem", frozenset({"config.read"}), None)
SECRETS = ("planted-admin", "planted-database", "planted-oidc")
FIRST, SECOND = "metric_days = 120\n", "# less\nmetric_days = 60\nalert_days = 40\n"


@pytest.fixture
def configuration(app_database: Database, clock: FixedClock) -> ConfigurationService:
    """As the dashboard has it: as the application's role, with secrets in its settings."""
    settings = Settings(
        admin_password=SECRETS[0], database_url=f"postgresql://barometer:{SECRETS[1]}@db/x",
        oidc_client_secret=SECRETS[2],
    )  # fmt: skip
    return ConfigurationService(app_database, clock, settings)


def written_past(database: Database, said: str, previous_id: int | None, summed: str | None = None) -> int:
    """Somebody with SQL."""
    with database.transaction() as connection:
        query = """INSERT INTO configuration_versions (text, previous_id, author, saved_at, reason, checksum)
                   VALUES (:text, :previous, 'psql', now(), '', :checksum) RETURNING id"""
        params = {"text": said, "previous": previous_id, "checksum": summed or checksum(said)}
        return int(connection.execute(text(query), params).scalar_one())


def audited(database: Database) -> list[dict[str, object]]:
    with database.reading() as connection:
        query = "SELECT actor, action, entity, details, before, after FROM audit_log ORDER BY id"
        return [dict(row) for row in connection.execute(text(query)).mappings()]


def test_a_version_is_saved_compared_and_taken_back(configuration: ConfigurationService, database: Database) -> None:
    first = configuration.save(ADA, FIRST, "a year is too much", None)
    second = configuration.save(BORA, SECOND, "disk", first)
    assert configuration.settings.metric_days == 60, "this process has it at once"
    assert "-metric_days = 120" in configuration.compared(LOOKER, second)
    back = configuration.rollback(ADA, first, "not so little", second)
    assert (configuration.settings.metric_days, configuration.settings.alert_days) == (120, 30)
    history = configuration.history(LOOKER)
    assert [(one.id, one.author, one.counts) for one in history] == [
        (back, "ada", True), (second, "bora", False), (first, "ada", False),
    ]  # fmt: skip
    assert [(c.name, c.before, c.after) for c in history[0].changes] == [
        ("alert_days", 40, None),
        ("metric_days", 60, 120),
    ]
    assert [one.id for one in configuration.history(LOOKER, "alert_days")] == [back, second]
    entry = audited(database)[1]
    assert (entry["actor"], entry["action"]) == ("bora", "configuration_saved")
    assert (entry["before"], entry["after"]) == (
        {"alert_days": None, "metric_days": 120}, {"alert_days": 40, "metric_days": 60},
    )  # fmt: skip
    configuration.rollback(ADA, 0, "nothing at all", back)
    assert configuration.settings.metric_days == 90


def test_what_is_wrong_is_not_saved(configuration: ConfigurationService, database: Database) -> None:
    refused = {
        "configuration_invalid": ("metric_days = 1", "why"),
        "configuration_reason_missing": (FIRST, "  "),
    }
    for code, (said, reason) in refused.items():
        with pytest.raises(AppError, match=code):
            configuration.save(ADA, said, reason, None)
    with pytest.raises(AppError, match="configuration_invalid"):
        configuration.save(ADA, f"# {SECRETS[0]}", "why", None)
    for who in (LOOKER, replace(ADA, hotels=frozenset({1}))):  # settings are those of every hotel
        with pytest.raises(AppError, match="forbidden"):
            configuration.save(who, FIRST, "why", None)
    with pytest.raises(AppError, match="not_found"):
        configuration.rollback(ADA, 7, "why", None)
    assert configuration.history(ADA) == []
    assert audited(database) == []


def test_of_two_administrators_at_once_the_second_is_told(configuration: ConfigurationService) -> None:
    start, outcomes = threading.Barrier(2), []

    def save(scope: Scope, said: str) -> None:
        start.wait(60)
        try:
            outcomes.append(configuration.save(scope, said, "at once", None))
        except AppError as error:
            outcomes.append((error.code, error.http_status, error.params["by"]))

    people = [threading.Thread(target=save, args=each) for each in ((ADA, FIRST), (BORA, SECOND))]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    [kept] = configuration.history(ADA)
    assert sorted(outcomes, key=str) == sorted([kept.id, ("configuration_changed", 409, kept.author)], key=str)
    later = configuration.save(ADA, "metric_days = 70", "again", kept.id)
    with pytest.raises(AppError, match="configuration_changed"):
        configuration.save(BORA, SECOND, "upon the first", kept.id)
    with pytest.raises(AppError, match="configuration_changed"):
        configuration.rollback(BORA, kept.id, "upon nothing", None)
    assert configuration.history(ADA)[0].id == later


def test_an_invalid_version_counts_for_nothing_and_can_be_left(
    configuration: ConfigurationService, database: Database
) -> None:
    good = configuration.save(ADA, FIRST, "a year", None)
    broken = written_past(database, f"metric_days = 1\nadmin_password = '{SECRETS[0]}'", good)
    altered = written_past(database, "metric_days = 50", broken, checksum("metric_days = 51"))
    configuration.follow()
    assert configuration.settings.metric_days == 120
    found = configuration.shown(ADA)
    assert found.good is not None
    assert (found.newest_id, found.good.id, [one.code for one in found.problems]) == (altered, good, ["altered"])
    with pytest.raises(AppError, match="configuration_version_invalid"):
        configuration.rollback(ADA, broken, "no", altered)
    [_, shown, _] = configuration.history(ADA)
    assert [(one.line, one.code) for one in shown.problems] == [(1, "too_small"), (2, "not_here")]
    back = configuration.rollback(ADA, good, "the last good one", altered)
    found = configuration.shown(ADA)
    assert (found.newest_id, found.problems) == (back, ())
    told = repr((configuration.history(ADA), configuration.shown(ADA), configuration.compared(ADA, broken)))
    assert [secret for secret in SECRETS if secret in told] == []


def test_versions_are_never_changed(configuration: ConfigurationService, database: Database) -> None:
    configuration.save(ADA, FIRST, "a year", None)
    for role in (database, configuration.database):  # the owner is stopped by the trigger
        for change in ("UPDATE configuration_versions SET text = ''", "DELETE FROM configuration_versions"):
            with (
                pytest.raises((DatabaseError, AppError), match=r"never changed|database_forbidden"),
                role.transaction() as connection,
            ):
                connection.execute(text(change))


def test_who_may_not_write_cannot_find_a_secret_by_guessing(configuration: ConfigurationService) -> None:
    guess = f"# {SECRETS[0]}\nmetric_days = 90"
    assert [one.code for one in configuration.check(ADA, guess).problems] == ["secret"]
    of_one_hotel = replace(ADA, hotels=frozenset({1}))
    for looker in (LOOKER, of_one_hotel):
        right, wrong = configuration.check(looker, guess), configuration.check(looker, guess.replace("admin", "other"))
        assert right.problems == wrong.problems == ()
        assert right.difference.replace("admin", "other") == wrong.difference


def test_no_secret_is_told_anywhere(configuration: ConfigurationService, database: Database) -> None:
    configuration.save(ADA, FIRST, f"since {SECRETS[0]} leaked", None)
    found = configuration.shown(LOOKER)
    password = next(one for one in found.settings if one.name == "admin_password")
    assert (password.value, password.is_secret, password.is_set, password.source) == (None, True, True, "environment")
    everything = repr((
        found, configuration.history(ADA), configuration.check(ADA, f"# {SECRETS[1]}\nmetric_days = 90"),
        json.dumps(audited(database), default=str),
    ))  # fmt: skip
    assert [secret for secret in SECRETS if secret in everything] == []
    assert {one.name for one in found.settings} == set(Settings.model_fields)
    metric = next(one for one in found.settings if one.name == "metric_days")
    assert (metric.value, metric.source, metric.default, metric.is_editable) == ("120", "database", "90", True)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")  # newer Pythons
def test_a_saved_setting_changes_what_a_run_does(
    configuration: ConfigurationService, database: Database, valkey_server: ValkeyServer, tmp_path: Path
) -> None:
    """A process of its own, as the scheduler starts it; 20 days old runs go since the database says 7."""
    configuration.save(ADA, "job_run_days = 7", "disk", None)
    with database.transaction() as connection:
        query = """INSERT INTO job_runs (job_name, trigger, state, started_at, heartbeat_at)
                   SELECT 'audit_verification', 'schedule', 'succeeded', now() - d * interval '1 day', now()
                   FROM unnest(ARRAY[20, 3]) d"""
        connection.execute(text(query))
        new = NewRun("installation_cleanup", None, "schedule", datetime.now(UTC), socket.gethostname(), 60)
        run_id = queries.begin_run(connection, new)
    url = database.engine.url.render_as_string(hide_password=False)
    settings, servers = Settings(home=tmp_path), Servers(url, valkey_server.url, None, None)
    child = multiprocessing.get_context("fork").Process(target=run_child, args=(settings, servers, run_id))
    child.start()
    child.join(200)
    assert child.exitcode == 0
    with database.reading() as connection:
        runs = queries.recent_runs(connection, None, 10)
    assert sorted(run.job_name for run in runs) == ["audit_verification", "installation_cleanup"]


def test_the_scheduler_takes_a_new_timetable_while_it_runs(configuration: ConfigurationService) -> None:
    settings, database, clock = Settings(), configuration.database, configuration.clock
    runner = JobRunner(database, clock, ("true",), settings.job_workers)
    sidecar = Sidecar(database, clock, Timetable(timed_jobs(settings)), runner, Reaper(database, clock), 900)
    taking = Taking(settings, database, lambda: follow(sidecar, settings))
    taking.look()
    assert sidecar.timetable.jobs == timed_jobs(Settings())
    configuration.save(ADA, "collection_minutes = 5\njob_workers = 1\njob_timeout_seconds = 60", "faster", None)
    taking.look()
    [collect] = [job for job in sidecar.timetable.jobs if job.name == "collect"]
    assert (collect.cadence, collect.timeout_seconds) == (Every(5), 60)
    assert (sidecar.runner.workers, sidecar.request_timeout_seconds) == (1, 60)


def test_a_process_that_starts_without_a_database_goes_on_with_what_it_has(clock: FixedClock) -> None:
    settings = Settings()
    Taking(settings, open_database("postgresql://x:x@127.0.0.1:1/x")).begin()
    assert settings.metric_days == 90
