"""The data clean-up deletes what is older than its retention and nothing else (P8)."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.bulk import copy_frame
from db.queries import versions
from db.session import Database
from operations.archive.archiving import Archiving
from operations.jobs.cleanup import CleanupService, InstallationRetention, Retention
from pipeline.metrics.archive.folder import ArchiveFolder
from pipeline.metrics.service import MetricsService
from tests.integration.builders import build_hotel

ROWS = {
    "installation_runs": "INSERT INTO job_runs (job_name, trigger, state, started_at, heartbeat_at) "
    "VALUES ('audit_verification', 'schedule', 'succeeded', :at, :at)",
    "sessions": "INSERT INTO user_sessions (user_id, token_sha256, expires_at) VALUES (:user, :number, :at)",
    "user_links": "INSERT INTO user_links (user_id, kind, token_sha256, expires_at, created_by) "
    "VALUES (:user, 'reset', :number, :at, 'x')",
    "attempts": "INSERT INTO sign_in_attempts (kind, key, failures, began_at) VALUES ('name', :number, 1, :at)",
    "token_families": "INSERT INTO token_families (id, user_id, client_id, agent_family, device, begun_at, expires_at) "
    "VALUES (:number, :user, 'x', 'x', 'x', :at, :at)",
}


def metrics(hotel: int, clock: FixedClock, ages_in_days: list[float]) -> pd.DataFrame:
    ends = pd.to_datetime([clock.now() - timedelta(days=age) for age in ages_in_days])
    return pd.DataFrame(
        {"hotel_id": hotel, "metric_type": "stok_seviye", "entity_type": "product", "entity_id": 1,
         "interval_start": ends - pd.Timedelta(hours=1), "timestamp": ends, "metric_value": 1.0}
    )  # fmt: skip


def count(database: Database, table: str, condition: str = "true") -> int:
    with database.reading() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {condition}")).scalar_one())


def alert(database: Database, hotel: int, clock: FixedClock, closed_days_ago: int | None, verdict: str | None) -> None:
    closed = None if closed_days_ago is None else clock.now() - timedelta(days=closed_days_ago)
    with database.transaction() as connection:
        entity = connection.execute(text("SELECT count(*) FROM ml_alerts")).scalar_one()
        connection.execute(
            text(
                "INSERT INTO ml_alerts (hotel_id, alert_type, metric_type, entity_type, entity_id, severity, "
                "message_id, message_params, reasons, actions, started_at, last_seen_at, closed_at, verdict) "
                "VALUES (:hotel, 'x', 'stok_seviye', 'product', :entity, 'orta', 'm', '{}', '[]', '[]', :at, :at, "
                ":closed, :verdict)"
            ),
            {"hotel": hotel, "entity": entity, "at": clock.now(), "closed": closed, "verdict": verdict},
        )


@pytest.fixture
def cleanup(database: Database, tmp_path: Path) -> CleanupService:
    return CleanupService(database, Archiving(database, ArchiveFolder(tmp_path)), chunk_rows=3)


def test_metrics_older_than_ninety_days_go_and_only_of_that_hotel(
    cleanup: CleanupService, database: Database, clock: FixedClock, hotel: int, other_hotel: int
) -> None:
    """The day of the limit stays until all of it is ninety days old."""
    with database.transaction() as connection:
        for each in (hotel, other_hotel):
            copy_frame(connection, "ml_metrics", metrics(each, clock, [1, 89, 89.9, 90.1, 91.1, 200, 300]))
    report = cleanup.delete_old(SYSTEM, hotel, clock.now())
    assert report.details["archived"]["rows"] == report.rows_out == 3
    assert (count(database, "ml_metrics", f"hotel_id = {hotel}"), count(database, "ml_metrics")) == (4, 11)
    assert cleanup.delete_old(SYSTEM, hotel, clock.now()).rows_out == 0
    with database.reading() as connection:
        assert (hotel, "metrics") in versions.current(connection)
        assert (other_hotel, "metrics") not in versions.current(connection)


def test_alerts_go_thirty_days_after_they_closed_unless_they_were_judged(
    cleanup: CleanupService, database: Database, clock: FixedClock, hotel: int
) -> None:
    """SPEC A6.3: verdicts are what later detections learn from."""
    for closed, verdict in ((None, None), (29, None), (31, None), (31, "yanlis_pozitif")):
        alert(database, hotel, clock, closed, verdict)
    cleanup.delete_old(SYSTEM, hotel, clock.now())
    assert count(database, "ml_alerts") == 3
    assert count(database, "ml_alerts", "verdict = 'yanlis_pozitif'") == 1


def test_an_alert_that_a_person_changed_lately_stays_so_that_it_can_be_undone(
    cleanup: CleanupService, database: Database, clock: FixedClock, hotel: int
) -> None:
    for days in (1, 40):
        alert(database, hotel, clock, 60, None)
        with database.transaction() as connection:
            connection.execute(
                text(
                    "WITH a AS (INSERT INTO alert_actions (kind, actor, done_at) VALUES ('x', 'x', :at) RETURNING id) "
                    "INSERT INTO alert_action_rows SELECT a.id, (SELECT max(id) FROM ml_alerts), '{}', 1 FROM a"
                ),
                {"at": clock.now() - timedelta(days=days)},
            )
    cleanup.delete_old(SYSTEM, hotel, clock.now())
    assert (count(database, "ml_alerts"), count(database, "alert_action_rows")) == (1, 1)


def test_the_settings_decide_and_learning_keeps_its_thirty_days(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SPEC A1.4: each product learns from its last 30 days; a shorter retention is refused."""
    assert Retention.of(Settings()) == Retention()
    monkeypatch.setenv("BAROMETER_METRIC_DAYS", "40")
    assert Retention.of(Settings()).candidates == 40
    assert CleanupService.of(database, Settings()).archiving.days == 40
    monkeypatch.setenv("BAROMETER_METRIC_DAYS", "20")
    with pytest.raises(ValueError, match=r"(?i)metric_days"):
        Settings()


