"""Alerts through the API: the same alerts, words and rules as on the screens (C12, A5)."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.i18n import Translator
from pipeline.alerts.service import AlertFilters
from services import Services
from tests.integration.api.conftest import Api
from tests.pages.hotel import SmallHotel


def code(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["success"] is False
    return answer.status_code, body["error"]["code"]


def test_the_board_is_the_pages_board_in_the_callers_language(
    api: Api, services: Services, hotel: SmallHotel, ayse: str
) -> None:
    rows = services.alerts.board(api.people[ayse], AlertFilters()).rows
    answer = api.call("GET", "/alerts", ayse, headers={"Accept-Language": "tr"})
    assert answer.status_code == 200
    body = answer.json()
    assert [row["id"] for row in body["items"]] == [row.id for row in rows] == hotel.alert_ids
    t = Translator("tr", rows[0].time_zone)
    assert body["items"][0]["message"] == t.sentence(rows[0].message_id, rows[0].message_params)
    assert (body["total"], body["next_cursor"]) == (4, None)


def test_pages_of_the_board_hold_every_alert_once_also_when_one_comes_in_between(
    api: Api, services: Services, hotel: SmallHotel, ayse: str
) -> None:
    first = api.get("/alerts", ayse, limit=1).json()
    seen = [row["id"] for row in first["items"]]
    services.alerts.triage.close(api.people[ayse], seen, "done")  # the board moves up by one
    cursor = first["next_cursor"]
    while cursor:
        page = api.get("/alerts", ayse, limit=1, cursor=cursor).json()
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert seen == hotel.alert_ids


@pytest.mark.parametrize("cursor", ["x", "Wzk5XQ", "WyJ4Il0", "WzEsMl0", "", "%00", "bnVsbA", "WyIzfjIwMjYtMDF-MSJd"])
def test_a_cursor_that_we_did_not_give_is_refused(api: Api, ayse: str, cursor: str) -> None:
    assert code(api.get("/alerts", ayse, cursor=cursor)) == (422, "invalid_cursor")
    assert code(api.get("/hotels", ayse, cursor=cursor)) == (422, "invalid_cursor")


def test_opening_an_alert_marks_it_read_and_is_audited_also_when_the_answer_is_known(
    api: Api, services: Services, hotel: SmallHotel, ayse: str
) -> None:
    path, ece = f"/alerts/{hotel.alert_ids[0]}", api.add("admin", [hotel.hotel_id], "ece")
    first = api.get(path, ayse)
    known = api.call("GET", path, ece, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, known.status_code) == (200, 304)
    assert first.json()["alert"]["read_at"] is not None
    assert first.json()["timeline"][0]["kind"] == "read"
    with services.database.reading() as connection:
        query = text("SELECT actor FROM audit_log WHERE action = 'alert_viewed' ORDER BY id")
        assert connection.execute(query).scalars().all() == [ayse, ece]


def test_every_command_does_what_the_screens_do(api: Api, hotel: SmallHotel, ayse: str, clock: FixedClock) -> None:
    alert = hotel.alert_ids[1]

    def do(what: str, **asked: object) -> httpx.Response:
        answer = api.call("POST", f"/alerts/{alert}/{what}", ayse, json=asked)
        assert answer.status_code in (200, 201), answer.text
        return answer

    def now() -> dict[str, object]:
        return dict(api.get(f"/alerts/{alert}", ayse).json()["alert"])

    api.add("veri_bilimci", [hotel.hotel_id], "bora")
    do("acknowledge", note="bakıyorum")
    do("assign", assignee="bora")
    do("snooze", until=(clock.now() + timedelta(hours=3)).isoformat())
    assert do("comments", note="depoya soruldu").json()["items"][0]["details"] == {"note": "depoya soruldu"}
    found = now()
    assert (found["acknowledged_by"], found["assigned_to"]) == ("ayse", "bora")
    assert found["snoozed_until"] is not None
    done = do("verdict", verdict="yanlis_pozitif", note="grup").json()
    assert done["closed_ids"] == [alert]
    assert now()["verdict"] == "yanlis_pozitif"
    assert do("verdict/withdraw").json()["reopened_ids"] == [alert]
    assert do("close", reason="sayıldı").json()["closed_ids"] == [alert]
    reopened = do("reopen").json()
    assert reopened["reopened_ids"] == [alert]
    assert api.call("POST", f"/alerts/actions/{reopened['action_id']}/undo", ayse).status_code == 200
    assert now()["closed_at"] is not None


def test_an_alert_is_given_only_to_somebody_who_may_look_at_it(
    api: Api, services: Services, hotel: SmallHotel, ayse: str
) -> None:
    api.add("admin", [], "cem")
    api.add("kat_sorumlusu", [hotel.hotel_id], "attendant")
    api.add("admin", [hotel.hotel_id], "gone")
    with services.database.transaction() as connection:
        connection.execute(text("UPDATE users SET is_active = false WHERE username = 'gone'"))
    deniz, alert = api.add("superadmin", None, "deniz"), hotel.alert_ids[0]
    refused = {
        who: code(api.call("POST", f"/alerts/{alert}/assign", ayse, json={"assignee": who}))
        for who in ("cem", "attendant", "gone", "nobody")
    }
    assert set(refused.values()) == {(404, "user_unknown")}
    assert api.get(f"/alerts/{alert}", ayse).json()["alert"]["assigned_to"] is None
    many = {"alert_ids": hotel.alert_ids, "action": {"command": "assign", "assignee": "cem"}}
    assert code(api.call("POST", "/alerts/actions", ayse, json=many)) == (404, "user_unknown")
    assert api.call("POST", f"/alerts/{alert}/assign", ayse, json={"assignee": deniz}).status_code == 200


def test_refusals_of_the_services_come_with_their_codes(api: Api, hotel: SmallHotel, ayse: str) -> None:
    path = f"/alerts/{hotel.alert_ids[0]}"
    assert code(api.call("POST", f"{path}/snooze", ayse, json={"until": "2026-01-01T00:00:00Z"})) == (
        400, "snooze_wrong",
    )  # fmt: skip
    assert code(api.call("POST", f"{path}/verdict", ayse, json={"verdict": "perhaps"})) == (422, "validation_failed")
    assert code(api.call("POST", f"{path}/comments", ayse, json={"note": "  "})) == (400, "comment_missing")
    assert code(api.call("POST", f"{path}/close", ayse, json={"reason": "x", "reasn": "y"})) == (
        422, "validation_failed",
    )  # fmt: skip
    assert code(api.call("POST", "/alerts/actions/99/undo", ayse)) == (409, "undo_too_late")


def test_another_hotels_alert_is_as_if_it_were_not_there(api: Api, hotel: SmallHotel) -> None:
    cem = api.add("admin", [], "cem")
    assert api.get("/alerts", cem).json()["items"] == []
    assert api.get("/alerts", cem, hotel_id=hotel.hotel_id).json()["total"] == 0
    path = f"/alerts/{hotel.alert_ids[0]}"
    assert code(api.get(path, cem)) == code(api.get("/alerts/999999", cem)) == (404, "not_found")
    assert code(api.call("POST", f"{path}/acknowledge", cem)) == (404, "not_found")


def test_a_silence_hides_and_lifting_it_shows_again(api: Api, hotel: SmallHotel, ayse: str) -> None:
    asked = {
        "hotel_id": hotel.hotel_id, "starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-03-09T00:00:00Z",
        "reason": "yenileme", "alert_type": "dolum_gecikme",
    }  # fmt: skip
    made = api.call("POST", "/silences", ayse, json=asked)
    assert made.status_code == 201
    assert api.get("/alerts", ayse).json()["total"] == 3
    assert [row["hidden"] for row in api.get("/silences", ayse).json()["items"]] == [1]
    assert api.call("POST", f"/silences/{made.json()['id']}/lift", ayse).status_code == 200
    assert api.get("/alerts", ayse).json()["total"] == 4
    wrong = asked | {"starts_at": "2200-12-31T00:00:00Z"}
    assert code(api.call("POST", "/silences", ayse, json=wrong)) == (400, "silence_wrong")


COMMANDS = [
    {"command": "acknowledge", "note": "Bakıyorum."}, {"command": "assign", "assignee": "ayse"},
    {"command": "snooze", "until": "2026-03-02T12:00:00Z"}, {"command": "close", "reason": "Sayım düzeltildi."},
    {"command": "verdict", "verdict": "yanlis_pozitif", "note": "Grup vardı."},
]  # fmt: skip


@pytest.mark.parametrize("action", COMMANDS, ids=lambda one: one["command"])
def test_one_command_changes_many_alerts_and_one_undo_puts_them_back(
    api: Api, services: Services, hotel: SmallHotel, ayse: str, action: dict[str, str]
) -> None:
    def states() -> list[dict[str, object]]:
        rows = services.alerts.board(api.people[ayse], AlertFilters(states=("all",))).rows
        changing = ("acknowledged_by", "assigned_to", "snoozed_until", "closed_at", "verdict")
        return sorted(({name: getattr(row, name) for name in ("id", *changing)} for row in rows), key=repr)

    before, wanted = states(), hotel.alert_ids[:3]
    done = api.call("POST", "/alerts/actions", ayse, json={"alert_ids": wanted, "action": action}).json()
    assert sorted(done["alert_ids"]) == sorted(wanted)
    changed = {row["id"] for row, old in zip(states(), before, strict=True) if row != old}
    assert changed == set(wanted)
    assert api.call("POST", f"/alerts/actions/{done['action_id']}/undo", ayse).status_code == 200
    assert states() == before


def test_verdicts_of_many_are_withdrawn_and_closed_ones_are_opened_again(
    api: Api, services: Services, hotel: SmallHotel, ayse: str
) -> None:
    wanted = hotel.alert_ids[:2]
    for first, then in (
        ({"command": "verdict", "verdict": "test"}, {"command": "withdraw_verdict"}),
        ({"command": "close", "reason": "Bitti."}, {"command": "reopen"}),
    ):
        for action in (first, then):
            answer = api.call("POST", "/alerts/actions", ayse, json={"alert_ids": wanted, "action": action})
            assert sorted(answer.json()["alert_ids"]) == sorted(wanted)
        rows = services.alerts.board(api.people[ayse], AlertFilters()).rows
        assert {row.verdict for row in rows if row.id in wanted} == {None}
        assert set(wanted) <= {row.id for row in rows}


@pytest.mark.parametrize(
    "body",
    [
        {"alert_ids": [], "action": {"command": "acknowledge"}},
        {"alert_ids": [1] * 1_001, "action": {"command": "acknowledge"}},
        {"alert_ids": [1], "action": {"command": "delete"}}, {"alert_ids": [1], "action": {"command": "close"}},
        {"alert_ids": [1], "action": {"command": "acknowledge", "until": "2026-03-02T12:00:00Z"}},
    ],
)  # fmt: skip
def test_a_command_for_many_that_is_none_is_refused(api: Api, ayse: str, body: dict[str, object]) -> None:
    assert code(api.call("POST", "/alerts/actions", ayse, json=body)) == (422, "validation_failed")
