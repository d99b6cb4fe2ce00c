"""Reports, jobs, thresholds and points through the API: the services' figures, pages of lists, and their refusals."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.scope import SYSTEM
from db.queries import jobs as job_queries
from db.queries.job_rows import NewRun, RunEnd
from services import Services
from tests.integration.api.conftest import Api
from tests.integration.api.test_alerts_api import code
from tests.pages.hotel import SmallHotel


def test_consumption_answers_the_services_figures(api: Api, services: Services, hotel: SmallHotel, ayse: str) -> None:
    from reports.consumption import ConsumptionFilters

    found = services.consumption.explore(SYSTEM, ConsumptionFilters(hotel.hotel_id), services.clock.now())
    said = api.get("/reports/consumption", ayse, hotel_id=hotel.hotel_id, step="week").json()
    assert said["totals"]["units"] == found.totals.units > 0
    assert len(said["trend"]) == len(found.trend("week"))
    assert sum(row["units"] for row in said["products"]) == found.totals.units
    assert said["first_on"] == found.first_on.isoformat()


def test_every_report_is_narrowed_by_codes_and_refuses_unknown_ones(api: Api, hotel: SmallHotel, ayse: str) -> None:
    def get(path: str, **params: object) -> dict[str, object]:
        answer = api.get(path, ayse, hotel_id=hotel.hotel_id, **params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    assert get("/reports/rooms", floor="1")["items"]
    assert get("/reports/rooms/101")["number"] == "101"
    assert get("/reports/stock")["products"]
    assert get("/reports/stock/P0")["moves"]
    assert get("/reports/refills", step="month")["totals"]
    assert get("/reports/custody")["attendants"] == []
    for path, asked in (("consumption", {"floor": "9"}), ("refills", {"attendant": "x"}), ("stock", {"group": "x"})):
        assert code(api.get(f"/reports/{path}", ayse, hotel_id=hotel.hotel_id, **asked)) == (404, "not_found")
    assert code(api.get("/reports/stock", ayse, hotel_id=hotel.hotel_id, days=31)) == (422, "validation_failed")
    assert code(api.get("/reports/stock", ayse)) == (422, "validation_failed")


def test_what_is_not_known_is_null_and_no_number(api: Api, hotel: SmallHotel, ayse: str) -> None:
    """NaN is no JSON: every reader would fail on it."""
    answer = api.get("/reports/stock", ayse, hotel_id=hotel.hotel_id)
    assert "NaN" not in answer.text
    unmoved = [row for row in answer.json()["products"] if row["code"] == "P2"]
    assert unmoved[0]["level"] is None


def test_runs_come_page_by_page_the_newest_first(
    api: Api, services: Services, hotel: SmallHotel, ayse: str, clock: FixedClock
) -> None:
    ids = []
    with services.database.transaction() as connection:
        for number in range(5):
            at = clock.now() - timedelta(minutes=number // 2)  # some begin in the same instant
            new = job_queries.begin_run(connection, NewRun("collect", hotel.hotel_id, "schedule", at, "here"))
            job_queries.finish_run(connection, new or 0, RunEnd("succeeded", at))
            ids.append((at, new))
    seen, cursor = [], None
    while True:
        page = api.get("/jobs/runs", ayse, limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [run for _, run in sorted(ids, key=lambda one: (one[0], one[1] or 0), reverse=True)]
    assert api.get(f"/jobs/runs/{seen[0]}", ayse).json()["state"] == "succeeded"
    cem = api.add("admin", [], "cem")
    assert code(api.get(f"/jobs/runs/{seen[0]}", cem)) == (404, "not_found")


def test_a_run_is_asked_for_and_waits(api: Api, hotel: SmallHotel, ayse: str) -> None:
    asked = {"job": "collect", "hotel_id": hotel.hotel_id, "at": "2026-03-01T00:00:00Z"}
    assert code(api.call("POST", "/jobs/requests", ayse, json=asked)) == (403, "forbidden")
    deniz = api.add("superadmin", None, "deniz")
    made = api.call("POST", "/jobs/requests", deniz, json=asked)
    assert made.status_code == 202
    [waiting] = api.get("/jobs/requests", deniz).json()["items"]
    assert (waiting["id"], waiting["requested_by"]) == (made.json()["request_ids"][0], "deniz")
    state = api.get("/jobs/collect/state", deniz, hotel_id=hotel.hotel_id).json()
    assert state["request"]["id"] == waiting["id"]
    assert code(api.call("POST", "/jobs/requests", deniz, json={"job": "mine"})) == (422, "validation_failed")


def test_a_threshold_is_saved_with_a_reason_and_rolled_back(api: Api, hotel: SmallHotel, ayse: str) -> None:
    asked = {
        "hotel_id": hotel.hotel_id, "metric_type": "tuketim_miktar", "reason": "çok alarm", "expected_version": 0,
        "families": {"cell": {"extra_evidence": 0.5}},
    }  # fmt: skip
    saved = api.call("POST", "/ml/thresholds", ayse, json=asked)
    assert (saved.status_code, saved.json()["version"]) == (201, 1)
    assert code(api.call("POST", "/ml/thresholds", ayse, json=asked)) == (409, "threshold_conflict")
    assert code(api.call("POST", "/ml/thresholds", ayse, json=asked | {"reason": " ", "expected_version": 1})) == (
        400, "threshold_reason_missing",
    )  # fmt: skip
    back = {"hotel_id": hotel.hotel_id, "metric_type": "tuketim_miktar", "version": 0, "reason": "geri"}
    assert api.call("POST", "/ml/thresholds/rollback", ayse, json=back).json()["version"] == 2
    rows = api.get("/ml/thresholds/history", ayse, hotel_id=hotel.hotel_id).json()["items"]
    assert [row["settings"]["version"] for row in rows] == [2, 1]
    [current] = [
        row for row in api.get("/ml/thresholds", ayse, hotel_id=hotel.hotel_id).json()["items"]
        if row["metric_type"] == "tuketim_miktar"
    ]  # fmt: skip
    assert current["families"].get("cell", {"extra_evidence": 0})["extra_evidence"] == 0


def test_measured_requests_are_told_by_endpoint(api: Api, services: Services, hotel: SmallHotel, ayse: str) -> None:
    for path in ("/alerts", "/alerts", "/alerts/999999"):
        api.get(path, ayse)
    services.requests.flush()
    said = api.get("/metrics/requests", ayse).json()
    counted = {(row["method"], row["route"]): row for row in said["items"]}
    assert counted["GET", "/alerts"]["requests"] == 2
    assert counted["GET", "/alerts/{alert_id}"]["error_ratio"] == 1.0
    assert counted["GET", "/alerts"]["p95_seconds"] > 0
    assert said["day"]["requests"] >= 3


def test_nothing_is_stored_for_a_hotel_that_does_not_exist(api: Api, hotel: SmallHotel) -> None:
    deniz = api.add("superadmin", None, "deniz")
    nowhere = {"hotel_id": hotel.hotel_id + 1, "reason": "x"}
    silence = nowhere | {"starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-03-09T00:00:00Z"}
    threshold = nowhere | {"metric_type": "tuketim_miktar", "families": {"cell": {"extra_evidence": 0.5}}}
    back = nowhere | {"metric_type": "tuketim_miktar", "version": 0}
    comparison = {"hotel_id": hotel.hotel_id + 1, "challenger_id": 1}
    points = {
        "hotel_id": hotel.hotel_id + 1,
        "points": [{"metric": "nem", "occurred_at": "2026-03-01T00:00:00Z", "value": 1}],
    }
    for path, asked in (
        ("/silences", silence), ("/ml/thresholds", threshold), ("/ml/thresholds/rollback", back),
        ("/ml/comparisons", comparison), ("/ml/metrics/points", points),
        ("/jobs/requests", {"job": "collect", "hotel_id": hotel.hotel_id + 1}),
    ):  # fmt: skip
        assert code(api.call("POST", path, deniz, json=asked)) == (404, "not_found"), path


def test_points_of_an_own_series_are_stored_once_corrected_and_collected(
    api: Api, services: Services, hotel: SmallHotel, ayse: str, clock: FixedClock
) -> None:
    at = clock.now() - timedelta(hours=2)
    points = [
        {"metric": "nem", "entity": "bar", "occurred_at": (at + timedelta(minutes=n)).isoformat(), "value": 40.5 + n,
         "unit": "%"}
        for n in range(3)
    ]  # fmt: skip

    def post(points: list[dict[str, object]], who: str = ayse) -> dict[str, int]:
        answer = api.call("POST", "/ml/metrics/points", who, json={"hotel_id": hotel.hotel_id, "points": points})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    assert post(points) == {"inserted": 3, "updated": 0, "unchanged": 0}
    assert post(points) == {"inserted": 0, "updated": 0, "unchanged": 3}
    assert post([points[0] | {"value": 50}]) == {"inserted": 0, "updated": 1, "unchanged": 0}
    services.pipeline.metrics.collect(SYSTEM, hotel.hotel_id, clock.now(), metric_types=("ozel_seri",))
    with services.database.reading() as connection:
        query = text("SELECT metric_value FROM ml_metrics WHERE metric_type = 'ozel_seri' ORDER BY timestamp")
        assert connection.execute(query).scalars().all() == [50, 41.5, 42.5]


@pytest.mark.parametrize(
    "change", [{"value": "NaN"}, {"value": None}, {"metric": ""}, {"occurred_at": "2026-03-01T00:00:00"}, {"more": 1}]
)
def test_a_wrong_point_is_refused_with_its_place(
    api: Api, hotel: SmallHotel, ayse: str, change: dict[str, object]
) -> None:
    good = {"metric": "nem", "occurred_at": "2026-03-01T00:00:00Z", "value": 1}
    asked = {"hotel_id": hotel.hotel_id, "points": [good, good | change]}
    answer = api.call("POST", "/ml/metrics/points", ayse, json=asked)
    assert code(answer) == (422, "validation_failed")
    assert answer.json()["error"]["details"]["fields"][0]["field"].startswith("body.points.1")


def test_the_same_point_twice_in_one_request_stores_nothing(
    api: Api, services: Services, hotel: SmallHotel, ayse: str
) -> None:
    point = {"metric": "nem", "occurred_at": "2026-03-01T00:00:00Z", "value": 1}
    asked = {"hotel_id": hotel.hotel_id, "points": [point, point | {"value": 2}]}
    answer = api.call("POST", "/ml/metrics/points", ayse, json=asked)
    assert code(answer) == (422, "points_wrong")
    assert answer.json()["error"]["details"]["points"][0]["point"] == 1
    with services.database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM custom_points")).scalar_one() == 0
