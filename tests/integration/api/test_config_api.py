"""The routes of the configuration: read, checked, saved, overtaken, taken back; never a secret (C9, C12)."""

import pytest

from services import Services
from tests.integration.api.conftest import Api

SECRET = "planted-password"
PATH = "/config/versions"


@pytest.fixture
def root(api: Api, services: Services) -> str:
    vars(services.settings).update(admin_password=SECRET)
    services.settings.model_fields_set.add("admin_password")
    return api.add("superadmin", None, "root")


def test_a_text_is_checked_saved_overtaken_and_taken_back(api: Api, services: Services, root: str) -> None:
    wrong = {"text": "metric_days = 3\nnonsense = 1\n"}
    told = api.call("POST", "/config/check", root, json=wrong).json()
    assert [(one["line"], one["code"]) for one in told["problems"]] == [(1, "too_small"), (2, "unknown")]
    body = {"text": "metric_days = 120\n", "reason": "a year is too much", "expected_id": None}
    refused = api.call("POST", PATH, root, json=body | wrong)
    assert (refused.status_code, [one["line"] for one in refused.json()["error"]["details"]["problems"]]) == (
        422,
        [1, 2],
    )
    proposed = api.call("POST", "/config/check", root, json={"text": body["text"]}).json()
    assert (proposed["is_valid"], proposed["changes"][0]["after"]) == (True, 120)
    assert "+metric_days = 120" in proposed["difference"]
    first = api.call("POST", PATH, root, json=body)
    assert first.status_code == 201
    assert services.settings.metric_days == 120
    second = api.call("POST", PATH, root, json=body | {"text": "alert_days = 9\n", "expected_id": first.json()["id"]})
    late = api.call("POST", PATH, root, json=body | {"expected_id": first.json()["id"]})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "configuration_changed")
    assert late.json()["error"]["details"] == {"by": "root", "id": second.json()["id"]}
    assert "-metric_days = 120" in api.get(f"{PATH}/{second.json()['id']}/difference", root).json()["difference"]
    back = {"reason": "it was right", "expected_id": second.json()["id"]}
    made = api.call("POST", f"{PATH}/{first.json()['id']}/rollback", root, json=back).json()["id"]
    assert [one["id"] for one in api.get(PATH, root, key="alert_days").json()["items"]] == [made, second.json()["id"]]
    assert api.call("POST", f"{PATH}/999/rollback", root, json=back).status_code == 404


def test_settings_tell_their_sources_and_no_secret(api: Api, root: str) -> None:
    body = {"text": "metric_days = 120\n", "reason": f"since {SECRET} leaked", "expected_id": None}
    api.call("POST", PATH, root, json=body)
    answers = [api.get("/config", root), api.get(PATH, root)]
    checked = api.call("POST", "/config/check", root, json={"text": f"# {SECRET}\nadmin_password = '{SECRET}'"})
    assert [answer.status_code for answer in (*answers, checked)] == [200, 200, 200]
    assert [answer.text for answer in (*answers, checked) if SECRET in answer.text] == []
    settings = {one["name"]: one for one in answers[0].json()["settings"]}
    assert settings["metric_days"]["source"] == "database"
    assert (settings["admin_password"]["value"], settings["admin_password"]["is_set"]) == (None, True)


def test_who_may_not_see_or_change_it_is_refused(api: Api) -> None:
    admin = api.add("admin", None, "mina")
    assert api.get("/config", admin).status_code == 403
    body = {"text": "", "reason": "x", "expected_id": None}
    assert api.call("POST", PATH, admin, json=body).status_code == 403
