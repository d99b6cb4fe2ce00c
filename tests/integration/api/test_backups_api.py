"""Backups through the API: asked for, looked at, taken along, deleted; what acts is audited (C8, C12)."""

from collections.abc import Iterator

import pytest

from core.scope import SYSTEM
from core.stage import silent
from operations.backups.making import make
from operations.backups.service import BackupService
from services import Services
from tests.integration.api.conftest import Api


@pytest.fixture
def backups(services: Services) -> Iterator[BackupService]:
    """Whose owner's address is that of the test's database."""
    url = services.database.engine.url.render_as_string(hide_password=False)
    object.__setattr__(services.backups, "owner_url", url)
    return services.backups


@pytest.fixture
def name(backups: BackupService) -> str:
    with backups.shelf.alone():
        return make(backups.source, "manual", "ada", backups.clock.now(), silent).name


def test_a_backup_is_listed_compared_taken_along_and_deleted(api: Api, backups: BackupService, name: str) -> None:
    ada = api.add("superadmin", None, "ada")
    [listed] = api.get("/backup", ada).json()["items"]
    assert (listed["name"], listed["state"], listed["kind"], listed["proof"]) == (name, "unproven", "manual", None)
    assert api.get(f"/backup/{name}", ada).json() == listed
    changed = {one["table"]: one["lost"] for one in api.get(f"/backup/{name}/preview", ada).json()["items"]}
    assert changed["users"] == 1
    taken = api.get(f"/backup/{name}/file", ada)
    assert taken.content == backups.shelf.path(name).read_bytes()
    assert f"{name}.backup" in taken.headers["content-disposition"]
    refused = api.call("POST", f"/backup/{name}/delete", ada, {"confirmation": "yes"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "backup_confirmation_wrong")
    assert api.call("POST", f"/backup/{name}/delete", ada, {"confirmation": name}).json() == {"name": name}
    assert api.get("/backup", ada).json()["items"] == []
    entries = api.get("/audit", ada).json()["items"]
    actions = [one["action"] for one in entries if one["actor"] == "ada" and "backup" in one["action"]]
    assert actions == ["backup_deleted", "backup_downloaded"]


def test_work_is_asked_for_once_and_a_restore_by_its_name(api: Api, name: str) -> None:
    ada, eve = api.add("superadmin", None, "ada"), api.add("superadmin", None, "eve")
    wrong = api.call("POST", f"/backup/{name}/restore", ada, {"confirmation": "x"})
    assert wrong.json()["error"]["code"] == "backup_confirmation_wrong"
    asked = api.call("POST", f"/backup/{name}/restore", ada, {"confirmation": name})
    assert asked.status_code == 202
    for second in ("/backup", f"/backup/{name}/proof"):
        refused = api.call("POST", second, eve)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "backup_busy")
    assert api.call("POST", "/backup/undo", eve).json()["error"]["code"] == "nothing_to_undo"
    work = api.get("/backup/work", eve).json()
    assert (work["request"]["id"], work["request"]["requested_by"]) == (asked.json()["request_id"], "ada")
    assert work["is_served"] is False


@pytest.mark.usefixtures("backups")
def test_a_key_of_a_machine_may_make_backups_and_restore_none(api: Api) -> None:
    ada = api.add("superadmin", None, "ada")
    refused = api.call("POST", "/api-keys", ada, {"name": "nightly", "permissions": ["backups.restore"]})
    assert refused.status_code == 400
    made = api.call("POST", "/api-keys", ada, {"name": "nightly", "permissions": ["backups.write"]})
    assert made.status_code == 201
    assert SYSTEM.allows("backups.restore")
    assert api.call("POST", "/backup", made.json()["key"]).status_code == 202
