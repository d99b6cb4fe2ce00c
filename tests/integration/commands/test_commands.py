"""The command line on a real database: each command does what it says and fails in one sentence (D4)."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from db.session import Database
from tests.architecture.source_tree import ROOT
from tests.integration.commands.conftest import Run

BOOKINGS = "\n".join([
    "source_row,arrival_date,departure_date,adults,children,babies,assigned_room_type,reservation_status",
    "1,2026-01-03,2026-01-06,2,0,0,A,Check-Out",
    "2,2026-01-04,2026-01-05,1,0,0,B,Check-Out",
])  # fmt: skip


def count(database: Database, table: str, where: str = "true") -> int:
    with database.reading() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one())


def test_a_simulated_hotel_goes_through_the_whole_pipeline_and_twice_changes_nothing(
    manage: Run, database: Database
) -> None:
    """P1, P2, P5, P6: sources → metrics → features → models → scores → alerts, every run recorded."""
    made = manage("simulate", "--rooms", "20", "--days", "60", "--seed", "11")
    assert (made.returncode, made.stderr) == (0, "")
    with database.reading() as connection:  # the same instant for all of it: with a full hour there is more to collect
        query = """SELECT to_char(now() AT TIME ZONE time_zone, 'YYYY-MM-DD"T"HH24:MI:SS') FROM hotels"""
        at = str(connection.execute(text(query)).scalar_one())
    assert manage("pipeline", "run", "--at", at).returncode == 0
    filled = {t: count(database, t) for t in ("ml_metrics", "ml_features", "ml_scores", "ml_models", "ml_alerts")}
    assert all(filled.values()), filled
    assert count(database, "ml_metrics", "metric_value = 0 AND metric_type = 'tuketim_miktar'") > 0
    assert manage("pipeline", "run", "--stage", "collect", "--at", at).returncode == 0
    assert count(database, "ml_metrics") == filled["ml_metrics"]
    assert count(database, "job_runs", "state = 'succeeded' AND rows_in IS NOT NULL") == 2
    judged = manage("evaluate", "--no-series")
    assert judged.returncode == 0
    assert "older rule" in judged.stdout


def test_bookings_make_a_real_hotel_once(manage: Run, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "bookings.csv"
    file.write_text(BOOKINGS)
    first = manage("import", "bookings", str(file))
    assert first.returncode == 0, first.stderr + first.stdout
    assert count(database, "hotels", "NOT simulated") == 1
    assert count(database, "stays") == 2
    assert manage("import", "bookings", str(file)).returncode == 0
    assert count(database, "stays") == 2


def test_expected_failures_are_one_sentence_and_a_code(manage: Run, tmp_path: Path) -> None:
    wrong = [
        (manage("pipeline", "run", "--hotel", "NOWHERE"), "NOWHERE"),
        (manage("import", "movements", str(tmp_path / "absent.csv")), "hotel"),
        (manage("migrate", DATABASE_URL="mysql://x/y"), "mysql"),
        (manage("migrate", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none"), "127.0.0.1"),
        (manage("migrate", BAROMETER_PORT="many"), "BAROMETER_PORT"),
    ]
    for result, named in wrong:
        assert result.returncode == 1, result
        assert named in result.stderr
        assert "Traceback" not in result.stderr + result.stdout
        assert len(result.stderr.strip().splitlines()) == 1


def test_a_user_is_added_with_hotels_and_a_wrong_role_is_refused(manage: Run, database: Database) -> None:
    added = manage("user", "add", "ayse", "--role", "admin", "--password", "correct horse battery")
    assert added.returncode == 0, added.stderr
    assert count(database, "users", "username = 'ayse' AND role = 'admin'") == 1
    entry = "actor = 'system' AND action = 'user_added' AND role = 'command_line:users.write'"
    assert count(database, "audit_log", entry) == 1
    refused = manage("user", "add", "eve", "--role", "king", "--password", "correct horse battery")
    assert refused.returncode == 1
    assert "king" in refused.stderr


def test_what_a_command_asks_of_the_database_stands_in_its_log(manage: Run, database: Database) -> None:
    assert manage("user", "list").returncode == 0
    assert count(database, "statement_log", "process = 'command' AND place = 'command' AND actor = 'system'") > 0
    assert count(database, "statement_log", "process <> 'command'") == 0


def test_a_key_of_a_machine_is_made_listed_and_ended(manage: Run, database: Database) -> None:
    """C12, A9.2: the key is printed once, whole, and is nowhere in the list."""
    assert manage("user", "add", "ayse", "--role", "admin", "--password", "correct horse battery").returncode == 0
    made = manage("api-keys", "create", "pms", "--owner", "ayse", "--permission", "alerts.read", "--days", "30")
    assert made.returncode == 0, made.stderr
    key = made.stdout.split()[-1]
    assert (key[:4], len(key)) == ("bmk_", 47)
    listed = manage("api-keys", "list").stdout
    assert "ayse/pms" in listed
    assert key not in listed
    more = manage("api-keys", "create", "more", "--owner", "ayse", "--permission", "jobs.run")
    assert more.returncode == 1
    assert manage("api-keys", "revoke", "1").returncode == 0
    assert count(database, "api_keys", "revoked_at IS NOT NULL") == 1


def test_a_user_is_disabled_enabled_and_gets_a_link_and_a_stranger_is_named(manage: Run, database: Database) -> None:
    manage("user", "add", "ayse", "--role", "superadmin", "--password", "correct horse battery")
    refused = manage("user", "disable", "ayse")
    assert refused.returncode == 1
    assert "superadmin" in refused.stderr
    manage("user", "add", "cem", "--role", "admin", "--password", "correct horse battery")
    assert manage("user", "disable", "cem").returncode == 0
    assert count(database, "users", "username = 'cem' AND NOT is_active") == 1
    for command in ("enable", "unlock", "forget-second-factor"):
        assert manage("user", command, "cem").returncode == 0
    assert "/password?link=" in manage("user", "link", "cem").stdout
    assert count(database, "user_links", "kind = 'reset'") == 1
    assert "cem" in manage("user", "list").stdout
    assert "eve" in manage("user", "link", "eve").stderr


def test_the_doctor_finds_the_missing_cache_and_says_what_to_do(manage: Run) -> None:
    report = manage("doctor")
    assert report.returncode == 1
    lines = report.stdout.splitlines()
    assert any(line.startswith("fail") and "→" in line for line in lines), report.stdout
    assert any(line.startswith("ok") for line in lines)


def test_the_address_of_the_database_is_printed_for_psql(manage: Run) -> None:
    shown = manage("db-url").stdout.strip()
    assert shown.startswith("postgresql://")
    assert "+psycopg2" not in shown


def test_forecasts_and_thresholds_are_told_in_the_readers_language_without_codes(
    manage: Run, database: Database
) -> None:
    """A4.2, A6.5: tables with words, no ``inf``, no column names of the database."""
    assert manage("simulate", "--rooms", "10", "--days", "40", "--seed", "3").returncode == 0
    told = manage("forecast", "show", BAROMETER_LANGUAGE="tr")
    assert (told.returncode, told.stderr) == (0, "")
    assert "| Ürün | Depoda | Günlük çıkış | Kalan gün | 7 günde bitme | Yöntem |" in told.stdout
    assert not {"inf", "nan", "days_left"} & set(told.stdout.replace("|", " ").split())
    thresholds = manage("thresholds", "show", BAROMETER_LANGUAGE="tr")
    assert (thresholds.returncode, thresholds.stderr) == (0, "")
    assert "günde yaklaşık 5 uyarı" in thresholds.stdout
    unknown = manage("thresholds", "set", "--metric", "yok", "--family", "cell", "--extra-evidence", "1")
    assert unknown.returncode != 0
    assert "Traceback" not in unknown.stderr + unknown.stdout


def test_the_file_itself_does_and_says_the_same(manage: Run, environment: dict[str, str], tmp_path: Path) -> None:
    """Other tests ask a process that has imported it; this one starts it as people do."""
    for arguments in (["user", "list"], ["pipeline", "run", "--hotel", "NOWHERE"]):
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        alone = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        forked = manage(*arguments)
        assert (alone.returncode, alone.stdout) == (forked.returncode, forked.stdout)
        assert alone.stderr.splitlines()[-1:] == forked.stderr.splitlines()[-1:]
