"""The page of backups: empty, full, damaged, at work, and who may do what there (C8)."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.key_ring import backup_key_ring
from core.scope import SYSTEM
from db.queries import backup_parts as queries_of_parts
from db.queries import backups as queries
from db.queries import jobs as queries_of_jobs
from db.queries.claims import OF_THE_KEEPER
from db.queries.job_rows import NewRun, RunEnd
from operations.backups.archive import DUMP, KEYS, writing
from operations.backups.manifest import Label, Manifest
from operations.backups.parts.shapes import Change, Comparison, Said, Wanted
from operations.backups.shelf import Proof
from services import Services
from tests.pages.conftest import Text, Visit
from tests.pages.hotel import small_hotel

BACKUPS = "pages/system/backups.py"
LANGUAGES = ["tr", "en"]
NAME = "barometer-20260302T020000-scheduled"


def put(services: Services, name: str = NAME, proof: Proof | None = None) -> Path:
    """A backup with the present rows in its manifest, as the keeper would have left it."""
    shelf, ring = services.backups.shelf, backup_key_ring(services.settings)
    with services.database.reading() as connection:
        tables = queries.states(connection)
    label = Label(name, "scheduled", services.clock.now(), "system", ring.first().id, "1", "0018", 18)
    with shelf.alone(), writing(shelf.new_path(name), label, ring) as archive:
        for part in (DUMP, KEYS):
            with Path("/dev/null").open("rb") as nothing:
                archive.add(part, nothing)
        archive.finish(Manifest(label, tables, archive.files, None, {}))
    if proof is not None:
        shelf.keep_proof(name, proof)
    return shelf.path(name)


@pytest.fixture
def proven(services: Services) -> Proof:
    return Proof(services.clock.now(), 2.5, 1234, 78, 3)


def button(app: AppTest, key: str) -> bool:
    return any(one.key == key for one in app.button)


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_backups_the_page_says_what_to_do(visit: Visit, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(BACKUPS), Translator(language)
    assert not app.exception
    assert t("backups.empty_title") in text(app)
    assert t("backups.no_proven") in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_backups_are_listed_with_their_proof_and_damage_is_told(
    visit: Visit, text: Text, proven: Proof, language: str
) -> None:
    put(visit.services, proof=proven)
    put(visit.services, "barometer-b", replace(proven, error_code="backup_differs"))
    put(visit.services, "barometer-c").write_bytes(b"nothing")
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(BACKUPS), Translator(language)
    assert not app.exception
    said = text(app)
    seconds = "2.5" if language == "en" else "2,5"
    assert t("backups.proof", at=proven.proven_at, seconds=seconds, rows=1234, tables=78) in said
    assert t("backups.fault_backup_differs") in said
    assert "backup_differs" not in said
    assert t("backups.damaged", names="barometer-c, barometer-b") in said or (
        t("backups.damaged", names="barometer-b, barometer-c") in said
    )
    assert asdict(proven)["restore_seconds"] == 2.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_restore_is_previewed_and_asked_for_by_the_typed_name(
    visit: Visit, text: Text, proven: Proof, language: str
) -> None:
    put(visit.services, proof=proven)
    small_hotel(visit.services, with_alerts=False)
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(BACKUPS), Translator(language)
    app.button(key=f"open_{NAME}").click().run()
    app.toggle(key=f"preview_{NAME}").set_value(True).run()
    assert not app.exception
    shown = "\n".join(table.value.to_csv() for table in app.table)
    assert "stock" in shown
    assert "audit" not in shown  # it is never set back
    [link] = [one.proto for one in app.get("link_button")]
    assert link.url == f"/files/backups/{NAME}"  # sent by a route of its own, never read into memory
    app.text_input(key="restore_name").set_value("something else")
    app.button(key="FormSubmitter:restore_backup-" + t("backups.restore")).click().run()
    assert t("error.backup_confirmation_wrong", name=NAME) in text(app)
    app.text_input(key="restore_name").set_value(NAME)
    app.button(key="FormSubmitter:restore_backup-" + t("backups.restore")).click().run()
    assert not app.exception
    request = visit.services.backup_jobs.state(visit.scope()).request
    assert request is not None
    assert (request.job_name, request.arguments) == ("restore", {"backup": NAME})
    app = visit.open(BACKUPS)
    assert t("jobs.nobody_serves") in text(app)
    assert next(one for one in app.button if one.key == "create_backup").disabled


def test_deleting_wants_the_name_and_is_audited(visit: Visit, proven: Proof) -> None:
    path = put(visit.services, proof=proven)
    visit.sign_in("superadmin", None, "en")
    app = visit.open(BACKUPS)
    app.button(key=f"open_{NAME}").click().run()
    delete = "FormSubmitter:delete_backup-" + Translator("en")("backups.delete_for_good")
    app.button(key=delete).click().run()
    assert path.exists()
    app.text_input(key="delete_name").set_value(NAME)
    app.button(key=delete).click().run()
    assert not path.exists()
    assert not app.exception


def test_a_manager_of_some_hotels_sees_no_backup(visit: Visit, text: Text, proven: Proof) -> None:
    """A backup holds every hotel."""
    put(visit.services, proof=proven)
    hotel = small_hotel(visit.services, with_alerts=False)
    visit.sign_in("sistem_yoneticisi", [hotel.hotel_id], "en")
    app = visit.open(BACKUPS)
    assert not app.exception
    assert Translator("en")("backups.all_hotels") in text(app)
    assert not button(app, f"open_{NAME}")


def compared(services: Services, wanted: Wanted, *changes: Change) -> None:
    """A comparison as the keeper would have left it."""
    found = Comparison(changes, newer=2).document(NAME, wanted)
    with services.database.transaction() as connection:
        run = queries_of_jobs.begin_run(connection, NewRun("parts_preview", None, "request", services.clock.now(), "x"))
        assert run is not None
        end = RunEnd("succeeded", services.clock.now(), len(changes), 0, found)
        assert queries_of_jobs.finish_run(connection, run, end)


@pytest.mark.parametrize("language", LANGUAGES)
def test_parts_are_chosen_compared_and_put_back_by_the_typed_name(
    visit: Visit, text: Text, proven: Proof, language: str
) -> None:
    put(visit.services, proof=proven)
    hotel = small_hotel(visit.services, with_alerts=False)
    visit.sign_in("superadmin", None, language)
    t = Translator(language)
    app = visit.open(BACKUPS)
    app.button(key=f"open_{NAME}").click().run()
    assert app.get("expander")[0].label == t("backups.parts")
    app.button(key="FormSubmitter:compare_parts-" + t("backups.parts_compare")).click().run()
    assert not app.exception
    request = visit.services.backup_jobs.state(visit.scope()).request
    assert request is not None
    assert (request.job_name, request.arguments) == (
        "parts_preview", {"backup": NAME, "parts": ["thresholds"], "hotel_ids": None, "mark": None},
    )  # fmt: skip
    with visit.services.database.transaction() as connection:
        queries_of_jobs.claim_request(connection, [], OF_THE_KEEPER)
    wanted = Wanted.of(["thresholds", "verdicts"], [hotel.hotel_id])
    what = {"metric_type": "tuketim_miktar", "now": 3, "then": 2, "by": "ayse", "at": None}
    compared(
        visit.services, wanted,
        Change("thresholds", "changed", hotel.hotel_id, hotel.name, what, {"parameters": {}}),
        Change("verdicts", "impossible", hotel.hotel_id, hotel.name, {}, reason=Said("parts.hotel_unknown")),
    )  # fmt: skip
    app = visit.open(BACKUPS)
    shown = "\n".join(table.value.to_csv() for table in app.table).replace("\\", "")
    for said in (t("metric.tuketim_miktar"), t("parts.version", version=2), t("parts.hotel_unknown")):
        assert said in shown
    assert t("parts.newer", count=2) in text(app)
    app.button(key="ask_restore_parts").click().run()
    restore = "FormSubmitter:restore_parts_form-" + t("backups.parts_restore")
    app.button(key=restore).click().run()
    assert t("error.backup_confirmation_wrong", name=NAME) in text(app)
    app.text_input(key="parts_name").set_value(NAME)
    app.button(key=restore).click().run()
    assert not app.exception
    request = visit.services.backup_jobs.state(visit.scope()).request
    assert request is not None
    assert request.arguments is not None
    assert (request.job_name, request.arguments["parts"]) == ("parts_restore", ["thresholds", "verdicts"])
    assert (request.arguments["hotel_ids"], len(request.arguments["mark"])) == ([hotel.hotel_id], 32)


def test_parts_that_were_put_back_are_taken_back_with_a_second_click(visit: Visit, text: Text, proven: Proof) -> None:
    put(visit.services, proof=proven)
    visit.sign_in("superadmin", None, "en")
    services, config = visit.services, visit.services.configuration
    before = config.save(SYSTEM, "metric_days = 60\n", "now", None)
    after = config.save(SYSTEM, "metric_days = 120\n", NAME, before)
    with services.database.transaction() as connection:
        queries_of_parts.add(connection, {
            "backup": NAME, "safety": "safe", "parts": ["configuration"], "restored_by": "deniz",
            "restored_at": services.clock.now(),
            "changes": {"thresholds": [], "verdicts": [], "configuration": {"before": before, "after": after}},
        })  # fmt: skip
    app = visit.open(BACKUPS)
    assert "deniz" in text(app)
    [standing] = services.backup_jobs.parts.undoable(SYSTEM)
    app.button(key=f"undo_parts_{standing.id}").click().run()
    shown = "\n".join(table.value.to_csv() for table in app.table).replace("\\", "")
    assert "configuration: metric_days,120,60" in shown
    app.button(key=f"undo_parts_{services.backup_jobs.parts.undo_preview(SYSTEM, standing.id)[1].mark}").click().run()
    assert not app.exception
    assert [toast.value for toast in app.toast] == [Translator("en")("parts.undone", count=1)]
    assert config.history(SYSTEM)[0].text == "metric_days = 60\n"
    assert not button(app, f"undo_parts_{standing.id}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_work_that_failed_is_told_in_words(visit: Visit, text: Text, proven: Proof, language: str) -> None:
    put(visit.services, proof=proven)
    visit.sign_in("superadmin", None, language)
    now = visit.services.clock.now()
    with visit.services.database.transaction() as connection:
        run = queries_of_jobs.begin_run(connection, NewRun("parts_restore", None, "request", now, "x"))
        assert run is not None
        told = {"error": {"id": "error.disk_full", "params": {"folder": "/backups"}}}
        queries_of_jobs.finish_run(connection, run, RunEnd("failed", now, result=told, error_code="disk_full"))
    said, t = text(visit.open(BACKUPS)), Translator(language)
    assert t("error.disk_full", folder="/backups") in said
    assert "disk_full" in said  # for whoever looks for it
