"""The page of jobs: what runs, waits, failed and why; cancel, retry, pause; what was odd, and what is old (C4)."""

import socket
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy import text as sql
from streamlit.testing.v1 import AppTest

from core.clock import FixedClock
from core.i18n import Translator
from core.scope import SYSTEM
from db.models.operations import JobRun
from db.queries.health import HeartbeatRow, beat_service
from pages.shell import job_panels
from tests.pages.conftest import JOBS, Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel

OF_THE_MACHINERY = (
    "timed_out", "sidecar_stopped", "process_failed", "process_gone", "process_killed", "out_of_memory", "interrupted",
    "unexpected", "restored",
)  # fmt: skip


def add(visit: Visit, hotel_id: int | None, job: str, state: str, minutes_ago: float, **more: Any) -> int:
    now = visit.services.clock.now()
    began = now - timedelta(minutes=minutes_ago)
    run: dict[str, Any] = {
        "job_name": job, "hotel_id": hotel_id, "trigger": "schedule", "state": state, "started_at": began,
        "heartbeat_at": now, "finished_at": None if state == "running" else began + timedelta(seconds=20),
        "host": socket.gethostname(), "rows_in": 5, "rows_out": 5,
    }  # fmt: skip
    with visit.services.database.transaction() as connection:
        return int(connection.execute(insert(JobRun).returning(JobRun.id), run | more).scalar_one())


def old_hotel(visit: Visit) -> SmallHotel:
    """One that jobs have been due in for months."""
    hotel = small_hotel(visit.services, with_alerts=False)
    with visit.services.database.transaction() as connection:
        connection.execute(sql("UPDATE hotels SET created_at = '2026-01-01'"))
    return hotel


