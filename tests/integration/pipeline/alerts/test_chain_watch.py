"""The nightly verification of the audit log: its result, the alert while it is broken, and its end (C13)."""

import socket

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.queries import audit, jobs
from db.queries.job_rows import NewRun, RunEnd
from db.session import Database
from identity.audit.service import AuditService
from pipeline.alerts.chain_watch.service import ChainWatch
from pipeline.alerts.service import AlertService
from tests.integration.builders import build_hotel


@pytest.fixture
def watch(database: Database, clock: FixedClock) -> ChainWatch:
    """Over a log of five entries."""
    for number in range(5):
        write(database, f"alert {number}")
    return ChainWatch(database, AuditService(database, clock), AlertService(database, clock))


def write(database: Database, entity: str) -> None:
    with database.transaction() as connection:
        audit.record(connection, "ayse", "alert_viewed", entity=entity)


def night(watch: ChainWatch, clock: FixedClock) -> dict[str, object]:
    """One recorded run of the job; what it found."""
    report = watch.verify(SYSTEM, clock.now())
    with watch.database.transaction() as connection:
        new = NewRun("audit_verification", None, "schedule", clock.now(), socket.gethostname())
        run_id = jobs.begin_run(connection, new)
        jobs.finish_run(connection, run_id or 0, RunEnd("succeeded", clock.now(), result=report.details))
    return report.details


def tamper(database: Database, statement: str) -> None:
    with database.transaction() as connection:
        for table in ("audit_log", "audit_chain"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        connection.execute(text(statement))
        for table in ("audit_log", "audit_chain"):
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))


def alerts(database: Database) -> list[tuple[str, str, str, bool]]:
    query = "SELECT alert_type, severity, message_id, closed_at IS NULL FROM ml_alerts ORDER BY id"
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_an_unbroken_log_is_told_and_raises_nothing(watch: ChainWatch, clock: FixedClock) -> None:
    with watch.database.transaction() as connection:
        build_hotel(connection)
    assert watch.audit.last_verification(SYSTEM) is None
    assert night(watch, clock)["findings"] == 0
    last = watch.audit.last_verification(SYSTEM)
    assert last is not None
    assert (last.at, last.entries, last.findings) == (clock.now(), 5, 0)
    assert alerts(watch.database) == []


def test_a_changed_entry_is_a_critical_alert_until_the_log_is_whole_again(watch: ChainWatch, clock: FixedClock) -> None:
    with watch.database.transaction() as connection:
        build_hotel(connection)
    tamper(watch.database, "UPDATE audit_log SET actor = 'nobody' WHERE entity = 'alert 2'")
    for _ in range(2):  # one incident is one alert
        found = night(watch, clock)
        assert found["findings"] == 1
        assert "'changed'" in str(found["first"])
    assert alerts(watch.database) == [("denetim_bozuk", "kritik", "alert.audit_broken", True)]
    with watch.database.reading() as connection:
        told = "SELECT count(*) FROM audit_log WHERE action = 'audit_chain_broken'"
        assert connection.execute(text(told)).scalar_one() == 2
    last = watch.audit.last_verification(SYSTEM)
    assert last is not None
    assert last.findings == 1
    tamper(watch.database, "UPDATE audit_log SET actor = 'ayse' WHERE entity = 'alert 2'")
    for _ in range(2):
        assert night(watch, clock)["findings"] == 0
    assert alerts(watch.database) == [("denetim_bozuk", "kritik", "alert.audit_broken", False)]


def test_an_end_that_was_cut_off_shows_against_the_night_before(watch: ChainWatch, clock: FixedClock) -> None:
    """The shorter chain is sound in itself."""
    night(watch, clock)
    tamper(watch.database, "DELETE FROM audit_chain WHERE position > 3")
    tamper(watch.database, "DELETE FROM audit_log WHERE id NOT IN (SELECT entry_id FROM audit_chain)")
    for _ in range(2):  # also the night after: a broken one is nothing to compare with
        assert "cut_off" in str(night(watch, clock)["first"])


def test_without_hotels_the_run_and_the_log_tell_it(watch: ChainWatch, clock: FixedClock) -> None:
    tamper(watch.database, "DELETE FROM audit_log WHERE entity = 'alert 2'")
    assert night(watch, clock)["findings"] == 1
    assert alerts(watch.database) == []


def test_only_who_may_verify_does(watch: ChainWatch, clock: FixedClock) -> None:
    with pytest.raises(AppError, match="forbidden"):
        watch.verify(Scope("ayse", frozenset({"audit.read"}), None), clock.now())
    with pytest.raises(AppError, match="forbidden"):
        watch.audit.last_verification(Scope("bora", frozenset(), None))