def test_a_caller_without_the_right_deletes_nothing(cleanup: CleanupService, clock: FixedClock, hotel: int) -> None:
    for scope in (Scope("bora", frozenset({"jobs.read"}), None), Scope("cem", frozenset({"jobs.run"}), frozenset())):
        with pytest.raises(AppError):
            cleanup.delete_old(scope, hotel, clock.now())


def test_what_was_deleted_at_the_end_of_its_retention_is_not_collected_again(
    cleanup: CleanupService, database: Database, clock: FixedClock
) -> None:
    """The whole ledger of a product that moved is computed again; its old rows would raise old alerts again."""
    old, now = clock.now() - timedelta(days=100), clock.now()
    with database.transaction() as connection:
        built = build_hotel(connection)
        built.movement(connection, 0, old, "giris", 100)
        built.movement(connection, 0, now - timedelta(days=99), "cikis", 5)
        built.movement(connection, 0, now - timedelta(days=1), "cikis", 5)
    service, before = MetricsService(database), f"timestamp < '{(now - timedelta(days=91)).isoformat()}'"
    service.collect(SYSTEM, built.hotel_id, now, metric_types=("stok_seviye",))
    assert count(database, "ml_metrics", before) > 0
    cleanup.delete_old(SYSTEM, built.hotel_id, now)
    with database.transaction() as connection:
        built.movement(connection, 0, now - timedelta(hours=1), "cikis", 5)
    service.collect(SYSTEM, built.hotel_id, now, metric_types=("stok_seviye",))
    service.compare_everything(SYSTEM, built.hotel_id, now)
    assert count(database, "ml_metrics", before) == 0
    with database.transaction() as connection:  # as an administrator brings rows back
        query = """INSERT INTO ml_metrics (hotel_id, metric_type, entity_type, entity_id, interval_start, timestamp,
            metric_value, exposure, extra_data)
            SELECT hotel_id, metric_type, entity_type, entity_id, :at - interval '1 day', :at, 1, exposure, extra_data
            FROM ml_metrics LIMIT 1"""
        connection.execute(text(query), {"at": now - timedelta(days=95)})
    service.compare_everything(SYSTEM, built.hotel_id, now)
    assert count(database, "ml_metrics", before) == 1, "what was brought back stays"
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM pipeline_watermarks WHERE stage = 'kept'"))
    service.compare_everything(SYSTEM, built.hotel_id, now)
    assert count(database, "ml_metrics", before) > 0, "without the mark the rows come back: the test can fail"


def test_what_belongs_to_no_hotel_goes_where_there_is_no_hotel(
    cleanup: CleanupService, database: Database, clock: FixedClock
) -> None:
    """One row older than its retention and one that is not, of every kind; what is in use stays."""
    days = asdict(InstallationRetention())
    old = {kind: clock.now() - timedelta(days=kept + 1) for kind, kept in days.items()}
    with database.transaction() as connection:
        user = "INSERT INTO users (username, full_name, role) VALUES ('ayse', 'Ayşe', 'admin') RETURNING id"
        user_id = connection.execute(text(user)).scalar_one()
        for kind, statement in ROWS.items():
            for number, at in enumerate((old[kind], clock.now())):
                connection.execute(text(statement), {"at": at, "user": user_id, "number": f"{kind} {number}"})
    report = cleanup.delete_of_installation(SYSTEM, clock.now())
    assert {kind: report.details["deleted"][kind] for kind in ROWS} == dict.fromkeys(ROWS, 1)
    assert cleanup.delete_of_installation(SYSTEM, clock.now()).rows_out == 0
    for table in ("user_sessions", "user_links", "token_families", "job_runs", "sign_in_attempts"):
        assert count(database, table) == 1, table
    with pytest.raises(AppError, match="forbidden"):
        cleanup.delete_of_installation(Scope("bora"), clock.now())
