"""Plans of statements: hostile texts are refused or planned, and nothing is ever executed (C2)."""

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import Scope
from db.queries import plans
from db.session import Database
from operations.queries.service import QueryService

ADA = Scope("ada", frozenset({"queries.read"}), None)


@pytest.fixture
def queries(app_database: Database, clock: FixedClock) -> QueryService:
    """As the application sees the server: in its own role."""
    return QueryService(app_database, clock)


HOSTILE = (  # (text, code): what the guard refuses, or what the server says; None is planned
    ("DELETE FROM hotels", None), ("UPDATE hotels SET name = 'x'", None),
    ("INSERT INTO hotels (code, name) VALUES ('Z', 'Z')", None),
    ("WITH gone AS (DELETE FROM hotels RETURNING *) SELECT * FROM gone", None),
    ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity", None), ("SELECT pg_sleep(60)", None),
    ("SELECT set_config('transaction_read_only', 'off', false)", None),
    ("SELECT nextval('hotels_id_seq')", None), ("SELECT name FROM hotels WHERE id = $1", None),
    ("SELECT 1 /* ; */ -- ; DELETE FROM hotels", None), ("SELECT $$; DELETE FROM hotels; $$", None),
    ("SELECT 1; DELETE FROM hotels", "explain_several"), ("ANALYZE DELETE FROM hotels", "explain_kind"),
    ("(ANALYZE) DELETE FROM hotels", "explain_kind"), ("TRUNCATE hotels", "explain_kind"),
    ("SELECT nothing FROM nowhere", "explain_refused"), ("SELECT 1 FROM", "explain_refused"),
)  # fmt: skip


def test_hostile_texts_are_planned_or_refused_and_execute_nothing(
    queries: QueryService, database: Database, hotel: int
) -> None:
    looks = text("SELECT (SELECT string_agg(name, ',') FROM hotels), (SELECT last_value FROM hotels_id_seq)")
    with database.reading() as connection:
        before = connection.execute(looks).one()
    for statement, code in HOSTILE:
        if code is None:
            assert queries.explain(ADA, statement).steps, statement
        else:
            with pytest.raises(AppError) as refused:
                queries.explain(ADA, statement)
            assert refused.value.code == code, statement
    with database.transaction() as connection:
        assert connection.execute(looks).one() == before
        connection.execute(text("LOCK TABLE hotels"))
        with pytest.raises(AppError, match="explain_slow"):  # it does not wait for somebody's lock
            queries.explain(ADA, "SELECT * FROM hotels")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM users WHERE password_hash < '$argon2id$v=19'",
        "DELETE FROM hotels USING users AS u WHERE u.password_hash < '$argon2id$v=19'",
        "UPDATE users SET full_name = '' WHERE password_hash > '$'",
        "INSERT INTO hotels (code, name) SELECT token_sha256, '' FROM refresh_tokens",
        "UPDATE hotels SET name = '' WHERE name > table_to_xml('users', true, false, '')::text",  # the planner asks it
        "DELETE FROM audit_log",
    ],
)
def test_no_plan_tells_of_secrets(queries: QueryService, statement: str) -> None:
    """Its estimates say how many rows are below a value: asked often enough, what stands there."""
    with pytest.raises(AppError) as refused:
        queries.explain(ADA, statement)
    assert refused.value.code in ("explain_forbidden", "explain_refused")  # refused: a server without XML
    assert ("table_to_xml" in statement) or refused.value.code == "explain_forbidden"


def test_what_writes_is_planned_by_who_sees_no_secret(queries: QueryService) -> None:
    for statement in (
        "UPDATE users SET full_name = 'x' WHERE username = 'ayse'", "INSERT INTO hotels (code, name) VALUES ('A', 'A')",
        "DELETE FROM user_sessions WHERE user_id = 1",
    ):  # fmt: skip
        assert queries.explain(ADA, statement).steps, statement


def test_the_server_alone_takes_one_statement_only_and_writes_nothing(
    queries: QueryService, app_database: Database, database: Database, hotel: int
) -> None:
    """The guard is taken away: what is behind it still holds; without that, the same text would have written."""
    for statement in (
        "SELECT 1; DELETE FROM hotels", "SELECT 1; COMMIT; DELETE FROM hotels",
        "SELECT 1; RESET ROLE; DELETE FROM hotels; SELECT 1",
    ):  # fmt: skip
        with pytest.raises(AppError, match="explain_refused"):
            plans.explain(app_database, statement, has_parameters=False)
    count = text("SELECT count(*) FROM hotels")
    with database.reading() as connection:
        assert connection.execute(count).scalar_one() == 1
    with app_database.transaction() as connection:
        connection.execute(text("EXPLAIN (FORMAT JSON, ANALYZE) DELETE FROM hotels"))
    with database.reading() as connection:
        assert connection.execute(count).scalar_one() == 0


def test_a_plan_names_the_index_that_a_large_table_wants(queries: QueryService, database: Database) -> None:
    with database.transaction() as connection:
        guests = "SELECT n AS id, n % 1000 AS room, n::varchar(9) AS code FROM generate_series(1, 20000) n"
        connection.execute(text(f"CREATE TABLE guests AS {guests}"))
        connection.execute(text("GRANT SELECT ON guests TO barometer_app, barometer_read"))
        connection.execute(text("ANALYZE guests"))
    found = queries.explain(ADA, "SELECT id FROM guests WHERE room = 305")
    assert [(step.name, step.on) for step in found.steps] == [("Seq Scan", "guests")]
    [advice] = found.advice
    assert advice.statement == "CREATE INDEX CONCURRENTLY ON guests (room);"
    assert (advice.params["rows"], advice.params["wanted"]) == (20_000, 20)
    for condition, wanted in (
        ("code = '7'", "CREATE INDEX CONCURRENTLY ON guests (code);"), ("room::text = '7'", None),
    ):  # fmt: skip
        [advice] = queries.explain(ADA, f"SELECT id FROM guests WHERE {condition}").advice
        assert advice.statement == wanted, "an index on a column does not find what a cast makes of it"
    with database.transaction() as connection:
        connection.execute(text("CREATE INDEX room_of_guests ON guests (room)"))
    assert queries.explain(ADA, "SELECT id FROM guests WHERE room = 305").advice == []
