"""Embedded servers: reused, restarted after a crash, side by side, and clear about what is wrong (D4)."""

import os
import shutil
import signal
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from core.embedded.postgres import cluster_folder
from core.embedded.process import last_words, secret_file
from core.embedded.servers import Servers, ensure_servers, prepare_home, running_servers, stop_servers
from core.errors import AppError
from core.settings import Settings
from db.session import open_database
from operations.cache import cache_version
from tests.integration.operations.backups.test_misfortunes import no_room


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    return Settings(home=tmp_path / "home")


def run_sql(servers: Servers, statement: str) -> object:
    database = open_database(servers.owner_url, pool_size=1)
    with database.transaction() as connection:
        result = connection.execute(text(statement))
        value = result.scalar() if result.returns_rows else None
    database.dispose()
    return value


def test_both_servers_answer_and_stop_with_the_command_that_started_them(settings: Settings) -> None:
    with running_servers(settings) as servers:
        assert run_sql(servers, "SELECT current_setting('server_version_num')::int / 10000") == 18
        assert run_sql(servers, "SHOW timezone") == "UTC"
        assert cache_version(servers.redis_url)
        ids = [server.process_id for server in (servers.postgres, servers.valkey) if server]
    assert [psutil.pid_exists(each) for each in ids] == [False, False]


def test_a_second_user_reuses_them_and_the_last_one_stops_them(settings: Settings) -> None:
    with running_servers(settings) as first:
        with running_servers(settings) as second:
            assert second == first
        assert run_sql(first, "SELECT 1") == 1
    assert first.postgres
    assert not psutil.pid_exists(first.postgres.process_id)


def test_the_first_user_may_leave_before_the_second(settings: Settings) -> None:
    outer, inner = running_servers(settings), running_servers(settings)
    outer.__enter__()
    servers = inner.__enter__()
    outer.__exit__(None, None, None)
    assert run_sql(servers, "SELECT 1") == 1
    inner.__exit__(None, None, None)
    assert servers.postgres
    assert not psutil.pid_exists(servers.postgres.process_id)


def test_data_and_ports_outlive_a_restart(settings: Settings) -> None:
    with running_servers(settings) as before:
        run_sql(before, "CREATE TABLE kept AS SELECT 42 AS value")
    with running_servers(settings) as after:
        assert run_sql(after, "SELECT value FROM kept") == 42
        assert (after.database_url, after.redis_url) == (before.database_url, before.redis_url)


def test_a_port_that_others_took_in_the_meantime_is_replaced(settings: Settings, tmp_path: Path) -> None:
    with running_servers(settings) as before:
        pass
    assert before.valkey
    assert before.postgres
    state = settings.data_dir / "servers.json"
    with running_servers(Settings(home=tmp_path / "other")) as other:
        assert other.postgres
        state.write_text(state.read_text().replace(str(before.postgres.port), str(other.postgres.port)))
        with running_servers(settings) as after:
            assert run_sql(after, "SELECT 1") == 1
            assert after.postgres
            assert after.postgres.port != other.postgres.port


def test_a_killed_postgres_recovers_what_was_committed(settings: Settings) -> None:
    try:
        before, _ = ensure_servers(settings)
        run_sql(before, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS value")
        assert before.postgres
        os.kill(before.postgres.process_id, signal.SIGKILL)
        psutil.wait_procs(
            [psutil.Process(before.postgres.process_id)] if psutil.pid_exists(before.postgres.process_id) else []
        )
        after, started = ensure_servers(settings)
        assert started
        assert run_sql(after, "SELECT count(*) FROM kept") == 1000
    finally:
        stop_servers(settings.data_dir)


def test_two_data_folders_run_side_by_side(settings: Settings, tmp_path: Path) -> None:
    with running_servers(settings) as one, running_servers(Settings(home=tmp_path / "other")) as two:
        assert one.database_url != two.database_url
        run_sql(one, "CREATE TABLE only_here ()")
        assert run_sql(two, "SELECT to_regclass('only_here')") is None


def test_secrets_are_for_their_owner_only(settings: Settings) -> None:
    with running_servers(settings):
        home = settings.data_dir
        for name in ("postgres.secret", "valkey.secret", "servers.json", "valkey/valkey.conf"):
            assert (home / name).stat().st_mode & 0o077 == 0, name
        assert home.stat().st_mode & 0o077 == 0


def test_a_wrong_password_does_not_enter(settings: Settings) -> None:
    with running_servers(settings) as servers:
        assert servers.postgres
        assert servers.valkey
        wrong = servers.owner_url.replace(servers.owner_url.split(":")[2].split("@")[0], "wrong")
        with pytest.raises(AppError, match="database_unavailable"):
            open_database(wrong).ping()
        with pytest.raises(AppError, match="redis_unavailable"):
            cache_version(servers.redis_url.replace(servers.valkey.password, "wrong"))


@pytest.mark.parametrize("damage", ["global/pg_control", "PG_VERSION", "global"])
def test_a_damaged_data_folder_is_called_that(settings: Settings, damage: str) -> None:
    with running_servers(settings):
        pass
    victim = cluster_folder(settings.data_dir) / damage
    shutil.rmtree(victim) if victim.is_dir() else victim.unlink()
    with pytest.raises(AppError) as refused, running_servers(settings):
        pass
    assert refused.value.code == "data_folder_damaged"
    assert str(settings.data_dir) in refused.value.params["folder"]


def test_a_first_start_that_was_interrupted_leaves_nothing_in_the_way(settings: Settings) -> None:
    half = cluster_folder(prepare_home(settings.data_dir)).with_suffix(".new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    with running_servers(settings) as servers:
        assert run_sql(servers, "SELECT 1") == 1


def test_outside_servers_are_used_as_they_are(settings: Settings, tmp_path: Path) -> None:
    outside = settings.model_copy(update={"database_url": "postgresql://db/x", "redis_url": "redis://cache/0"})
    with running_servers(outside) as servers:
        assert (servers.postgres, servers.valkey) == (None, None)
        assert (servers.database_url, servers.redis_url) == ("postgresql://db/x", "redis://cache/0")


def test_a_state_file_cut_short_by_a_crash_is_ignored(settings: Settings) -> None:
    (prepare_home(settings.data_dir) / "servers.json").write_text('{"postgres": {"proc')
    with running_servers(settings) as servers:
        assert run_sql(servers, "SELECT 1") == 1


def test_a_state_that_cannot_be_written_leaves_the_one_before(settings: Settings) -> None:
    """Else the next start would find servers running of which nobody knows, and could not start its own."""
    with running_servers(settings):
        state = settings.data_dir / "servers.json"
        before = state.read_text()
        with no_room(20), pytest.raises(OSError, match="File too large"):
            ensure_servers(settings)
        assert state.read_text() == before


def test_a_data_folder_that_is_a_file_is_unusable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(AppError, match="data_folder_unusable"):
        prepare_home(tmp_path / "file")


def test_the_reason_is_the_fatal_line_of_this_start(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("FATAL:  old\n")
    start = log.stat().st_size
    log.write_text("FATAL:  old\nFATAL:  new\nHINT: x\n")
    assert last_words(log, start) == "FATAL:  new"
    assert last_words(tmp_path / "absent") == ""


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    first = secret_file(tmp_path / "s")
    assert (len(first) > 30, secret_file(tmp_path / "s")) == (True, first)
