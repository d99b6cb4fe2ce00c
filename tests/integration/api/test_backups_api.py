"""Backups through the API: asked for, looked at, taken along, deleted; what acts is audited (C8, C12)."""

from collections.abc import Iterator

import pytest

from core.scope import SYSTEM
from core.stage import silent
from db.queries import jobs as queries
from db.queries.claims import OF_THE_KEEPER
from db.queries.job_rows import NewRun
from operations.backups.making import make
from operations.backups.service import BackupService
from operations.jobs.execution import execute
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


def test_parts_are_compared_put_back_and_undone(api: Api, backups: BackupService, services: Services) -> None:
    """The keeper's work is done here in its place."""
    ada = api.add("superadmin", None, "ada")
    config = services.configuration
    config.save(SYSTEM, "metric_days = 120\n", "then", None)
    with backups.shelf.alone():
        made = make(backups.source, "manual", "ada", backups.clock.now(), silent).name
    later = config.save(SYSTEM, "metric_days = 60\n", "now", config.shown(SYSTEM).newest_id)
    assert api.get("/backup/parts", ada).json() == {"comparison": None, "undoable": []}
    wanted = {"parts": ["configuration"]}
    asked = api.call("POST", f"/backup/{made}/parts/comparison", ada, wanted)
    assert asked.status_code == 202
    served(services, "parts_preview")
    found = api.get("/backup/parts", ada).json()["comparison"]
    assert (found["backup"], found["counts"]["configuration"]["changed"], found["possible"]) == (made, 1, 1)
    [item] = found["items"]
    assert (item["what"], item["now"], item["then"], item["told"]) == (
        "configuration: metric_days", "60", "120", "changed",
    )  # fmt: skip
    refused = api.call("POST", f"/backup/{made}/parts/restore", ada, wanted | {"confirmation": "yes"})
    assert refused.json()["error"]["code"] == "backup_confirmation_wrong"
    restore = wanted | {"confirmation": made, "mark": found["mark"]}
    assert api.call("POST", f"/backup/{made}/parts/restore", ada, restore).status_code == 202
    served(services, "parts_restore")
    now = api.get("/backup/parts", ada).json()
    [standing] = now["undoable"]
    assert (now["comparison"], standing["by"], standing["parts"]) == (None, "ada", ["configuration"])
    good = config.shown(SYSTEM).good
    assert good is not None
    assert (good.text, good.author) == ("metric_days = 120\n", "ada")
    undoing = f"/backup/parts/{standing['id']}/undo"
    seen = api.get(undoing, ada).json()
    assert [(item["what"], item["now"], item["then"]) for item in seen["items"]] == [
        ("configuration: metric_days", "120", "60")
    ]
    assert api.call("POST", undoing, ada, {"mark": "another"}).json()["error"]["code"] == "parts_changed"
    undone = api.call("POST", undoing, ada, {"mark": seen["mark"]}).json()
    assert (undone["changed"], undone["left"]) == (1, 0)
    assert config.history(SYSTEM)[0].text == config.history(SYSTEM)[2].text == "metric_days = 60\n"
    assert later == config.history(SYSTEM)[2].id


def served(services: Services, job: str) -> None:
    """What the keeper does with the request that waits."""
    with services.database.transaction() as connection:
        request = queries.claim_request(connection, [], OF_THE_KEEPER)
        assert request is not None
        new = NewRun(
            job, None, "request", services.clock.now(), "here", requested_by=request.requested_by,
            arguments=request.arguments,
        )  # fmt: skip
        run_id = queries.begin_run(connection, new)
        assert run_id is not None
        queries.give_request(connection, request.id, run_id)
    assert execute(services.backup_jobs.definitions, run_id, services.database, services.clock) == 0
