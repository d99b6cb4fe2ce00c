"""The routes of the profiler: asked for, read, compared, taken along, stopped, deleted (C10, C12)."""

import json

import pytest

from db.queries import profiles as queries
from db.queries.profiles import ProfileEnd
from services import Services
from tests.integration.api.conftest import Api
from tests.pages.test_profiler import LOOK, MEMORY, TIME, taken


@pytest.fixture
def root(api: Api) -> str:
    return api.add("superadmin", None, "root")


def test_a_profile_is_asked_for_stopped_and_deleted(api: Api, root: str) -> None:
    body = {"target": "api", "seconds": 30}
    started = api.call("POST", "/profiler/profiles", root, json=body)
    assert started.status_code == 202
    path = f"/profiler/profiles/{started.json()['id']}"
    busy = api.call("POST", "/profiler/profiles", root, json=body)
    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "profile_running")
    assert api.get(path, root).json()["profile"]["state"] == "requested"
    assert api.call("DELETE", path, root).status_code == 404
    assert api.call("POST", f"{path}/stop", root, json={}).json()["error_code"] == "stopped"
    assert api.call("POST", f"{path}/stop", root, json={}).status_code == 409
    assert api.call("DELETE", path, root).status_code == 204
    assert api.get("/profiler/profiles", root).json()["items"] == []
    assert api.call("POST", "/profiler/profiles", root, json=body | {"seconds": 5}).status_code == 422


def test_what_was_found_is_read_compared_and_taken_along(api: Api, services: Services, root: str) -> None:
    now = services.clock.now()
    slower = TIME | {"stacks": [[[0, 1], 9.0, 4.0, 90], [[0], 21.0, 4.0, 210]]}
    first, second = (taken(services, now, result=result) for result in (slower, TIME))
    memory = taken(services, now, "memory", MEMORY)
    found = api.get(f"/profiler/profiles/{second}", root, by="cpu").json()
    assert [(one["name"], one["self_seconds"], one["calls"]) for one in found["functions"]] == [
        ("AlertService.board", 4.0, 12), ("main", 1.0, 1),
    ]  # fmt: skip
    assert (found["lines"], found["profile"]["usage"][0]["rss_bytes"]) == ([], LOOK["rss_bytes"])
    lines = api.get(f"/profiler/profiles/{memory}", root).json()["lines"]
    assert [(one["file"], one["line"], one["is_suspect"]) for one in lines] == [
        ("pages/shell/reads.py", 41, True), ("pages/shell/reads.py", 77, False),
    ]  # fmt: skip
    changes = api.get("/profiler/comparison", root, before=first, after=second).json()["items"]
    assert {one["name"]: (one["before_ratio"], one["after_ratio"]) for one in changes} == {
        "AlertService.board": (0.5, 0.8), "main": (0.5, 0.2),
    }  # fmt: skip
    file = api.get(f"/profiler/profiles/{second}/speedscope", root).json()
    assert file["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert file["activeProfileIndex"] == 0
    assert api.get(f"/profiler/profiles/{second}/export", root).json()["result"] == json.loads(json.dumps(TIME))
    assert api.get(f"/profiler/profiles/{memory}/speedscope", root).status_code == 404
    assert api.get("/profiler/comparison", root, before=first, after=memory).status_code == 404


def test_a_failed_one_says_why(api: Api, services: Services, root: str) -> None:
    wanted = taken(services, services.clock.now())
    with services.database.transaction() as connection:
        queries.end(connection, wanted, ProfileEnd("failed", error_code="process_gone"), services.clock.now(), [])
    found = api.get(f"/profiler/profiles/{wanted}", root).json()
    assert (found["profile"]["state"], found["profile"]["error_code"]) == ("failed", "process_gone")
    assert (found["functions"], found["elapsed_seconds"]) == ([], None)
