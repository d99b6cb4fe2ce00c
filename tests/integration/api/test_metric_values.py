"""Stored metric values over the API: every row once in its order, at any depth by the index (C12, R2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.scope import Scope
from db.queries.metric_values import Wanted, statement
from services import Services
from tests.conftest import NOW
from tests.integration.api.conftest import Api
from tests.pages.hotel import SmallHotel

PATH = "/ml/metrics/values"
SPAN = {"since": (NOW - timedelta(days=10)).isoformat(), "until": NOW.isoformat()}


def walked(api: Api, who: str, **params: Any) -> list[tuple[str, int]]:
    """(timestamp, entity) of every page, one after the other."""
    found, cursor = [], None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = api.get(PATH, who, **SPAN, **params, **more).json()
        found += [(row["timestamp"], row["entity_id"]) for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def stored(services: Services, where: str = "true") -> list[tuple[datetime, int]]:
    query = (
        "SELECT timestamp, entity_id FROM ml_metrics WHERE metric_type = 'tuketim_miktar' AND timestamp >= :since"
        f" AND timestamp < :until AND {where} ORDER BY 1, 2"
    )
    with services.database.reading() as connection:
        rows = connection.execute(text(query), {"since": NOW - timedelta(days=10), "until": NOW})
        return [(at, entity) for at, entity in rows]


@pytest.mark.parametrize("limit", [1, 7, 1_000])
def test_pages_of_any_size_hold_every_value_once(
    api: Api, services: Services, hotel: SmallHotel, ayse: str, limit: int
) -> None:
    expected = stored(services)
    assert len({at for at, _ in expected}) < len(expected)  # rows of one instant, which a page may cut
    found = walked(api, ayse, hotel_id=hotel.hotel_id, metric_type="tuketim_miktar", limit=limit)
    assert [(datetime.fromisoformat(at), entity) for at, entity in found] == expected


def test_of_one_entity_there_are_its_own_values_alone(
    api: Api, services: Services, hotel: SmallHotel, ayse: str
) -> None:
    [entity] = {entity for _, entity in stored(services)[:1]}
    found = walked(api, ayse, hotel_id=hotel.hotel_id, metric_type="tuketim_miktar", entity_id=entity, limit=5)
    assert len(found) == len(stored(services, f"entity_id = {entity}"))
    assert {one for _, one in found} == {entity}


def test_a_value_is_told_with_what_it_was_measured_with(
    api: Api, services: Services, hotel: SmallHotel, ayse: str
) -> None:
    asked = {"hotel_id": hotel.hotel_id, "metric_type": "tuketim_miktar", **SPAN}
    first = api.get(PATH, ayse, **asked).json()["items"][0]
    with services.database.reading() as connection:
        query = (
            "SELECT metric_value, extra_data FROM ml_metrics WHERE metric_type = 'tuketim_miktar'"
            " AND entity_id = :entity AND timestamp = :at"
        )
        params = {"entity": first["entity_id"], "at": datetime.fromisoformat(first["timestamp"])}
        value, extra = connection.execute(text(query), params).one()
    assert (first["value"], first["extra"], first["entity_type"]) == (value, extra, "minibar_slot")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"metric_type": "unknown"}, "not_found"), ({"hotel_id": 2_000_000}, "not_found"),
        ({"cursor": "x"}, "invalid_cursor"), ({"since": "yesterday"}, "validation_failed"),
        ({"limit": 1_001}, "validation_failed"), ({"colour": "red"}, "validation_failed"),
    ],
)  # fmt: skip
def test_what_there_is_not_is_said(api: Api, hotel: SmallHotel, ayse: str, params: dict[str, Any], code: str) -> None:
    asked = {"hotel_id": hotel.hotel_id, "metric_type": "stok_seviye", **SPAN, **params}
    assert api.get(PATH, ayse, **asked).json()["error"]["code"] == code


def test_another_hotels_values_do_not_exist(api: Api, services: Services, hotel: SmallHotel) -> None:
    stranger = api.add("admin", [], "stranger")
    asked = {"hotel_id": hotel.hotel_id, "metric_type": "stok_seviye", **SPAN}
    assert api.get(PATH, stranger, **asked).status_code == 404
    assert isinstance(api.people[stranger], Scope)


MANY = """
INSERT INTO ml_metrics (hotel_id, metric_type, entity_type, entity_id, interval_start, timestamp, metric_value)
SELECT :hotel_id, 'stok_seviye', 'product', 1000 + entity, at - interval '1 hour', at, 1
  FROM generate_series(1, 20) entity,
       generate_series(cast(:now as timestamptz) - interval '80 days', :now, '1 hour') at
"""


@pytest.mark.parametrize("entity_id", [None, 1007])
def test_a_deep_page_enters_the_index_where_the_page_before_ended(
    services: Services, hotel: SmallHotel, entity_id: int | None
) -> None:
    """Of 38,000 rows a page far back touches no more than the first one."""
    with services.database.transaction() as connection:
        connection.execute(text(MANY), {"hotel_id": hotel.hotel_id, "now": NOW})
        connection.execute(text("ANALYZE ml_metrics"))
    wanted = Wanted(hotel.hotel_id, "stok_seviye", NOW - timedelta(days=90), NOW, entity_id)
    touched = []
    with services.database.reading() as connection:
        for after in (None, (NOW - timedelta(days=2), 1007)):
            query, params = statement(wanted, 100, after)
            [[plan]] = connection.execute(text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}"), params).scalars()
            assert "Seq Scan" not in str(plan)
            touched.append(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])
    assert touched[1] <= 2 * touched[0] + 20
