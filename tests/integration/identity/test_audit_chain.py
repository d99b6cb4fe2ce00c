"""The audit log: whatever is done to it is found and named, and the application cannot do it (C13, A9.4)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from core.errors import AppError
from core.scope import SYSTEM
from db import migrate
from db.queries import audit
from db.session import Database
from identity.audit.chain import GENESIS
from identity.audit.service import AuditService, Finding, Head
from tests.integration.identity.conftest import ENTRIES

CHAIN_FIELDS = "entry_id, entry_sha256, chain_sha256"


def tamper(database: Database, *statements: str) -> None:
    """As somebody would who administers the server: the owner switches the triggers off first."""
    with database.transaction() as connection:
        for table in ("audit_log", "audit_chain"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        for statement in statements:
            connection.execute(text(statement))
        for table in ("audit_log", "audit_chain"):
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))


def kinds(findings: list[Finding]) -> list[tuple[str, int | None, int | None]]:
    return [(finding.kind, finding.position, finding.entry_id) for finding in findings]


def test_an_untouched_chain_of_thousands_is_sound(service: AuditService, app_database: Database) -> None:
    with app_database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO audit_log (actor, action, details) "
                "SELECT 'a', 'alert_viewed', jsonb_build_object('n', n, 'x', n / 3.0) FROM generate_series(1, 12000) n"
            )
        )
    proof = service.verify(SYSTEM)
    assert (proof.findings, proof.head.position) == ([], 12_000)
    assert proof.head == service.head(SYSTEM)


def test_an_empty_log_is_sound(service: AuditService) -> None:
    proof = service.verify(SYSTEM, service.head(SYSTEM))
    assert (proof.findings, proof.head) == ([], Head(0, GENESIS))


def test_changed_entries_are_named(service: AuditService, database: Database, filled: list[int]) -> None:
    changes = [
        "actor = 'nobody'",
        "details = details || '{\"number\": 77}'", "occurred_at = occurred_at + interval '1 second'",
        "entity = NULL", "address = '10.0.0.1'", "hotel_id = 5", "before = '{}'", "role = 'admin'", "action = 'x'",
        "request_id = 'x'", "after = '{}'",
    ]  # fmt: skip
    tamper(
        database, *(f"UPDATE audit_log SET {change} WHERE id = {filled[10 + i]}" for i, change in enumerate(changes))
    )
    expected = [("changed", 11 + i, filled[10 + i]) for i in range(len(changes))]
    assert kinds(service.verify(SYSTEM).findings) == expected


def test_a_deleted_entry_is_named(service: AuditService, database: Database, filled: list[int]) -> None:
    tamper(database, f"DELETE FROM audit_log WHERE id = {filled[10]}")
    assert kinds(service.verify(SYSTEM).findings) == [("deleted", 11, filled[10])]


def test_an_entry_deleted_with_its_link_is_named(service: AuditService, database: Database, filled: list[int]) -> None:
    tamper(database, f"DELETE FROM audit_log WHERE id = {filled[10]}", "DELETE FROM audit_chain WHERE position = 11")
    assert kinds(service.verify(SYSTEM).findings) == [("missing", 11, None)]
    tamper(database, "UPDATE audit_chain SET position = -position WHERE position > 11",
           "UPDATE audit_chain SET position = -position - 1 WHERE position < 0")  # fmt: skip
    assert kinds(service.verify(SYSTEM).findings)[0] == ("out_of_order", 11, filled[11])


def test_an_inserted_entry_is_named(service: AuditService, database: Database, filled: list[int]) -> None:
    tamper(database, "INSERT INTO audit_log (id, actor, action) OVERRIDING SYSTEM VALUE VALUES (900, 'x', 'signed_in')")
    assert kinds(service.verify(SYSTEM).findings) == [("inserted", None, 900)]


def test_an_entry_put_in_between_with_a_link_of_its_own_is_named(
    service: AuditService, database: Database, filled: list[int]
) -> None:
    tamper(
        database,
        "UPDATE audit_chain SET position = -position WHERE position > 11",
        "UPDATE audit_chain SET position = -position + 1 WHERE position < 0",
        "INSERT INTO audit_log (id, actor, action) OVERRIDING SYSTEM VALUE VALUES (900, 'x', 'signed_in')",
        "INSERT INTO audit_chain SELECT 12, 900, "
        "encode(sha256(convert_to(audit_entry_text(audit_log), 'UTF8')), 'hex'), repeat('a', 64) "
        "FROM audit_log WHERE id = 900",
    )
    assert kinds(service.verify(SYSTEM).findings)[0] == ("out_of_order", 12, 900)


def test_reordered_entries_are_named(service: AuditService, database: Database, filled: list[int]) -> None:
    tamper(
        database,
        f"CREATE TEMP TABLE two AS SELECT position, {CHAIN_FIELDS} FROM audit_chain WHERE position IN (11, 12)",
        "DELETE FROM audit_chain WHERE position IN (11, 12)",
        f"INSERT INTO audit_chain SELECT 23 - position, {CHAIN_FIELDS} FROM two",
        "DROP TABLE two",
    )
    found = kinds(service.verify(SYSTEM).findings)
    assert found[:2] == [("out_of_order", 11, filled[11]), ("out_of_order", 12, filled[10])]


def test_a_change_with_its_own_hash_mended_breaks_the_chain(
    service: AuditService, database: Database, filled: list[int]
) -> None:
    tamper(
        database,
        f"UPDATE audit_log SET actor = 'nobody' WHERE id = {filled[10]}",
        "UPDATE audit_chain SET entry_sha256 = encode(sha256(convert_to(audit_entry_text(entry), 'UTF8')), 'hex') "
        "FROM audit_log AS entry WHERE entry.id = entry_id",
    )
    assert kinds(service.verify(SYSTEM).findings) == [("out_of_order", 11, filled[10])]


def test_a_head_that_was_kept_shows_an_end_that_was_cut_off_and_a_rewritten_chain(
    service: AuditService, database: Database, app_database: Database, filled: list[int]
) -> None:
    kept = Head.parse(str(service.head(SYSTEM)))
    with app_database.transaction() as connection:
        audit.record(connection, "ayse", "signed_in")
    assert service.verify(SYSTEM, kept).findings == []
    tamper(database, f"DELETE FROM audit_log WHERE id >= {filled[-1]}", "DELETE FROM audit_chain WHERE position >= 40")
    assert service.verify(SYSTEM).findings == []  # nothing else can know
    assert kinds(service.verify(SYSTEM, kept).findings) == [("cut_off", 40, None)]
    with app_database.transaction() as connection:
        for _ in range(3):
            audit.record(connection, "ayse", "signed_in")
    assert kinds(service.verify(SYSTEM, kept).findings) == [("rewritten", 40, None)]


@pytest.mark.parametrize("written", ["", "x", "12", "12:abc", f"-1:{GENESIS}", f"1:{'g' * 64}"])
def test_what_is_no_head_is_refused(written: str) -> None:
    with pytest.raises(AppError, match="audit_head_wrong"):
        Head.parse(written)


FORBIDDEN_TO_ALL = (
    "UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log", "DELETE FROM audit_chain",
    "UPDATE audit_chain SET position = 0", "TRUNCATE audit_chain",
)  # fmt: skip
FORBIDDEN_TO_THE_APPLICATION = (
    *FORBIDDEN_TO_ALL, "DROP TABLE audit_log", "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    "ALTER TABLE audit_log ADD COLUMN x int", "DROP TRIGGER audit_log_chained ON audit_log",
    "SET session_replication_role = 'replica'", "INSERT INTO audit_chain VALUES (1, 1, '', '')",
    "DROP FUNCTION chain_audit_entry() CASCADE", "SELECT link_audit_entry(audit_log) FROM audit_log",
    "CREATE TABLE x (y int)", "DROP TABLE hotels", "TRUNCATE hotels CASCADE", "CREATE ROLE other",
    "INSERT INTO audit_log (actor, action, occurred_at) VALUES ('x', 'y', now())",
    "INSERT INTO audit_log (id, actor, action) VALUES (1, 'x', 'y')", "SET ROLE barometer",
    "UPDATE alembic_version SET version_num = '0001'", "CREATE SCHEMA other",
    "CREATE OR REPLACE FUNCTION audit_entry_text(entry audit_log) RETURNS text LANGUAGE sql AS $$ SELECT '' $$",
)  # fmt: skip


def allowed(database: Database, statements: tuple[str, ...]) -> list[str]:
    """Those that the server does not refuse for want of a right."""
    found = []
    for statement in statements:
        try:
            with database.transaction() as connection:
                connection.execute(text(statement))
        except AppError as error:
            if error.code == "database_forbidden":
                continue
        found.append(statement)
    return found


def test_the_application_can_neither_change_the_log_nor_the_tables(app_database: Database, filled: list[int]) -> None:
    assert allowed(app_database, FORBIDDEN_TO_THE_APPLICATION) == []
    assert allowed(app_database, ("INSERT INTO audit_log (actor, action) VALUES ('x', 'y')",)) != []


def test_not_even_the_owner_can_change_the_log_while_the_triggers_are_on(database: Database, filled: list[int]) -> None:
    assert allowed(database, FORBIDDEN_TO_ALL) == []
    assert allowed(database, ("SET ROLE barometer", "CREATE TABLE x (y int)")) != []


def test_a_temporary_table_in_the_way_changes_nothing(
    service: AuditService, app_database: Database, filled: list[int]
) -> None:
    """A function that runs as the owner must not find a caller's table first."""
    with app_database.transaction() as connection:
        connection.execute(text("CREATE TEMP TABLE audit_chain (LIKE public.audit_chain)"))
        connection.execute(text("INSERT INTO public.audit_log (actor, action) VALUES ('x', 'signed_in')"))
    proof = service.verify(SYSTEM)
    assert (proof.findings, proof.head.position) == ([], ENTRIES + 1)


