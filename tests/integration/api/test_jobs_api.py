"""The routes of jobs: cancel, retry, pause, figures, timetable, day; refusals are codes, not surprises (C4, C12)."""

import socket
from datetime import timedelta

import pytest

from core.scope import SYSTEM
from db.queries import jobs as queries
from db.queries.job_rows import NewRun, RunEnd
from services import Services
from tests.integration.api.conftest import Api
from tests.pages.hotel import SmallHotel


@pytest.fixture
def root(api: Api) -> str:
    return api.add("superadmin", None, "root")


def begin(services: Services, hotel_id: int, minutes_ago: float, job: str = "collect") -> int:
    at = services.clock.now() - timedelta(minutes=minutes_ago)
    with services.database.transaction() as connection:
        new = NewRun(job, hotel_id, "schedule", at, socket.gethostname())
        return queries.begin_run(connection, new) or 0


def end(services: Services, run_id: int, minutes_ago: float, state: str = "succeeded") -> None:
    at = services.clock.now() - timedelta(minutes=minutes_ago)
    with services.database.transaction() as connection:
        queries.finish_run(connection, run_id, RunEnd(state, at, rows_in=5, rows_out=5))


def code(api: Api, path: str, who: str, **body: object) -> tuple[int, str | None]:
    answer = api.call("POST", path, who, json=body)
    return answer.status_code, answer.json().get("error", {}).get("code")


def test_runs_are_cancelled_and_repeated_once_and_requests_taken_back(
    api: Api, services: Services, hotel: SmallHotel, root: str
) -> None:
    run_id = begin(services, hotel.hotel_id, 5)
    assert code(api, f"/jobs/runs/{run_id}/cancel", root) == (202, None)
    assert code(api, f"/jobs/runs/{run_id}/cancel", root) == (409, "cancel_asked_already")
    assert code(api, f"/jobs/runs/{run_id}/retry", root) == (409, "run_not_repeatable")
    assert api.get(f"/jobs/runs/{run_id}", root).json()["cancel_requested_by"] == "root"
    end(services, run_id, 0, "cancelled")
    assert code(api, f"/jobs/runs/{run_id}/cancel", root) == (409, "run_has_ended")
    request_id = api.call("POST", f"/jobs/runs/{run_id}/retry", root).json()["id"]
    assert code(api, f"/jobs/runs/{run_id}/retry", root) == (409, "retried_already")
    [waiting] = api.get("/jobs/requests", root).json()["items"]
    assert (waiting["id"], waiting["retry_of"]) == (request_id, run_id)
    assert code(api, f"/jobs/requests/{request_id}/cancel", root) == (200, None)
    assert code(api, f"/jobs/requests/{request_id}/cancel", root) == (409, "cancel_asked_already")


def test_pauses_are_made_seen_in_the_timetable_and_ended(
    api: Api, services: Services, hotel: SmallHotel, root: str
) -> None:
    asked = {"job": "collect", "hotel_id": hotel.hotel_id, "reason": "the scales are away"}
    pause_id = api.call("POST", "/jobs/pauses", root, json=asked).json()["id"]
    assert code(api, "/jobs/pauses", root, **asked) == (409, "paused_already")
    assert code(api, "/jobs/pauses", root, **asked | {"reason": " "}) == (400, "reason_wanted")
    assert api.get("/jobs/pauses", root).json()["items"][0]["reason"] == "the scales are away"
    with services.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE hotels SET created_at = '2026-01-01'")
        connection.exec_driver_sql("UPDATE job_pauses SET paused_at = paused_at - interval '1 hour'")
    [row] = [
        one for one in api.get("/jobs/timetable", root).json()["items"]
        if (one["job_name"], one["hotel_id"]) == ("collect", hotel.hotel_id)
    ]  # fmt: skip
    assert (row["pause"]["id"], row["left_out"]) == (pause_id, 4)
    stale = {one["job_name"]: one for one in api.get("/jobs/stale", root).json()["items"]}
    assert (stale["collect"]["reason"], stale["collect"]["since"]) == ("paused", None)
    assert "detect" in stale["collect"]["affects"]
    assert code(api, f"/jobs/pauses/{pause_id}/resume", root) == (200, None)
    assert code(api, f"/jobs/pauses/{pause_id}/resume", root) == (409, "resumed_already")
    assert services.job_control.pauses(SYSTEM) == []


def test_figures_estimates_and_the_day_come_from_the_runs(
    api: Api, services: Services, hotel: SmallHotel, root: str
) -> None:
    for minutes in (150, 135, 120, 105, 90):
        end(services, begin(services, hotel.hotel_id, minutes), minutes - 1)
    end(services, begin(services, hotel.hotel_id, 80, "detect"), 79, "failed")
    running = begin(services, hotel.hotel_id, 0.25)
    figures = api.get("/jobs/figures", root).json()
    assert (figures["ended"], figures["succeeded"], figures["mean_seconds"]) == (6, 5, 60.0)
    [eta] = api.get("/jobs/estimates", root).json()["items"]
    assert (eta["run_id"], eta["seconds"], eta["runs"], eta["is_over"]) == (running, 45.0, 5, False)
    on = services.clock.now().date().isoformat()
    day = api.get(f"/jobs/days/{on}", root, time_zone="Europe/Istanbul").json()
    assert ([run["job_name"] for run in day["runs"]], day["is_complete"]) == (
        [*["collect"] * 5, "detect", "collect"],
        True,
    )
    assert api.get(f"/jobs/days/{on}", root, time_zone="Mars/Olympus").status_code == 422


def test_a_day_beyond_every_calendar_is_refused(api: Api, root: str) -> None:
    assert api.get("/jobs/days/9999-12-31", root).status_code == 422
    assert api.get("/jobs/days/2026-03-02", root).status_code == 200
