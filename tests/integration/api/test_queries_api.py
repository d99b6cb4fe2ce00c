"""The routes of statements: statistics, now, ending one, the plan of one (C2, C12)."""

import threading

import httpx
import pytest
from sqlalchemy import text

from core.errors import AppError
from core.scope import SYSTEM
from operations.queries import lock_watch
from operations.queries.lock_watch import LockWatch
from operations.queries.statement_log import StatementLog
from services import Services
from tests.integration.api.conftest import Api
from tests.pages.hotel import SmallHotel
from tests.waiting import wait_for


@pytest.fixture
def root(api: Api) -> str:
    return api.add("superadmin", None, "root")


def test_statistics_plans_and_tables_are_told(api: Api, root: str) -> None:
    found = api.get("/queries/statistics", root, order="calls").json()
    assert found["missing"] is None
    assert found["totals"]["calls"] >= sum(one["calls"] for one in found["slowest"]) > 0
    assert found["listed"][0]["calls"] == max(one["calls"] for one in found["listed"])
    assert api.get("/queries/statistics", root, order="text").status_code == 422
    assert api.get("/queries/statistics", root, period="7d").json()["totals"]["calls"] == 0  # nobody counted yet
    course = api.get("/queries/course", root, period="7d").json()["items"]
    assert (len(course), course[0]["calls"]) == (169, None)
    plan = api.call("POST", "/queries/explain", root, json={"text": "SELECT * FROM hotels WHERE id = $1"})
    assert plan.json()["steps"][0]["on"].startswith("hotels")
    refused = api.call("POST", "/queries/explain", root, json={"text": "SELECT 1; DROP TABLE hotels"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "explain_several")


def test_what_is_there_twice_and_who_waits_for_whom_is_told(api: Api, services: Services, root: str) -> None:
    with services.database.transaction() as connection:
        connection.execute(text("INSERT INTO hotels (code, name) VALUES ('A', 'A')"))
        connection.execute(text("CREATE INDEX one_too_many ON hotels (name)"))
        connection.execute(text("CREATE INDEX another_too_many ON hotels (name)"))
    advice = api.get("/queries/tables", root).json()["items"]
    [twice] = [one for one in advice if one["code"] == "duplicate"]
    assert {twice["params"]["kept"], twice["params"]["others"]} == {"one_too_many", "another_too_many"}

    def rename() -> None:
        with services.database.transaction() as connection:
            connection.execute(text("UPDATE hotels SET name = 'C'"))

    with services.database.engine.connect() as holder:
        holder.execute(text("UPDATE hotels SET name = 'B'"))
        thread = threading.Thread(target=rename)
        thread.start()
        try:
            [wait] = wait_for(lambda: api.get("/queries/now", root).json()["waits"])
        finally:
            holder.rollback()
            thread.join(60)
    assert wait["waiting_text"] == wait["blocking_text"] == "UPDATE hotels SET name = ?"
    assert api.get("/queries/now", root).json()["waits"] == []


def test_the_log_tells_the_route_the_caller_and_the_id_of_the_request(
    api: Api, services: Services, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.queries.statement_log.SLOW_SECONDS", 600.0)  # none of these, on whatever machine
    asked = api.call("GET", "/queries/tables", root, headers={"X-Request-ID": "ticket-4711"})
    assert asked.status_code == 200
    StatementLog(lambda: services.database, "dashboard").flush()
    items = api.get("/queries/recent", root, process="dashboard").json()["items"]
    assert [one["ended_at"] for one in items] == sorted((one["ended_at"] for one in items), reverse=True)
    of_request = [one for one in items if one["request_id"] == "ticket-4711"]
    assert {(one["actor"], one["place"]) for one in of_request} == {("root", "GET /queries/tables")}
    assert any("pg_stat_user_indexes" in one["text"] for one in of_request)
    assert api.get("/queries/recent", root, which="slow").json()["items"] == []
    assert api.get("/queries/recent", root, process="jobs", period="7d", order="slowest").json()["items"] == []
    assert api.get("/queries/recent", root, which="text").status_code == 422


def test_a_request_that_still_runs_stands_in_the_log_with_its_route(api: Api, services: Services, root: str) -> None:
    headers = {"X-Request-ID": "ticket-4712"}
    asking = threading.Thread(target=lambda: api.call("GET", "/queries/plans", root, headers=headers))
    with services.database.engine.connect() as holder:
        holder.execute(text("LOCK TABLE statement_plans"))
        asking.start()
        wait_for(lambda: services.queries.now(SYSTEM).waits)
        StatementLog(lambda: services.database, "dashboard").flush()
        holder.rollback()
    asking.join(60)
    places = {one.place for one in services.queries.log.read(SYSTEM) if one.request_id == "ticket-4712"}
    assert places == {"GET /queries/plans"}


def test_lock_episodes_are_told_with_who_held_up_whom(
    api: Api, services: Services, root: str, hotel: SmallHotel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_watch, "LEAST_SECONDS", 0.0)
    empty = api.get("/queries/locks", root).json()
    assert (empty["is_watched"], empty["items"], empty["course"]) == (False, [], [])

    def rename() -> None:
        with services.database.transaction() as connection:
            connection.execute(text("UPDATE hotels SET name = 'B'"))

    waiting = threading.Thread(target=rename)
    with services.database.engine.connect() as holder:
        holder.execute(text("UPDATE hotels SET name = 'A'"))
        waiting.start()
        wait_for(lambda: api.get("/queries/now", root).json()["waits"])
        LockWatch(lambda: services.database, services.clock).look()
        holder.rollback()
    waiting.join(60)
    [episode] = api.get("/queries/locks", root, period="30d").json()["items"]
    assert (episode["ended_at"], episode["waiters"], episode["relation"]) == (None, 1, "hotels")
    assert episode["blocking_text"] == episode["waiting_text"] == "UPDATE hotels SET name = ?"


def test_plans_are_kept_and_compared(api: Api, services: Services, root: str, hotel: SmallHotel) -> None:
    asked = {"text": "SELECT name FROM hotels WHERE code = 'a guest'"}
    first = api.call("POST", "/queries/plans", root, json=asked)
    assert first.status_code == 201
    head = first.json()["head"]
    assert (head["text"], head["actor"]) == ("SELECT name FROM hotels WHERE code = ?", "root")
    second = api.call("POST", "/queries/plans", root, json={"text": "SELECT name FROM hotels ORDER BY name"}).json()
    listed = api.get("/queries/plans", root).json()["items"]
    assert [one["id"] for one in listed] == [second["head"]["id"], head["id"]]
    assert api.get("/queries/plans", root, fingerprint=head["fingerprint"]).json()["items"] == [head]
    found = api.get("/queries/plans/comparison", root, before=head["id"], after=second["head"]["id"]).json()
    assert (found["is_same"], found["before"], found["after"]) == (False, head, second["head"])
    assert {"step": "Sort"} in [one["params"] for one in found["changes"]]
    assert found["pairs"][0]["marks"] == ["only"]
    missing = api.get("/queries/plans/comparison", root, before=head["id"], after=10**9)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    assert api.get("/queries/plans/comparison", root, before=0, after=1).status_code == 422
    assert api.get("/queries/plans", root, fingerprint="\x00").status_code == 422
    explained = api.call("POST", "/queries/explain", root, json=asked).json()
    assert (explained["fingerprint"], explained["trials"]) == (head["fingerprint"], {"items": [], "missing": None})


def test_plans_are_made_ten_times_a_minute_for_each_caller(api: Api, root: str) -> None:
    other = api.add("superadmin", None, "other")

    def ask(who: str) -> httpx.Response:
        return api.call("POST", "/queries/explain", who, json={"text": "SELECT 1"})

    answers = [ask(root) for _ in range(11)]
    assert [one.status_code for one in answers] == [200] * 10 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"explain";q=10;w=60'
    assert answers[-1].json()["error"]["code"] == "too_many_requests"
    assert ask(other).status_code == 200
    assert api.get("/queries/now", root).status_code == 200  # only what makes plans


def test_a_statement_is_ended_once(api: Api, services: Services, root: str) -> None:
    def run() -> None:
        with pytest.raises(AppError, match="database_busy"), services.database.transaction() as connection:
            connection.execute(text("SELECT pg_sleep(250)"))

    thread = threading.Thread(target=run)
    thread.start()

    def sleeping() -> list[dict[str, object]]:
        """Before it sleeps its session runs other statements, and this one for a moment before it says so."""
        running = api.get("/queries/now", root).json()["running"]
        return [one for one in running if "pg_sleep" in one["text"] and one["wait_event"] == "PgSleep"]

    found: list[dict[str, object]] = wait_for(sleeping)
    asked = {name: found[0][name] for name in ("pid", "backend_start", "query_start")}
    assert api.call("POST", "/queries/cancel", root, json=asked).status_code == 204
    thread.join(60)
    assert not thread.is_alive()
    again = api.call("POST", "/queries/cancel", root, json=asked)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "query_ended")
