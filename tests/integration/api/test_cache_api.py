"""Answers of routes that are kept, and the routes of the cache itself (C1, C12, C14)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis

from core.embedded.valkey import ValkeyServer
from db.queries import versions
from operations.cached_reads.entry import PREFIX
from operations.cached_reads.service import CachedReads
from services import Services
from tests.integration.api.conftest import Api
from tests.pages.hotel import SmallHotel

KEPT = ("/reports/consumption", "/reports/stock", "/reports/custody", "/ml/forecasts", "/quality", "/ml/performance")


@pytest.fixture
def root(api: Api, services: Services, valkey_server: ValkeyServer) -> Iterator[str]:
    """Somebody who may do everything, of an API that has a Redis."""
    with Redis.from_url(valkey_server.url) as client:
        for name in client.keys(f"{PREFIX}*"):
            client.delete(name)
    reads = CachedReads(services.database, services.clock, valkey_server.url)
    api.services = replace(services, cached_reads=reads)
    yield api.add("superadmin", None, "root")
    reads.close()


@pytest.mark.parametrize("path", KEPT)
def test_a_kept_answer_is_the_routes_own_until_data_changes(
    api: Api, services: Services, root: str, hotel: SmallHotel, path: str
) -> None:
    said = [api.get(path, root, hotel_id=hotel.hotel_id) for _ in range(2)]
    assert [one.headers["Cache-Status"] for one in said] == ["barometer; fwd=miss; stored", "barometer; hit"]
    assert said[0].json() == said[1].json()
    assert said[0].headers["ETag"] == said[1].headers["ETag"]
    assert said[0].headers["Content-Type"] == "application/json"
    api.services = services  # whose Redis is away
    alone = api.get(path, root, hotel_id=hotel.hotel_id)
    assert alone.headers["Cache-Status"] == "barometer; fwd=bypass; detail=degraded"
    assert alone.json() == said[0].json()


def test_a_write_is_seen_by_the_next_read_and_leaves_other_hotels_answers(
    api: Api, services: Services, root: str, hotel: SmallHotel
) -> None:
    def ask() -> str:
        return api.get("/reports/stock", root, hotel_id=hotel.hotel_id).headers["Cache-Status"]

    other = hotel.hotel_id + 1
    with services.database.transaction() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO hotels (id, code, name) OVERRIDING SYSTEM VALUE VALUES ({other},'B','B')"
        )
    assert [ask(), ask()] == ["barometer; fwd=miss; stored", "barometer; hit"]
    with services.database.transaction() as connection:
        versions.bump(connection, other, "metrics")
    assert ask() == "barometer; hit"
    with services.database.transaction() as connection:
        versions.bump(connection, hotel.hotel_id, "metrics")
    assert [ask(), ask()] == ["barometer; fwd=miss; stored", "barometer; hit"]


def test_who_asks_again_and_again_finds_the_answer_ready_after_a_change(
    api: Api, services: Services, root: str, hotel: SmallHotel
) -> None:
    path = f"/reports/stock?hotel_id={hotel.hotel_id}"
    first = api.call("GET", path, root)
    assert api.call("GET", path, root, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    with services.database.transaction() as connection:
        versions.bump(connection, hotel.hotel_id, "metrics")
    assert api.services.cached_reads.warm() == 1  # who has a copy counts as well
    found = api.call("GET", path, root, headers={"If-None-Match": first.headers["ETag"]})
    assert (found.status_code, found.headers["Cache-Status"]) == (200, "barometer; hit")
    assert found.json() == first.json()


def test_a_client_with_a_copy_still_gets_304_and_somebody_else_nothing_of_it(
    api: Api, root: str, hotel: SmallHotel
) -> None:
    tag = api.get("/reports/stock", root, hotel_id=hotel.hotel_id).headers["ETag"]
    path = f"/reports/stock?hotel_id={hotel.hotel_id}"
    assert api.call("GET", path, root, headers={"If-None-Match": tag}).status_code == 304
    cem = api.add("admin", [], "cem")
    assert api.get("/reports/stock", cem, hotel_id=hotel.hotel_id).status_code == 404


def test_the_cache_is_read_and_cleared_through_the_api(api: Api, root: str, hotel: SmallHotel) -> None:
    for days in (7, 30, 30):
        api.get("/reports/stock", root, hotel_id=hotel.hotel_id, days=days)
    api.services.cached_reads.flush()
    stats = api.get("/cache/stats", root).json()
    assert (stats["total"]["reads"], stats["total"]["hits"], stats["total"]["misses"]) == (3, 1, 2)
    assert {one["namespace"]: one["reads"] for one in stats["items"]}["reports"] == 3
    assert [one["reads"] for one in api.get("/cache/history", root).json()["items"]] == [3]
    keys = api.get("/cache/keys", root, namespace="reports").json()
    assert len(keys["items"]) == 2
    assert all("/reports/stock" in one["what"] for one in keys["items"])
    name = keys["items"][0]["name"]
    assert "products" in api.get("/cache/entry", root, key=name).json()["body"]
    assert api.call("POST", "/cache/delete", root, json={"key": name}).json() == {"deleted": 1}
    assert api.call("POST", "/cache/delete", root, json={"key": name}).status_code == 404
    assert api.call("POST", "/cache/clear", root, json={"namespace": "reports"}).json() == {"deleted": 1}
    assert api.call("POST", "/cache/clear", root, json={"namespace": "*"}).status_code == 422
