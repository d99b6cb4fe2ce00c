"""Every route with every role, with none, and with another hotel's manager: as the permission table says (A9.1)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text

from api.access import READS
from api.app import api_routes
from api.documents import needs_of, operation_id
from core.scope import Scope
from db.models.identity import ROLES
from db.queries import jobs as job_queries
from db.queries.job_rows import NewRun
from identity.permissions import ROLE_PERMISSIONS
from pipeline.alerts.silences.service import Silence
from services import Services
from tests.integration.api.conftest import Api, Everybody
from tests.pages.hotel import SmallHotel, small_hotel

OPEN = {"health_health", "auth_token", "auth_refresh", "auth_revoke", "auth_logout", "auth_keys"}
ANSWERING = {"health_health", "auth_revoke", "auth_keys"}  # without any credential
OWNER, SECRET = "ada-of-the-other-hotel", "nobody-elses-business"
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
    return {"code": "P0", "number": "101", "job": "collect", "name": "no-backup"}.get(name, "1")


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
        if (needed := needs_of(route)) and (not scope.allows(needed.permission) or holds_every_hotel(route, role))
    }
    assert {name for name, status in found.items() if status == 403} == expected


def holds_every_hotel(route: APIRoute, role: str) -> bool:
    """What concerns the installation is of all hotels; of the test's people only the superadmin sees them all."""
    is_of_all = needs_of(route).permission in ("config.write", "profiler.run", "queries.cancel")
    is_of_all = is_of_all or route.path_format == "/archive/adopt" or route.path_format.startswith(("/backup", "/logs"))
    return is_of_all and role != "superadmin"


@pytest.fixture
def theirs(api: Api, services: Services, hotel: SmallHotel) -> dict[str, int]:
    """Ids, by their name in addresses, of what a hotel and its manager have."""
    ada = api.add("sistem_yoneticisi", [hotel.hotel_id], OWNER)
    with services.database.transaction() as connection:
        run = job_queries.begin_run(
            connection, NewRun("collect", hotel.hotel_id, "schedule", services.clock.now(), SECRET)
        )
    scope, now = api.people[ada], services.clock.now()
    silence = Silence(now, now + timedelta(days=1), SECRET)
    [request] = services.jobs.request(scope, "detect", hotel.hotel_id)
    made = api.call("POST", "/api-keys", ada, json={"name": SECRET, "permissions": ["alerts.read"]}).json()
    return {
        "alert_id": hotel.alert_ids[0], "run_id": run or 0, "request_id": request,
        "pause_id": services.job_control.pause(scope, "forecast", hotel.hotel_id, SECRET), "key_id": made["id"],
        "user_id": services.users.id_of(scope, OWNER),
        "silence_id": services.alerts.silences.add(scope, hotel.hotel_id, silence),
        "action_id": services.alerts.triage.acknowledge(scope, hotel.alert_ids[:1], SECRET).action_id or 0,
    }  # fmt: skip


def kept(services: Services, hotel_id: int) -> dict[str, list[Any]]:
    """Everything that the routes could change of a hotel or its manager."""
    of_hotel = (
        "ml_alerts",
        "alert_silences",
        "job_runs",
        "job_requests",
        "job_pauses",
        "detection_settings",
        "data_versions",
    )
    queries = {table: f"SELECT * FROM {table} WHERE hotel_id = :hotel ORDER BY 1, 2" for table in of_hotel}
    owner = "(SELECT id FROM users WHERE username = :owner)"
    queries |= {"users": f"SELECT * FROM users WHERE id = {owner}", "api_keys": "SELECT * FROM api_keys ORDER BY 1"}
    queries["user_links"] = f"SELECT * FROM user_links WHERE user_id = {owner} ORDER BY 1"
    with services.database.reading() as connection:
        values = {"hotel": hotel_id, "owner": OWNER}
        return {name: list(connection.execute(text(query), values)) for name, query in queries.items()}


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("role", ["sistem_yoneticisi", "admin"])
def test_another_hotels_manager_learns_and_changes_nothing(
    api: Api, services: Services, hotel: SmallHotel, theirs: dict[str, int], role: str
) -> None:
    """They have a hotel with alerts of its own. Everything about the other is "not found" or empty, and stays."""
    cem = api.add(role, [small_hotel(services).hotel_id], "cem")
    before = kept(services, hotel.hotel_id)
    seen, secrets = set(), (f'"{hotel.name}"', SECRET, OWNER)
    for route, method in WALKED:
        path, body = request_of(api, route, method, hotel.hotel_id, theirs)
        answer = api.call(method, path, cem, json=body)
        told = f"{method} {path}: {answer.status_code} {answer.text}"
        named = theirs.keys() & set(re.findall(r"\{(\w+)\}", route.path_format))
        assert not [word for word in secrets if word in answer.text], told
        if named:
            assert answer.status_code in (404, 403, 409), told
        elif "hotel_id=" in path or (body or {}).get("hotel_id"):
            assert answer.status_code in (404, 403) or (method == "GET" and answer.status_code == 200), told
        seen |= named
    assert seen == theirs.keys()
    assert kept(services, hotel.hotel_id) == before


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
