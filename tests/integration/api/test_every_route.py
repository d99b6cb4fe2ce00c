"""Every route with every role, with none, and with another hotel's manager: as the permission table says (A9.1)."""

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.access import READS
from api.app import api_routes
from api.documents import needs_of, operation_id
from core.scope import Scope
from db.models.identity import ROLES
from identity.permissions import ROLE_PERMISSIONS
from services import Services
from tests.integration.api.conftest import Api, Everybody
from tests.pages.hotel import SmallHotel

OPEN = {"health_health", "auth_token", "auth_refresh", "auth_revoke", "auth_logout", "auth_keys"}
ANSWERING = {"health_health", "auth_revoke", "auth_keys"}  # without any credential
WALKED = [(route, method) for route in api_routes() for method in sorted(route.methods or ())]


@pytest.fixture
def unlimited(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk itself asks more often than anybody may."""
    take = type(services.rate_limits).take
    monkeypatch.setattr(
        type(services.rate_limits), "take", lambda self, who, limit: take(self, f"{who}{id(object())}", READS)
    )


def request_of(api: Api, route: APIRoute, method: str, hotel_id: int, ids: dict[str, int]) -> tuple[str, Any]:
    """Path and body from the document's own examples, with ids that exist where they should."""
    document = api.app.openapi()
    operation = document["paths"][route.path_format][method.lower()]
    path = re.sub(r"\{(\w+)\}", lambda match: str(ids.get(match[1], example_word(match[1]))), route.path_format)
    asked = {
        one["name"]: hotel_id if one["name"] == "hotel_id" else one.get("example", one["schema"]["examples"][0])
        for one in operation.get("parameters", []) if one["in"] == "query" and one["required"]
    }  # fmt: skip
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    if isinstance(body, dict) and "hotel_id" in body:
        body = body | {"hotel_id": hotel_id}
    return path + ("?" + "&".join(f"{name}={value}" for name, value in asked.items()) if asked else ""), body


def example_word(name: str) -> str:
    return {"code": "P0", "number": "101", "job": "collect"}.get(name, "1")


def walk(api: Api, who: str | None, hotel_id: int, ids: dict[str, int]) -> dict[str, int]:
    """{operation: status}"""
    found = {}
    for route, method in WALKED:
        path, body = request_of(api, route, method, hotel_id, ids)
        answer = api.call(method, path, who, json=body)
        found[f"{operation_id(route)}"] = answer.status_code
        assert answer.status_code < 500, f"{method} {path}: {answer.text}"
        documented = api.app.openapi()["paths"][route.path_format][method.lower()]["responses"]
        assert str(answer.status_code) in documented, f"{method} {path} answered {answer.status_code}: {answer.text}"
    return found


@pytest.mark.usefixtures("unlimited")
def test_nobody_gets_past_any_route_without_a_credential(api: Api) -> None:
    """On a server that has answered nothing yet and holds no hotel."""
    found = walk(api, None, 1, {})
    assert {name for name, status in found.items() if status != 401} == ANSWERING


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_where_its_permissions_lead_and_nowhere_else(
    api: Api, everybody: Everybody, hotel: SmallHotel, role: str
) -> None:
    who = everybody(hotel.hotel_id)[role]
    found = walk(api, who, hotel.hotel_id, {"alert_id": hotel.alert_ids[0]})
    scope = Scope(role, ROLE_PERMISSIONS[role])
    expected = {
        operation_id(route)
        for route, _ in WALKED
        if (needed := needs_of(route)) and not scope.allows(needed.permission)
    }
    assert {name for name, status in found.items() if status == 403} == expected


@pytest.mark.usefixtures("unlimited")
def test_another_hotels_manager_learns_and_changes_nothing(api: Api, services: Services, hotel: SmallHotel) -> None:
    """Everything about the hotel is "not found" or empty, and afterwards it is as it was."""
    cem = api.add("sistem_yoneticisi", [], "cem")
    before = services.overview.versions(Scope("x", hotels=None))
    for route, method in WALKED:
        path, body = request_of(api, route, method, hotel.hotel_id, {"alert_id": hotel.alert_ids[0]})
        names_the_hotel = "hotel_id=" in path or "alert_id" in route.path or (body or {}).get("hotel_id")
        answer = api.call(method, path, cem, json=body)
        if names_the_hotel:
            is_empty = answer.status_code == 200 and hotel.name not in answer.text
            assert answer.status_code in (404, 403) or is_empty, f"{method} {path}: {answer.text}"
    assert services.overview.versions(Scope("x", hotels=None)) == before


def test_a_route_without_a_permission_would_be_noticed() -> None:
    """The negative control: the open routes are found, so another one would be."""
    assert {operation_id(route) for route in api_routes() if needs_of(route) is None} == OPEN


def test_every_route_that_changes_something_refuses_what_is_not_json(api: Api, ayse: str) -> None:
    for route, method in WALKED:
        if method != "GET":
            path = re.sub(r"\{(\w+)\}", "1", route.path_format)
            for headers in ({}, {"Content-Type": "application/x-www-form-urlencoded"}):
                answer = api.call(method, path, ayse, content=b"", headers=headers)
                assert answer.status_code == 415, f"{method} {path}"
