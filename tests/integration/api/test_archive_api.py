"""The archive's routes: its content, a metric by day, bringing back and verifying (A7, C12)."""

from datetime import timedelta

import pytest

from api.app import api_document
from core.scope import SYSTEM
from services import Services
from tests.conftest import NOW
from tests.integration.api.conftest import Api
from tests.pages.hotel import SmallHotel

SPAN = {"since": (NOW - timedelta(days=40)).isoformat(), "until": NOW.isoformat()}


@pytest.fixture
def ada(api: Api, hotel: SmallHotel) -> str:
    return api.add("sistem_yoneticisi", [hotel.hotel_id], "ada")


@pytest.fixture
def archived(services: Services, hotel: SmallHotel) -> int:
    """How many of the hotel's rows lie in the archive."""
    return services.cleanup.archiving.archive_old(hotel.hotel_id, NOW + timedelta(days=85)).rows


def test_what_lies_in_the_archive_is_told(api: Api, hotel: SmallHotel, archived: int, ada: str) -> None:
    found = api.get("/archive", ada).json()
    assert sum(month["rows"] for month in found["months"]) == archived > 0
    assert {month["hotel_id"] for month in found["months"]} == {hotel.hotel_id}
    assert (found["holds"], found["findings"], found["finding_count"]) == ([], [], 0)
    stranger = api.add("admin", [], "stranger")
    assert api.get("/archive", stranger).json()["months"] == []


def test_values_are_paged_across_the_border(api: Api, services: Services, hotel: SmallHotel, ada: str) -> None:
    asked = {"hotel_id": hotel.hotel_id, "metric_type": "stok_seviye", **SPAN, "limit": 1_000}
    before = api.get("/ml/metrics/values", ada, **asked).json()["items"]
    assert services.cleanup.archiving.archive_old(hotel.hotel_id, NOW + timedelta(days=85)).rows > 0
    assert api.get("/ml/metrics/values", ada, **asked).json()["items"] == before
    folder = services.settings.archive_folder
    path = max(folder.rglob("*.parquet"))
    path.write_bytes(b"x")
    refused = api.get("/ml/metrics/values", ada, **asked)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "archive_file_damaged")
    assert path.name in refused.json()["error"]["message"]


def test_a_metric_by_day_says_where_each_day_lies(api: Api, hotel: SmallHotel, archived: int, ada: str) -> None:
    asked = {"hotel_id": hotel.hotel_id, "metric_type": "tuketim_miktar", **SPAN}
    found = api.get("/archive/days", ada, **asked).json()
    assert (found["is_sum"], found["faults"]) == (True, {})
    assert {day["is_archived"] for day in found["items"]} == {True, False}
    assert archived
    unknown = api.get("/archive/days", ada, **asked | {"metric_type": "nothing"})
    assert unknown.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("days", "code", "said"),
    [
        (1_101, "period_too_long", {"en": "At most 1,100 days", "tr": "en çok 1.100 gün"}),
        (-1, "period_wrong", {"en": "ends", "tr": "bit"}),
    ],
)  # fmt: skip
def test_a_metric_by_day_of_too_long_a_time_is_refused(
    api: Api, hotel: SmallHotel, ada: str, days: int, code: str, said: dict[str, str]
) -> None:
    asked = {"hotel_id": hotel.hotel_id, "metric_type": "tuketim_miktar", "since": SPAN["since"]}
    since = NOW - timedelta(days=40)
    longest = api.get("/archive/days", ada, **asked, until=(since + timedelta(days=1_100)).isoformat())
    assert longest.status_code == 200
    for language, words in said.items():
        until = (since + timedelta(days=days)).isoformat()
        refused = api.call(
            "GET", "/archive/days", ada, params=asked | {"until": until}, headers={"Accept-Language": language}
        )
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
        assert words in refused.json()["error"]["message"]
    assert "400" in api_document()["paths"]["/archive/days"]["get"]["responses"]


