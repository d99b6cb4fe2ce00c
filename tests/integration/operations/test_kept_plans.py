"""Plans that are kept: with their statement and time, without values, and what changed since (C2)."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.session import Database
from operations.jobs.cleanup import CleanupService
from operations.queries import kept_plans
from operations.queries.service import QueryService

ADA = Scope("ada", frozenset({"queries.read", "queries.keep"}), None)
LOOKER = Scope("bora", frozenset({"queries.read"}), None)
BY_ROOM = "SELECT id FROM guests WHERE room = 305 AND name <> 'a guest''s name'"


@pytest.fixture
def queries(app_database: Database, database: Database, clock: FixedClock) -> QueryService:
    with database.transaction() as connection:
        connection.execute(
            text(
                "CREATE TABLE guests AS SELECT n AS id, n % 1000 AS room, 'x' AS name FROM generate_series(1, 20000) n"
            )
        )
        connection.execute(text("GRANT SELECT ON guests TO barometer_app, barometer_read"))
        connection.execute(text("ANALYZE guests"))
    return QueryService(app_database, clock)


def add_index(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("CREATE INDEX room_of_guests ON guests (room)"))


def test_what_changed_since_a_plan_was_kept_is_told(
    queries: QueryService, database: Database, clock: FixedClock
) -> None:
    assert queries.plans.since_kept(LOOKER, queries.explain(LOOKER, BY_ROOM)) is None
    first = queries.plans.keep(ADA, BY_ROOM)
    clock.advance(timedelta(days=3))
    known = queries.plans.since_kept(
        LOOKER, queries.explain(LOOKER, "select id FROM guests -- other room\nWHERE room = 7 and name <> ''")
    )
    assert known is not None
    kept, comparison = known
    assert (kept.head.id, kept.head.made_at, comparison.is_same) == (
        first.head.id,
        clock.now() - timedelta(days=3),
        True,
    )
    add_index(database)
    known = queries.plans.since_kept(LOOKER, queries.explain(LOOKER, BY_ROOM))
    assert known is not None
    changes = {one.code: one.params for one in known[1].changes}
    assert changes["index_new"] == {"index": "room_of_guests"}
    assert changes["access"] == {"before": "Seq Scan", "after": "Bitmap Heap Scan", "table": "guests"}
    assert changes["cheaper"]["after"] < changes["cheaper"]["before"]
    second = queries.plans.keep(ADA, BY_ROOM)
    one, other, difference = queries.plans.comparison(LOOKER, first.head.id, second.head.id)
    assert (one, other, difference.is_same) == (first, second, False)
    assert [head.id for head in queries.plans.listed(LOOKER, first.head.fingerprint)] == [second.head.id, first.head.id]


def test_a_kept_plan_holds_no_value_and_keeping_it_is_audited(queries: QueryService, database: Database) -> None:
    kept = queries.plans.keep(ADA, BY_ROOM)
    assert kept.head.text == "SELECT id FROM guests WHERE room = ? AND name <> ?"
    assert "?" in kept.steps[0].condition
    with database.reading() as connection:
        row = connection.execute(text("SELECT * FROM statement_plans")).one()
        [entry] = connection.execute(text("SELECT actor, action, entity, details FROM audit_log")).all()
    assert "305" not in str(row)
    assert "guest''s" not in str(row)
    assert (entry.actor, entry.action, entry.entity) == ("ada", "plan_kept", f"plan {kept.head.id}")
    assert entry.details == {"statement": kept.head.text}


def test_only_who_may_keeps_and_a_plan_that_is_not_there_is_not_found(queries: QueryService) -> None:
    with pytest.raises(AppError, match="forbidden"):
        queries.plans.keep(LOOKER, BY_ROOM)
    with pytest.raises(AppError, match="explain_several"):
        queries.plans.keep(ADA, f"{BY_ROOM}; DROP TABLE guests")
    assert queries.plans.listed(LOOKER) == []
    kept = queries.plans.keep(ADA, BY_ROOM)
    with pytest.raises(AppError, match="not_found"):
        queries.plans.comparison(LOOKER, kept.head.id, kept.head.id + 1)
    nobody = Scope("cem", frozenset(), None)
    for forbidden in (
        lambda: queries.plans.listed(nobody), lambda: queries.plans.comparison(nobody, 1, 2),
        lambda: queries.plans.since_kept(nobody, queries.explain(ADA, BY_ROOM)),
    ):  # fmt: skip
        with pytest.raises(AppError, match="forbidden"):
            forbidden()


def test_kept_plans_are_bounded_and_go_after_half_a_year(
    queries: QueryService, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_plans, "MOST_PLANS", 3)
    numbers = [queries.plans.keep(ADA, f"SELECT {number}").head.id for number in range(5)]
    assert [head.id for head in queries.plans.listed(ADA)] == numbers[:1:-1]
    cleanup = CleanupService.of(queries.database, Settings())

    def deleted_after(days: int) -> int:
        report = cleanup.delete_of_installation(SYSTEM, clock.now() + timedelta(days=days))
        return int(report.details["deleted"]["statement_plans"])

    assert (deleted_after(179), deleted_after(181)) == (0, 3)
