"""The audit log: what an entry tells, what is told once, and who may look at which entries (C13, A9.4)."""

from datetime import timedelta

import pytest

from core.errors import AppError
from core.request_context import begin_request, end_request, identify_request
from core.scope import SYSTEM, Scope
from db.queries import audit
from db.session import Database
from identity.audit.service import AuditFilters, AuditService
from tests.integration.identity.conftest import ENTRIES


def test_an_entry_says_who_in_which_role_from_where_in_which_request_without_secrets(
    service: AuditService, app_database: Database
) -> None:
    begin_request(address="192.0.2.7", wanted_id="request-17")
    identify_request("ayse", "admin")
    try:
        with app_database.transaction() as connection:
            audit.record(
                connection, "ayse", "user_added", before={"password": "hunter2", "url": "postgres://a:hunter2@db/x"},
                after={"nested": [{"api_key": "hunter2", "name": "bar"}]},
            )  # fmt: skip
            audit.record(connection, "bora", "user_added")
    finally:
        end_request()
    bora, ayse = service.page(SYSTEM, AuditFilters(), 10).rows
    assert (ayse.role, ayse.address, ayse.request_id) == ("admin", "192.0.2.7", "request-17")
    assert bora.role is None  # not who asks: nothing is known of them
    assert "hunter2" not in str(ayse)
    assert ayse.after == {"nested": [{"api_key": "•••", "name": "bar"}]}


def test_the_same_within_a_while_is_written_once(service: AuditService, app_database: Database) -> None:
    def view(actor: str, entity: str, within: timedelta) -> None:
        with app_database.transaction() as connection:
            audit.record(connection, actor, "alert_viewed", entity=entity, unless_within=within)

    for actor, entity in (("ayse", "alert 1"), ("ayse", "alert 1"), ("bora", "alert 1"), ("ayse", "alert 2")):
        view(actor, entity, timedelta(minutes=10))
    view("ayse", "alert 1", timedelta(0))
    rows = service.page(SYSTEM, AuditFilters(), 10).rows
    assert [(row.actor, row.entity) for row in reversed(rows)] == [
        ("ayse", "alert 1"), ("bora", "alert 1"), ("ayse", "alert 2"), ("ayse", "alert 1"),
    ]  # fmt: skip


def test_pages_of_entries_meet_without_gaps_while_new_ones_come(
    service: AuditService, app_database: Database, filled: list[int]
) -> None:
    filters = AuditFilters()
    first = service.page(SYSTEM, filters, 15)
    with app_database.transaction() as connection:
        audit.record(connection, "x", "signed_in")
    second = service.page(SYSTEM, filters, 15, before=first.rows[-1].id)
    third = service.page(SYSTEM, filters, 15, before=second.rows[-1].id)
    assert [row.id for row in (*first.rows, *second.rows, *third.rows)] == filled[::-1]
    assert (first.has_newer, first.has_older, third.has_newer, third.has_older) == (False, True, True, False)
    back = service.page(SYSTEM, filters, 15, after=third.rows[0].id)
    assert [row.id for row in back.rows] == [row.id for row in second.rows]
    assert (back.has_newer, back.has_older) == (True, True)


def test_filters(service: AuditService, filled: list[int]) -> None:
    expected = {
        AuditFilters(actor="user1"): 13, AuditFilters(action="signed_in"): 0, AuditFilters(text="alert 3"): 11,
        AuditFilters(text="100%"): 0, AuditFilters(hotel_id=4): 0, AuditFilters(text="ÇUVALD"): ENTRIES,
    }  # fmt: skip
    assert {filters: len(service.page(SYSTEM, filters, 100).rows) for filters in expected} == expected


def test_others_see_the_entries_of_their_hotels_alone(service: AuditService, app_database: Database) -> None:
    with app_database.transaction() as connection:
        for actor, hotel in (("ayse", 1), ("cem", 2), ("deniz", None)):
            audit.record(connection, actor, "signed_in", hotel_id=hotel)
    ayse = Scope("ayse", frozenset({"audit.read"}), frozenset({1}))
    [own] = service.page(ayse, AuditFilters(), 10).rows
    assert own.actor == "ayse"
    assert service.page(ayse, AuditFilters(hotel_id=2), 10).rows == []
    assert service.actors_and_actions(ayse) == (["ayse"], ["signed_in"])
    assert service.actors_and_actions(SYSTEM) == (["ayse", "cem", "deniz"], ["signed_in"])
    others = service.page(SYSTEM, AuditFilters(), 10).rows[0]
    assert service.entry(ayse, others.id) is None
    with pytest.raises(AppError, match="forbidden"):
        service.page(Scope("bora", frozenset(), frozenset({1})), AuditFilters(), 10)
    with pytest.raises(AppError, match="forbidden"):
        service.verify(ayse)
