"""A backup comes back as it was: rows, files, keys, privileges; a restore is undone; the audit log never goes back."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db import roles
from db.queries import audit
from identity.audit.service import AuditService
from operations.backups.archive import opened
from operations.backups.restoring import write_models
from tests.integration.operations.backups.conftest import Installation


def spoil(installation: Installation) -> None:
    """What somebody wants to have undone: rows deleted, changed and added, a model file lost."""
    installation.execute("DELETE FROM visit_lines WHERE consumed_quantity > 10")
    installation.execute("UPDATE hotels SET name = 'spoilt'")
    installation.execute("INSERT INTO product_groups (hotel_id, code, name) SELECT id, 'NEW', 'new' FROM hotels")
    for path in (*installation.models.glob("hotel-*/*.pkl"), *installation.archived_rows()):
        path.unlink()


def test_rows_and_files_come_back_and_the_restore_is_undone(installation: Installation) -> None:
    before = installation.rows()
    files = {path: path.read_bytes() for path in installation.models.glob("hotel-*/*.pkl")}
    archived = installation.archived_rows()
    assert files
    assert archived
    made = installation.service.create(SYSTEM)
    assert (made.state, made.proof and made.proof.rows) == ("proven", sum(one.rows for one in before.values()) + 6)
    spoil(installation)
    spoilt = installation.rows()
    installation.clock.advance(timedelta(minutes=1))
    done = installation.service.restore(SYSTEM, made.name)
    assert installation.rows() == before
    assert {path: path.read_bytes() for path in installation.models.glob("hotel-*/*.pkl")} == files
    assert installation.archived_rows() == archived
    assert {path.stat().st_mode & 0o777 for path in archived} == {0o600}
    assert done.restore_seconds > 0
    safety = installation.service.one(SYSTEM, done.safety or "")
    assert safety.label is not None
    assert safety.label.kind == "safety"
    with opened(installation.service.shelf.path(safety.name), installation.service.backup_keys) as archive:
        assert {name: archive.manifest.tables[name] for name in spoilt} == spoilt
    installation.clock.advance(timedelta(minutes=1))
    installation.service.undo(SYSTEM)
    assert installation.rows() == spoilt
    installation.clock.advance(timedelta(minutes=1))
    installation.service.undo(SYSTEM)  # which can be undone in turn
    assert installation.rows() == before
    assert installation.beside() == []


def test_a_model_file_that_was_damaged_meanwhile_is_whole_again(installation: Installation) -> None:
    made = installation.backup()
    [path] = installation.models.glob("hotel-*/*.pkl")
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with opened(installation.service.shelf.path(made.name), installation.service.backup_keys) as archive:
        assert write_models(archive, installation.models) == 1
        assert path.read_bytes() == content
        assert write_models(archive, installation.models) == 0


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"x" + path.read_bytes()[1:])])
def test_a_file_of_archived_rows_that_is_missing_or_damaged_is_told_by_the_proof(
    installation: Installation, spoil: Callable[[Path], None]
) -> None:
    """SPEC A7.4: the backup is kept, and says what it lacks."""
    assert (proof := installation.service.create(SYSTEM).proof) is not None
    assert proof.rows_missing == 0
    for path in installation.archived_rows():
        spoil(path)
    installation.clock.advance(timedelta(minutes=1))
    made = installation.service.create(SYSTEM)
    assert (made.state, made.proof and made.proof.rows_missing) == ("proven", 1)


def test_a_damaged_file_of_archived_rows_never_comes_back_over_a_whole_one(installation: Installation) -> None:
    made, rows = installation.backup(), installation.archived_rows()
    for path in rows:
        path.write_bytes(b"x" + path.read_bytes()[1:])
    installation.service.restore(SYSTEM, made.name)
    assert installation.archived_rows() == rows
    installation.clock.advance(timedelta(minutes=1))
    installation.service.undo(SYSTEM)  # to the state in which they were damaged
    assert installation.archived_rows() == rows


def test_the_audit_log_goes_on(installation: Installation) -> None:
    made = installation.backup()
    with installation.database.transaction() as connection:
        audit.record(connection, "ayse", "signed_in", details={"after": "the backup"})
    newest = installation.scalar("SELECT max(id) FROM audit_log")
    installation.clock.advance(timedelta(minutes=1))
    done = installation.service.restore(SYSTEM, made.name)
    assert (done.carried.has_one_history, done.carried.audit_entries) == (True, 2)  # signed in, restore begun
    assert installation.scalar("SELECT details->>'after' FROM audit_log WHERE id = :id", id=newest) == "the backup"
    proof = AuditService(installation.database, installation.clock).verify(SYSTEM)
    assert proof.findings == []
    with installation.database.transaction() as connection, pytest.raises(Exception, match="only be added to"):
        connection.execute(text("DELETE FROM audit_log"))
    installation.clock.advance(timedelta(minutes=1))
    installation.service.undo(SYSTEM)
    proof = AuditService(installation.database, installation.clock).verify(SYSTEM)
    assert proof.findings == []
    actions = installation.scalar("SELECT string_agg(action, ' ' ORDER BY id) FROM audit_log WHERE entity IS NOT NULL")
    assert str(actions).endswith("restore_begun backup_restored restore_begun restore_undone")


def test_what_was_ended_for_good_stays_ended_and_pages_take_nothing_old_for_new(installation: Installation) -> None:
    installation.execute("INSERT INTO data_versions (hotel_id, topic, version) SELECT id, 'x', 3 FROM hotels")
    installation.execute(
        "INSERT INTO users (username, full_name, password_hash, role) "
        "VALUES ('ayse', 'Ayşe', 'old', 'admin'), ('cem', 'Cem', 'old', 'admin')"
    )
    installation.execute(
        "INSERT INTO user_sessions (user_id, token_sha256, expires_at) SELECT id, username, 'infinity' FROM users"
    )
    installation.execute(
        "INSERT INTO api_keys (user_id, name, key_sha256, hint, permissions, created_by, expires_at) "
        "SELECT id, username, username, 'x', '[]', 'x', 'infinity' FROM users"
    )
    made = installation.backup()
    installation.execute("UPDATE users SET is_active = false WHERE username = 'cem'")
    installation.execute("UPDATE users SET password_hash = 'new', full_name = 'A' WHERE username = 'ayse'")
    installation.execute("UPDATE api_keys SET revoked_at = now() WHERE name = 'cem'")
    installation.execute("UPDATE data_versions SET version = 9 WHERE topic = 'x'")
    installation.clock.advance(timedelta(minutes=1))
    installation.service.restore(SYSTEM, made.name)
    users = "SELECT string_agg(concat_ws(' ', full_name, password_hash, is_active), ', ' ORDER BY id) FROM users"
    assert installation.scalar(users) == "Ayşe new t, Cem old f"
    assert installation.scalar("SELECT string_agg(name, '') FROM api_keys WHERE revoked_at IS NULL") == "ayse"
    assert installation.scalar("SELECT count(*) FROM user_sessions") == 0
    assert int(str(installation.scalar("SELECT version FROM data_versions WHERE topic = 'x'"))) > 9


def test_privileges_are_those_of_before(installation: Installation, app_database: object) -> None:
    query = """
        SELECT string_agg(name || acl, ' ' ORDER BY name) FROM (
            SELECT relname AS name, array_to_string(ARRAY(SELECT unnest(relacl)::text ORDER BY 1), ',') AS acl
            FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
            UNION ALL SELECT proname, proacl::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        ) AS found WHERE acl IS NOT NULL"""
    with installation.service.source.neighbours.opened(installation.service.source.neighbours.live) as owner:
        roles.settle(owner)
    before = installation.scalar(query)
    assert "barometer_app" in str(before)
    made = installation.backup()
    installation.clock.advance(timedelta(minutes=1))
    installation.service.restore(SYSTEM, made.name)
    assert installation.scalar(query) == before
    assert roles.is_separate(app_database)  # type: ignore[arg-type]


def test_nothing_to_undo_and_what_does_not_exist_are_told(installation: Installation) -> None:
    with pytest.raises(AppError, match="nothing_to_undo"):
        installation.service.undo(SYSTEM)
    for name in ("nowhere", "../secrets/encryption_keys", ".lock"):
        with pytest.raises(AppError, match="not_found"):
            installation.service.restore(SYSTEM, name)


def test_only_those_who_see_every_hotel_and_may_do_so(installation: Installation) -> None:
    service, everything = installation.service, frozenset({"*"})
    for scope in (Scope("ayse", frozenset({"jobs.run"}), None), Scope("ayse", everything, frozenset({1}))):
        refusals = (
            lambda scope=scope: service.listed(scope), lambda scope=scope: service.create(scope),
            lambda scope=scope: service.prune(scope), lambda scope=scope: service.undo(scope),
            lambda scope=scope: service.delete(scope, "x", "x"),
            *(
                lambda scope=scope, work=work: work(scope, "x")
                for work in (service.preview, service.prove, service.restore, service.taken_along)
            ),
        )  # fmt: skip
        for refused in refusals:
            with pytest.raises(AppError, match="forbidden"):
                refused()
