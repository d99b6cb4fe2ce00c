"""Indexes tried without making them: on a real server that has the extension, and what is told without it (C2)."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.embedded.process import as_unprivileged, detach, start_process, stop_process, wait_until
from core.scope import Scope
from db.session import Database, open_database
from operations.queries.service import QueryService
from tests.ports import free_port

ADA = Scope("ada", frozenset({"queries.read"}), None)
BY_ROOM = "SELECT id FROM guests WHERE room = 305"
GUESTS = (
    "CREATE TABLE guests AS SELECT n AS id, n % 1000 AS room, n::text AS code FROM generate_series(1, 20000) n",
    "GRANT SELECT, UPDATE ON guests TO barometer_app",
    "GRANT SELECT ON guests TO barometer_read",
    "GRANT UPDATE ON guests TO barometer_plan",
    "ANALYZE guests",
)
ROLES = (
    "CREATE ROLE barometer_read NOLOGIN", "CREATE ROLE barometer_plan NOLOGIN", "CREATE ROLE barometer_app LOGIN",
    "GRANT barometer_read TO barometer_plan", "GRANT barometer_read, barometer_plan TO barometer_app",
)  # fmt: skip


def with_hypopg() -> Path | None:
    """The folder of the newest PostgreSQL of this machine whose software has the extension."""
    found = [
        folder
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if (Path("/usr/share/postgresql") / folder.parent.name / "extension" / "hypopg.control").exists()
        and (folder / "initdb").exists()
    ]
    return max(found, key=lambda folder: int(folder.parent.name), default=None)


@pytest.fixture(scope="module")
def server(servers_folder: Path) -> Iterator[str]:
    """The address of a server that has the extension's software."""
    folder = with_hypopg()
    if folder is None:
        pytest.skip("no PostgreSQL with the package hypopg on this machine (Debian: postgresql-15-hypopg)")
    data, port = servers_folder / "hypopg", free_port()
    make = [str(folder / "initdb"), "-D", str(data), "-U", "barometer", "-A", "trust", "-N"]
    subprocess.run(as_unprivileged(make), check=True, capture_output=True)
    options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    command = [str(folder / "postgres"), "-D", str(data), "-p", str(port), *settings]
    process = start_process(as_unprivileged(command), servers_folder / "hypopg.log")
    ready = [str(folder / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    assert wait_until(lambda: subprocess.run(ready, check=False).returncode == 0, process, 120)
    detach(process)
    yield f"postgresql://barometer@127.0.0.1:{port}/postgres"
    stop_process(process.pid, signal.SIGINT)


@pytest.fixture(scope="module")
def owner(server: str) -> Iterator[Database]:
    opened = open_database(server, pool_size=1)
    with opened.transaction() as connection:
        for statement in (*ROLES, *GUESTS):
            connection.execute(text(statement))
    yield opened
    opened.dispose()


@pytest.fixture
def queries(owner: Database, server: str, clock: FixedClock) -> Iterator[QueryService]:
    """As the application sees that server: in its own role, with one connection that everything shares."""
    signed_in = open_database(server.replace("barometer@", "barometer_app@"), pool_size=1)
    with owner.transaction() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS hypopg"))
    yield QueryService(signed_in, clock)
    signed_in.dispose()


def test_an_index_that_helps_is_tried_and_nothing_of_it_stays(queries: QueryService, owner: Database) -> None:
    found = queries.explain(ADA, BY_ROOM)
    [trial] = found.trials.items
    assert found.trials.missing is None
    assert (trial.table, trial.columns, trial.is_used) == ("guests", "room", True)
    assert trial.cost_before == found.total_cost
    assert trial.cost_after < trial.cost_before / 2
    assert trial.saved_ratio == pytest.approx(1 - trial.cost_after / trial.cost_before)
    assert trial.size_bytes > 100_000
    again = queries.explain(ADA, BY_ROOM)  # on the same connection, if the trial's went back to the pool
    assert [step.name for step in again.steps] == ["Seq Scan"]
    with owner.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_indexes WHERE tablename = 'guests'")).scalar_one() == 0


def test_a_statement_that_would_write_is_tried_too_and_writes_nothing(queries: QueryService, owner: Database) -> None:
    [trial] = queries.explain(ADA, "UPDATE guests SET room = 1 WHERE room = 305").trials.items
    assert trial.is_used
    with owner.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM guests WHERE room = 305")).scalar_one() == 20


def test_an_index_that_the_server_would_not_read_is_told_as_such(queries: QueryService) -> None:
    found = queries.explain(ADA, "SELECT id FROM guests WHERE room > -1 AND room::text = '305'")
    assert [one.code for one in found.advice] == ["scan"]
    [trial] = found.trials.items
    assert (trial.is_used, trial.saved_ratio) == (False, 0.0)


def test_only_indexes_that_the_advice_wants_are_tried(queries: QueryService) -> None:
    assert queries.explain(ADA, "SELECT count(*) FROM guests").trials.items == ()


def test_without_the_extension_the_statement_that_makes_it_is_told(queries: QueryService, owner: Database) -> None:
    with owner.transaction() as connection:
        connection.execute(text("DROP EXTENSION hypopg"))
    missing = queries.explain(ADA, BY_ROOM).trials.missing
    assert missing is not None
    assert (missing.reason, missing.statements) == ("hypopg_absent", ("CREATE EXTENSION hypopg;",))
    with owner.transaction() as connection:
        connection.execute(text(missing.statements[0]))
    assert queries.explain(ADA, BY_ROOM).trials.missing is None


def test_a_server_without_its_software_is_told_apart(
    app_database: Database, database: Database, clock: FixedClock
) -> None:
    """The embedded server has none."""
    with database.transaction() as connection:
        for statement in GUESTS:
            connection.execute(text(statement))
    found = QueryService(app_database, clock).explain(ADA, BY_ROOM)
    assert found.trials.missing is not None
    assert (found.trials.missing.reason, found.trials.items) == ("hypopg_unavailable", ())
    assert QueryService(app_database, clock).explain(ADA, "SELECT 1").trials.missing is None  # nothing to try