def test_days_are_previewed_brought_back_and_sent_away(
    api: Api, services: Services, hotel: SmallHotel, archived: int, ada: str
) -> None:
    first_on, last_on = (NOW - timedelta(days=40)).date(), (NOW - timedelta(days=1)).date()
    asked = {"hotel_id": hotel.hotel_id, "first_on": str(first_on), "last_on": str(last_on)}
    assert api.get("/archive/preview", ada, **asked).json()["rows"] == archived
    answer = api.call("POST", "/archive/bring-back", ada, json=asked | {"kept_days": 10})
    assert answer.status_code == 202
    [waiting] = services.jobs.pending(SYSTEM)
    assert (waiting.id, waiting.requested_by) == (answer.json()["request_id"], "ada")
    services.archive.jobs.bring_back("ada", hotel.hotel_id, (first_on, last_on), NOW + timedelta(days=10))
    [hold] = api.get("/archive", ada).json()["holds"]
    assert (hold["row_count"], hold["brought_by"]) == (archived, "ada")
    assert api.call("POST", f"/archive/holds/{hold['id']}/return", ada).status_code == 202
    assert [one.job_name for one in services.jobs.pending(SYSTEM)] == ["archive_bring", "archive_return"]


def test_a_verification_is_asked_for(api: Api, services: Services, hotel: SmallHotel, ada: str) -> None:
    assert api.call("POST", "/archive/verify", ada, json={"hotel_id": hotel.hotel_id}).status_code == 202
    assert [one.job_name for one in services.jobs.pending(SYSTEM)] == ["metric_verification"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"first_on": "2026-03-02", "last_on": "2026-03-01"}, "period_wrong"),
        ({"first_on": "2001-01-01", "last_on": "2001-01-02"}, "nothing_archived"),
        ({"kept_days": 0}, "validation_failed"), ({"hotel_id": 2_000_000}, "not_found"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    api: Api, hotel: SmallHotel, archived: int, ada: str, changed: dict[str, object], code: str
) -> None:
    asked = {"hotel_id": hotel.hotel_id, "first_on": "2026-01-01", "last_on": "2026-03-01"}
    assert archived
    assert api.call("POST", "/archive/bring-back", ada, json=asked | changed).json()["error"]["code"] == code


def test_who_may_only_read_asks_for_nothing(api: Api, services: Services, hotel: SmallHotel) -> None:
    admin = api.add("admin", [hotel.hotel_id], "bora")
    assert api.get("/archive", admin).status_code == 200
    assert api.call("POST", "/archive/verify", admin, json={"hotel_id": hotel.hotel_id}).status_code == 403
    assert services.jobs.pending(SYSTEM) == []


def test_a_folder_of_another_installation_is_told_and_adopted(
    api: Api, services: Services, hotel: SmallHotel, archived: int, ada: str
) -> None:
    assert archived
    everywhere = api.add("superadmin", None, "mavi")
    assert api.get("/archive", ada).json()["folder_fault"] is None
    assert api.call("POST", "/archive/adopt", everywhere).json()["error"]["code"] == "archive_folder_ours"
    services.archive.jobs.bringing.archiving.folder.put_mark("of another one")
    for language, said in (("en", "installation"), ("tr", "kurulum")):
        headers = {"Accept-Language": language}
        fault = api.call("GET", "/archive", ada, headers=headers).json()["folder_fault"]
        assert fault["code"] == "archive_folder_not_ours"
        assert said in fault["message"]
    assert api.call("POST", "/archive/adopt", ada).status_code == 403
    assert api.call("POST", "/archive/adopt", everywhere).status_code == 204
    assert api.get("/archive", ada).json()["folder_fault"] is None
    adoptions = [one for one in api.get("/audit", everywhere).json()["items"] if one["action"] == "archive_adopted"]
    assert [one["actor"] for one in adoptions] == ["mavi"]


def test_a_series_says_which_files_it_lacks(
    api: Api, services: Services, hotel: SmallHotel, archived: int, ada: str
) -> None:
    assert archived
    paths = [f"/alerts/{hotel.alert_ids[0]}/series"]
    paths += [f"/reports/{one}?hotel_id={hotel.hotel_id}&days=365" for one in ("refills", "stock/P0")]
    for path in paths:
        assert api.call("GET", path, ada).json()["faults"] == {}
    for file in services.settings.archive_folder.rglob("*.parquet"):
        file.write_bytes(b"x")
    services.cache.clear(SYSTEM, "reports")
    for path in paths:
        assert set(api.call("GET", path, ada).json()["faults"].values()) == {"archive_file_damaged"}