def test_writers_at_once_make_one_chain_and_those_that_roll_back_leave_no_hole(
    service: AuditService, app_database: Database
) -> None:
    def write(number: int) -> None:
        with app_database.transaction() as connection:
            audit.record(connection, f"user{number}", "alert_viewed", entity=f"alert {number}")
            audit.record(connection, f"user{number}", "alert_closed", entity=f"alert {number}")
            if number % 3 == 0:
                connection.rollback()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(90)))
    proof = service.verify(SYSTEM)
    assert (proof.findings, proof.head.position) == ([], 120)


def test_a_long_transaction_that_wrote_an_entry_lets_others_commit(app_database: Database) -> None:
    """The chain is locked at the end of a transaction only; a lock from the entry on would time out here."""
    with app_database.transaction() as slow:
        audit.record(slow, "job", "thresholds_saved")
        with app_database.transaction() as quick:
            quick.execute(text("SET LOCAL lock_timeout = '2s'"))
            audit.record(quick, "ayse", "signed_in")
    with app_database.reading() as connection:
        query = "SELECT actor FROM audit_chain JOIN audit_log ON id = entry_id ORDER BY position"
        assert list(connection.scalars(text(query))) == ["ayse", "job"]


def test_entries_from_before_the_chain_are_linked_by_the_migration(database: Database, service: AuditService) -> None:
    migrate.downgrade(database, "0016")
    with database.transaction() as connection:
        insert = (
            "INSERT INTO audit_log (actor, action, details) SELECT 'a', 'signed_in', NULL FROM generate_series(1, 9)"
        )
        connection.execute(text(insert))
    migrate.upgrade(database)
    proof = service.verify(SYSTEM)
    assert (proof.findings, proof.head.position) == ([], 9)