def keyed(app: AppTest, key: str) -> Any:
    return next(button for button in app.button if button.key == key)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_reasons_of_the_machinery_are_told_in_words_and_a_stages_own_code_as_it_is(
    visit: Visit, text: Text, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hotel = old_hotel(visit)
    monkeypatch.setattr(job_panels, "FAILED_ROWS", len(OF_THE_MACHINERY) + 2)  # all of them on one page
    for minutes, code in enumerate((*OF_THE_MACHINERY, "model_corrupt", "cancelled_by_person")):
        who = {"cancel_requested_by": "deniz"} if code == "cancelled_by_person" else {}
        add(visit, hotel.hotel_id, "train", "failed", minutes + 1, error_code=code, **who)
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(JOBS), Translator(language)
    assert not app.exception
    shown = text(app)
    for code in OF_THE_MACHINERY:
        assert t(f"jobs.error_{code}") in shown
    assert t("jobs.error_cancelled_by_person", who="deniz") in shown
    assert "model_corrupt" in shown
    assert t("jobs.data_train") in shown  # old because of the failure


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_scheduler_that_fell_silent_is_told_with_since_when(
    visit: Visit, text: Text, clock: FixedClock, language: str
) -> None:
    small_hotel(visit.services, with_alerts=False)
    t = Translator(language)
    visit.sign_in("superadmin", None, language)
    assert t("jobs.nobody_serves") in text(visit.open(JOBS))
    for minutes, is_told in ((5, True), (0, False)):
        beat_at = clock.now() - timedelta(minutes=minutes)
        with visit.services.database.transaction() as connection:
            beat_service(connection, HeartbeatRow("sidecar", 1, "here", "1", beat_at, beat_at))
        shown = text(visit.open(JOBS)).replace("\\", "")
        assert t("jobs.nobody_serves") not in shown
        local = replace(t, time_zone="Europe/Istanbul")
        assert (local("jobs.scheduler_silent", since=beat_at) in shown) is is_told


def test_what_runs_is_cancelled_and_what_failed_is_asked_for_once_more(
    visit: Visit, text: Text, clock: FixedClock
) -> None:
    hotel, t = small_hotel(visit.services, with_alerts=False), Translator("en")
    for minutes in range(200, 260, 10):
        add(visit, hotel.hotel_id, "collect", "succeeded", minutes)
    running = add(visit, hotel.hotel_id, "collect", "running", 6, progress_ratio=0.25, progress_note="stage.collect",
                  heartbeat_at=clock.now() - timedelta(minutes=2))  # fmt: skip
    failed = add(visit, hotel.hotel_id, "detect", "failed", 9, error_code="unexpected", error_text="Traceback: planted",
                 arguments={"at": "2026-03-01T00:00:00+00:00"})  # fmt: skip
    visit.sign_in("superadmin", None, "en")
    app = visit.open(JOBS)
    shown = text(app)
    assert t("jobs.takes_long") in shown
    assert t("jobs.silent", length="2 min") in shown
    assert "longer than nine of ten of the last 6 runs" in shown
    assert {one.label: one.value for one in app.metric}[t("jobs.success_rate")] == "85.7%"
    app = keyed(app, f"job_run_{failed}").click().run()
    assert "Traceback: planted" in [code.value for code in app.code]
    app = keyed(visit.open(JOBS), f"cancel_run_{running}").click().run()
    app = keyed(app, "cancel_for_certain").click().run()
    assert not app.exception
    asked = visit.services.jobs.run(SYSTEM, running)
    assert (asked.state, asked.cancel_requested_by) == ("running", "superadmin_en")
    assert t("jobs.cancelling", who="superadmin_en") in text(app)
    app = keyed(app, f"retry_{failed}").click().run()
    [request] = visit.services.jobs.pending(SYSTEM)
    assert (request.retry_of, request.arguments) == (failed, {"at": "2026-03-01T00:00:00+00:00"})
    app = keyed(app, f"retry_{failed}").click().run()
    assert "superadmin_en asked for this once more before you" in text(app)
    keyed(app, f"take_back_{request.id}").click().run()
    assert visit.services.jobs.pending(SYSTEM) == []


@pytest.mark.parametrize("language", ["tr", "en"])
def test_who_asked_is_named_alike_where_a_job_waits_and_where_it_has_ended(
    visit: Visit, text: Text, language: str
) -> None:
    hotel, t = small_hotel(visit.services, with_alerts=False), Translator(language)
    add(visit, hotel.hotel_id, "collect", "succeeded", 30, requested_by="system", trigger="request")
    add(visit, hotel.hotel_id, "collect", "succeeded", 60)
    visit.services.jobs.request(SYSTEM, "train", hotel.hotel_id)
    visit.sign_in("superadmin", None, language)
    app = visit.open(JOBS)
    [asked] = visit.services.jobs.pending(SYSTEM)
    zone = Translator(language, "Europe/Istanbul")
    assert zone("jobs.asked_at", who=t("board.system"), at=asked.requested_at) in text(app)
    [ended] = [one.value for one in app.dataframe]
    assert list(ended[t("jobs.asked_by")]) == [t("board.system"), t("jobs.by_schedule")]


def test_a_job_is_paused_with_a_reason_and_resumed_and_the_day_tells_what_was_missed(visit: Visit, text: Text) -> None:
    hotel, t = old_hotel(visit), Translator("en")
    visit.sign_in("superadmin", None, "en")
    app = visit.open(JOBS, view="timetable")
    assert list(app.dataframe[0].value.columns)[:2] == [t("jobs.job"), t("jobs.next")]  # a phone shows little more
    app.text_input("pause_reason").set_value("the scales are away")
    next(button for button in app.button if button.label == t("jobs.pause")).click().run()
    [pause] = visit.services.job_control.pauses(SYSTEM)
    assert (pause.job_name, pause.hotel_id, pause.reason) == ("sample_feed", hotel.hotel_id, "the scales are away")
    app = visit.open(JOBS, view="timetable")
    assert "the scales are away" in text(app)
    keyed(app, f"resume_{pause.id}").click().run()
    assert visit.services.job_control.pauses(SYSTEM) == []
    add(visit, hotel.hotel_id, "collect", "succeeded", 20)
    app = visit.open(JOBS, view="day")
    assert not app.exception
    noticed = app.dataframe[0].value
    missed = noticed[noticed[t("jobs.noticed")] == t("jobs.noticed_missed")]
    assert t("job.collect") in set(missed[t("jobs.job")])


def test_a_reader_sees_the_jobs_of_their_hotel_and_can_change_nothing(visit: Visit, text: Text) -> None:
    hotel = small_hotel(visit.services, with_alerts=False)
    t, run_id = Translator("en"), add(visit, hotel.hotel_id, "collect", "running", 1)
    own = add(visit, None, "audit_verification", "failed", 5, error_code="unexpected")
    failed = add(visit, hotel.hotel_id, "detect", "failed", 9, error_code="unexpected")
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app = visit.open(JOBS)
    keys = {button.key for button in app.button}
    assert f"job_run_{run_id}" in keys
    assert not {f"cancel_run_{run_id}", f"job_run_{own}"} & keys
    app = keyed(app, f"job_run_{failed}").click().run()
    assert t("jobs.error_unexpected") in text(app)
    assert f"retry_{failed}" not in {button.key for button in app.button}
    app = visit.open(JOBS, view="timetable")
    assert not app.exception
    assert [box.key for box in app.selectbox if box.key in ("run_job", "pause_name")] == []
