"""Who is let in, with what, how often, and what a request may carry (A9.1, A9.2, A9.5, C12)."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from api.access import COSTLY, READS, REFUSED
from api.body_limits import MOST_BYTES, depth_of
from core.clock import FixedClock
from core.scope import SYSTEM
from identity.api_keys.service import ApiKeyService
from services import Services
from tests.integration.api.conftest import Api, Everybody
from tests.integration.api.test_alerts_api import code
from tests.pages.hotel import SmallHotel


def key_of(api: Api, owner: str, *permissions: str, hotels: list[int] | None = None, days: int = 1) -> str:
    made = api.services.api_keys.create(
        SYSTEM, f"k{'-'.join(permissions)}{days}", permissions, days=days, hotels=hotels, owner=owner
    )
    return made.key


def test_without_a_credential_or_with_a_wrong_one_or_with_two_nobody_is_let_in(api: Api, ayse: str) -> None:
    assert code(api.get("/alerts")) == (401, "unauthenticated")
    assert code(api.get("/alerts", "nobody")) == (401, "token_invalid")
    assert code(api.get("/alerts", "bmk_nothing")) == (401, "unauthenticated")
    assert code(api.call("GET", "/alerts", headers={"Cookie": "barometer_session=x"})) == (401, "unauthenticated")
    assert code(api.call("GET", "/alerts", ayse, headers={"X-API-Key": "x"})) == (401, "unauthenticated")
    twice = [("Authorization", f"Bearer {api.tokens[ayse]}"), ("Authorization", "Bearer x")]
    assert code(api.call("GET", "/alerts", headers=twice)) == (401, "unauthenticated")
    assert code(api.call("GET", "/alerts", headers=[("X-API-Key", "x"), ("X-API-Key", "y")]))[0] == 401
    assert api.get("/alerts", ayse).status_code == 200


def test_a_key_may_do_what_it_names_as_long_as_its_owner_may(api: Api, hotel: SmallHotel, ayse: str) -> None:
    key = key_of(api, "ayse", "alerts.read")
    assert api.get("/alerts", key).json()["total"] == 4
    assert api.call("GET", "/alerts", headers={"X-API-Key": key}).json()["total"] == 4
    assert code(api.call("POST", f"/alerts/{hotel.alert_ids[0]}/acknowledge", key)) == (403, "forbidden")
    with api.services.database.transaction() as connection:
        connection.execute(text("UPDATE users SET role = 'kat_sorumlusu' WHERE username = 'ayse'"))
    assert code(api.get("/alerts", key)) == (403, "forbidden")


def test_a_key_sees_its_hotels_as_long_as_its_owner_sees_them(api: Api, hotel: SmallHotel, ayse: str) -> None:
    key = key_of(api, "ayse", "alerts.read", hotels=[hotel.hotel_id])
    assert api.get("/alerts", key).json()["total"] == 4
    with api.services.database.transaction() as connection:
        connection.execute(text("DELETE FROM user_hotels"))
    assert api.get("/alerts", key).json()["total"] == 0


def test_a_key_ends_when_it_is_revoked_or_expires_or_its_owner_is_disabled(
    api: Api, services: Services, ayse: str, clock: FixedClock
) -> None:
    revoked, expiring, disabled = (key_of(api, "ayse", "alerts.read", days=days) for days in (1, 2, 3))
    rows = {row.hint: row for row in services.api_keys.listed(SYSTEM)}
    services.api_keys.revoke(SYSTEM, next(row.id for hint, row in rows.items() if revoked.startswith(hint)))
    assert [api.get("/alerts", key).status_code for key in (revoked, expiring, disabled)] == [401, 200, 200]
    clock.advance(timedelta(days=2))
    assert [api.get("/alerts", key).status_code for key in (revoked, expiring, disabled)] == [401, 401, 200]
    with services.database.transaction() as connection:
        connection.execute(text("UPDATE users SET is_active = false"))
    assert code(api.get("/alerts", disabled)) == (401, "unauthenticated")


def test_of_a_key_only_its_hash_and_beginning_are_stored_and_its_use_is_noted(
    api: Api, services: Services, ayse: str, clock: FixedClock
) -> None:
    key = key_of(api, "ayse", "alerts.read")
    api.get("/alerts", key)
    with services.database.reading() as connection:
        stored = str(connection.execute(text("SELECT * FROM api_keys")).all())
        log = str(connection.execute(text("SELECT * FROM audit_log WHERE action LIKE 'api_key%'")).all())
    assert key not in stored + log
    assert key[:8] in stored
    assert "api_key_created" in log
    [row] = services.api_keys.listed(SYSTEM)
    assert row.last_used_at == clock.now()


def test_people_make_keys_within_their_own_rights_and_keys_make_none(
    api: Api, hotel: SmallHotel, everybody: Everybody
) -> None:
    people = everybody(hotel.hotel_id)
    asked = {"name": "pms", "permissions": ["alerts.read", "data.import"], "hotels": [hotel.hotel_id], "days": 30}
    who = people["sistem_yoneticisi"]
    made = api.call("POST", "/api-keys", who, json=asked)
    assert made.status_code == 201
    key = made.json()["key"]
    assert api.get("/alerts", key).json()["total"] == 4
    assert code(api.call("POST", "/api-keys", who, json=asked)) == (409, "api_key_exists")
    wrong = [
        ({"permissions": ["users.write"]}, (400, "api_key_wrong")), ({"permissions": ["*"]}, (400, "api_key_wrong")),
        ({"permissions": []}, (400, "api_key_wrong")), ({"name": " "}, (400, "api_key_wrong")),
        ({"hotels": [hotel.hotel_id + 1]}, (404, "not_found")), ({"days": 0}, (422, "validation_failed")),
    ]  # fmt: skip
    for change, expected in wrong:
        assert code(api.call("POST", "/api-keys", who, json=asked | {"name": "other"} | change)) == expected
    assert code(api.call("POST", "/api-keys", key, json=asked)) == (403, "forbidden")
    [mine] = api.get("/api-keys", who).json()["items"]
    assert "key" not in mine
    assert [row["id"] for row in api.get("/api-keys", people["superadmin"]).json()["items"]] == [mine["id"]]
    assert api.call("POST", f"/api-keys/{mine['id']}/revoke", who).status_code == 200
    assert code(api.get("/alerts", key)) == (401, "unauthenticated")


def test_somebody_elses_key_is_as_if_it_were_not_there(api: Api, hotel: SmallHotel) -> None:
    first, second = (api.add("sistem_yoneticisi", [hotel.hotel_id], name) for name in ("ada", "efe"))
    asked = {"name": "pms", "permissions": ["alerts.read"]}
    made = api.call("POST", "/api-keys", first, json=asked).json()
    assert api.get("/api-keys", second).json()["items"] == []
    assert code(api.call("POST", f"/api-keys/{made['id']}/revoke", second)) == (404, "not_found")


def test_a_request_that_changes_something_is_json_and_neither_large_nor_deep(
    api: Api, hotel: SmallHotel, ayse: str
) -> None:
    path = f"/alerts/{hotel.alert_ids[0]}/close"

    def send(content: bytes, kind: str | None = "application/json", path: str = path) -> tuple[int, str]:
        answer = api.call("POST", path, ayse, content=content, headers={"Content-Type": kind} if kind else {})
        return code(answer)

    good = json.dumps({"reason": "x"}).encode()
    for kind in (None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"):
        assert send(good, kind) == (415, "json_required")
    assert send(b" " * (MOST_BYTES + 1)) == (413, "body_too_large")
    assert send(b"[" * 100 + b"]" * 100) == (422, "body_too_deep")
    assert send(b"[" * 100_000) == (422, "body_too_deep")
    for content in (b"{", b"\xff\xfe", b"", b"null", b'{"reason": NaN}', b'{"reason": "\\u0000"}', b'{"\\ud800": 1}'):
        assert send(content)[0] in (400, 422), content
    assert api.call("POST", path, ayse, json={"reason": "x"}).status_code == 200


def test_a_body_without_a_length_is_counted_while_it_comes(api: Api, ayse: str) -> None:
    async def endless():  # type: ignore[no-untyped-def]
        for _ in range(MOST_BYTES // 1000 + 2):
            yield b" " * 1000

    answer = api.call("POST", "/silences", ayse, content=endless(), headers={"Content-Type": "application/json"})
    assert code(answer) == (413, "body_too_large")


def test_depth_is_counted_outside_of_texts() -> None:
    assert depth_of(b'{"a": [1, {"b": "[[[{{"}], "c": "\\"[["}') == 3
    assert depth_of(b"[]]]][") == 1


def test_who_asks_too_often_is_told_when_to_come_back(api: Api, ayse: str, clock: FixedClock) -> None:
    first = api.get("/hotels", ayse)
    assert first.headers["ratelimit-policy"] == f'"read";q={READS.requests};w=60'
    assert first.headers["ratelimit"] == f'"read";r={READS.requests - 1};t=60'
    asked = {"name": " ", "permissions": []}
    deniz = api.add("superadmin", None)
    answers = [api.call("POST", "/api-keys", deniz, json=asked) for _ in range(COSTLY.requests + 1)]
    assert [answer.status_code for answer in answers] == [400] * COSTLY.requests + [429]
    assert code(answers[-1]) == (429, "too_many_requests")
    assert int(answers[-1].headers["retry-after"]) in range(1, 61)
    assert api.get("/api-keys", deniz).status_code == 200  # each endpoint for itself
    clock.advance(timedelta(seconds=61))
    assert api.call("POST", "/api-keys", deniz, json=asked).status_code == 400


def test_wrong_credentials_from_one_address_are_limited_and_right_ones_are_not(api: Api, ayse: str) -> None:
    codes = [api.get("/hotels", f"bmk_{number}").status_code for number in range(REFUSED.requests + 1)]
    assert codes == [401] * REFUSED.requests + [429]
    assert api.get("/hotels", ayse).status_code == 200


def test_tokens_that_are_only_too_old_are_no_guesses_however_many_clients_share_an_address(
    api: Api, ayse: str, clock: FixedClock
) -> None:
    clock.advance(timedelta(minutes=11))
    codes = {code(api.get("/hotels", ayse)) for _ in range(REFUSED.requests + 5)}
    assert codes == {(401, "token_expired")}
    assert code(api.get("/hotels", "bmk_nothing")) == (401, "unauthenticated")


def test_an_answer_that_the_caller_has_is_not_sent_again_until_the_data_change(
    api: Api, services: Services, hotel: SmallHotel, ayse: str, clock: FixedClock
) -> None:
    first = api.get("/alerts", ayse)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"

    def again(path: str = "/alerts", who: str = ayse, language: str = "en", wanted: str = tag) -> int:
        headers = {"If-None-Match": wanted, "Accept-Language": language}
        return api.call("GET", path, who, headers=headers).status_code

    assert (again(), again(wanted=f'"x", {tag}')) == (304, 304)
    assert again("/alerts?limit=2") == again(language="tr") == 200
    assert again(who=api.add("admin", [], "cem")) == 200
    services.alerts.triage.acknowledge(api.people[ayse], hotel.alert_ids[:1])
    assert again() == 200
    tag = api.get("/alerts", ayse).headers["etag"]
    clock.advance(timedelta(minutes=6))
    assert again(wanted=tag) == 200


def test_a_hotel_that_is_written_in_another_way_counts_and_an_endless_number_breaks_nothing(
    api: Api, services: Services, hotel: SmallHotel, ayse: str
) -> None:
    asked = f"/alerts?hotel_id=%2B{hotel.hotel_id}&hotel_id={hotel.hotel_id + 1}"
    known = {"If-None-Match": api.call("GET", asked, ayse).headers["etag"]}
    assert api.call("GET", asked, ayse, headers=known).status_code == 304
    services.alerts.triage.acknowledge(api.people[ayse], hotel.alert_ids[:1])
    assert api.call("GET", asked, ayse, headers=known).status_code == 200
    assert api.call("GET", f"/alerts/{hotel.alert_ids[0]}?hotel_id={'9' * 5_000}", ayse).status_code == 200


@pytest.mark.parametrize("path", ["/hotels/", "/alerts/counts/", "/docs/"])
def test_an_address_with_a_slash_too_many_leads_nowhere(api: Api, ayse: str, path: str) -> None:
    answer = api.call("GET", path, ayse, headers={"Host": "elsewhere.example"})
    assert (code(answer), answer.headers.get("location")) == ((404, "not_found"), None)


def test_nothing_that_failed_or_changed_something_is_kept(api: Api, hotel: SmallHotel, ayse: str) -> None:
    failed = api.get("/alerts/999999", ayse)
    done = api.call("POST", f"/alerts/{hotel.alert_ids[0]}/acknowledge", ayse)
    assert {answer.headers["cache-control"] for answer in (failed, done)} == {"no-store"}
    assert "etag" not in failed.headers


@pytest.mark.parametrize(
    ("sqlstate", "name"), [("57014", "database_busy"), ("53300", "database_busy"), ("57P03", "database_unavailable")]
)
def test_a_database_that_is_busy_is_503_and_says_when_to_come_back(
    api: Api, ayse: str, monkeypatch: pytest.MonkeyPatch, sqlstate: str, name: str
) -> None:
    from db.queries import premises

    def busy(connection):  # type: ignore[no-untyped-def]
        connection.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{sqlstate}'; END $$"))

    monkeypatch.setattr(premises, "hotels", busy)
    answer = api.get("/hotels", ayse)
    assert code(answer) == (503, name)
    assert answer.headers["retry-after"]


def test_a_key_whose_owner_is_gone_is_gone(services: Services, api: Api, ayse: str) -> None:
    key = key_of(api, "ayse", "alerts.read")
    with services.database.transaction() as connection:
        connection.execute(text("DELETE FROM users"))
    assert ApiKeyService(services.database, services.clock, services.identity).caller_of(key) is None
