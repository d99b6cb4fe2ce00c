"""Users and the audit log through the API: the same rules as on the screens (A9.1, A9.4)."""

import pytest

from core.scope import SYSTEM
from services import Services
from tests.integration.api.conftest import Api
from tests.mailbox import receiving
from tests.pages.hotel import SmallHotel


@pytest.fixture
def root(api: Api) -> str:
    return api.add("superadmin", None, "root")


def test_an_invited_user_is_listed_changed_disabled_and_enabled(api: Api, hotel: SmallHotel, root: str) -> None:
    link = api.call("POST", "/users", root, json={"username": "elif", "role": "admin", "hotels": [hotel.hotel_id]})
    assert link.status_code == 201
    assert link.json()["kind"] == "invitation"
    [elif_] = [one for one in api.call("GET", "/users", root).json()["items"] if one["username"] == "elif"]
    assert (elif_["state"], elif_["hotels"], elif_["role"]) == ("invited", [hotel.hotel_id], "admin")
    path = f"/users/{elif_['id']}"
    asked = {"full_name": "Elif Demir", "email": "elif@hotel.example", "role": "veri_bilimci", "hotels": None}
    assert api.call("POST", f"{path}/change", root, json=asked).status_code == 200
    for command, state in (("disable", "disabled"), ("enable", "invited")):
        assert api.call("POST", f"{path}/{command}", root, json={}).status_code == 200
        [now] = [one for one in api.call("GET", "/users", root).json()["items"] if one["username"] == "elif"]
        assert (now["state"], now["full_name"], now["role"], now["hotels"]) == (
            state, "Elif Demir", "veri_bilimci", None,
        )  # fmt: skip
    assert api.call("POST", f"{path}/link", root, json={}).json()["token"] != link.json()["token"]


def test_nobody_gives_more_than_they_have_and_a_superadmin_is_left(
    api: Api, services: Services, hotel: SmallHotel, root: str
) -> None:
    manager = api.add("sistem_yoneticisi", [hotel.hotel_id], "mert")
    asked = {"username": "x", "role": "superadmin", "hotels": [hotel.hotel_id]}
    assert api.call("POST", "/users", manager, json=asked).status_code == 403
    asked = {"username": "x", "role": "admin", "hotels": None}
    assert api.call("POST", "/users", manager, json=asked).status_code == 403
    root_id = services.users.id_of(SYSTEM, "root")
    answer = api.call("POST", f"/users/{root_id}/disable", root, json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "last_superadmin")
    assert api.call("POST", f"/users/{root_id}/disable", manager, json={}).status_code in (403, 404)


def test_the_audit_log_is_read_page_by_page_and_holds_what_was_done(api: Api, hotel: SmallHotel, root: str) -> None:
    for name in ("a1", "a2", "a3"):
        api.call("POST", "/users", root, json={"username": name, "role": "admin", "hotels": [hotel.hotel_id]})
    first = api.call("GET", "/audit?action=user_invited&limit=2", root).json()
    second = api.call("GET", f"/audit?action=user_invited&limit=2&cursor={first['next_cursor']}", root).json()
    assert [row["entity"] for row in (*first["items"], *second["items"])] == ["a3", "a2", "a1"]
    assert second["next_cursor"] is None
    assert {row["actor"] for row in first["items"]} == {"root"}
    assert api.call("GET", "/audit?cursor=x", root).status_code == 422
    clerk = api.add("veri_bilimci", [hotel.hotel_id], "can")
    assert api.call("GET", "/audit", clerk).status_code == 403


def test_a_link_is_mailed_and_stands_in_no_answer(api: Api, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"username": "elif", "role": "admin", "hotels": None, "email": "elif@hotel.example"}
    api.call("POST", "/users", root, json=asked)
    user_id = api.services.users.id_of(SYSTEM, "elif")
    off = api.call("POST", f"/users/{user_id}/link/mail", root)
    assert (off.status_code, off.json()["error"]["code"]) == (409, "mail_off")
    with receiving() as box:
        for name, value in box.given().items():
            monkeypatch.setattr(api.services.users.mailer.settings, name, value)
        sent = api.call("POST", f"/users/{user_id}/link/mail", root)
        assert (sent.status_code, sent.json()["email"], sent.json()["kind"]) == (
            201, "elif@hotel.example", "invitation",
        )  # fmt: skip
        token = box.texts[0].split("link=")[1].split()[0]
        assert token not in sent.text
        assert api.services.accounts.invited(token).user.username == "elif"
        box.refused = "elif@hotel.example"
        refused = api.call("POST", f"/users/{user_id}/link/mail", root)
    assert (refused.status_code, refused.json()["error"]["code"]) == (502, "mail_not_sent")
    assert "nobody of that name here" in refused.json()["error"]["message"]
