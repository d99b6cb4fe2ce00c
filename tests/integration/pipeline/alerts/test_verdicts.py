"""What people do with alerts: four different things, each once, audited, in the timeline (A5.7, A5.8, A6.2, A6.3)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.i18n import LANGUAGES, Translator
from core.scope import SYSTEM, Scope
from pipeline.alerts.service import AlertFilters, AlertRow
from pipeline.detection.suppression import SILENT_FOR
from tests.cast import Cast
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import Scene

DAY = timedelta(days=1)
SIGNATURE = "test=room;occupancy=occupied"
SUPPRESS_FOR = SILENT_FOR["yanlis_pozitif"]


def raised(scene: Scene, states: tuple[str, ...] = ("all",)) -> list[AlertRow]:
    return scene.alerts.board(SYSTEM, AlertFilters(states=states)).rows


def audited(scene: Scene) -> list[tuple[str, str, str]]:
    with scene.database.reading() as connection:
        query = "SELECT actor, action, entity FROM audit_log WHERE action LIKE 'alert%' ORDER BY id"
        return [tuple(row) for row in connection.execute(text(query))]


def judged_false(scene: Scene, scope: Scope) -> AlertRow:
    scene.fire(0, NOW)
    (alert,) = raised(scene)
    scene.alerts.triage.judge(scope, [alert.id], "yanlis_pozitif", "parti vardı")
    return alert


def test_read_acknowledged_verdict_and_closed_are_four_things(scene: Scene, cast: Cast, clock: FixedClock) -> None:
    scene.fire(0, NOW)
    (alert,) = raised(scene)
    scene.alerts.mark_read(cast.ayse, alert.id)
    scene.alerts.triage.acknowledge(cast.ayse, [alert.id], "bakıyorum")
    clock.advance(timedelta(minutes=5))
    scene.alerts.mark_read(cast.deniz, alert.id)
    scene.alerts.triage.acknowledge(cast.deniz, [alert.id])
    scene.alerts.triage.judge(cast.ayse, [alert.id], "dogru", "iki şişe kayıp")
    scene.alerts.triage.close(cast.deniz, [alert.id], "çözüldü")
    detail = scene.alerts.detail(cast.ayse, alert.id)
    assert (detail.alert.read_at, detail.alert.acknowledged_at, detail.alert.acknowledged_by) == (NOW, NOW, "ayse")
    assert (detail.alert.verdict, detail.alert.verdict_by, detail.alert.verdict_note) == (
        "dogru",
        "ayse",
        "iki şişe kayıp",
    )
    assert (detail.alert.closed_at, detail.alert.closed_reason) == (clock.now(), "çözüldü")
    line = [(event.kind, event.actor) for event in reversed(detail.events)]
    assert line == [
        ("opened", "system"), ("read", "ayse"), ("acknowledged", "ayse"), ("verdict", "ayse"), ("closed", "deniz"),
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_of_the_timeline_has_its_words(scene: Scene, cast: Cast, language: str) -> None:
    alert = judged_false(scene, cast.ayse)
    scene.fire(0, NOW + DAY)
    t = Translator(language)
    for event in scene.alerts.detail(cast.ayse, alert.id).events:
        words = {name: t(part["id"]) if isinstance(part, dict) else part for name, part in event.details.items()}
        said = t(f"alert_event.{event.kind}", **words)
        assert not said.startswith("alert_event.")
        assert not any(str(word).startswith(("severity.", "closed_reason.", "verdict.")) for word in words.values())


def test_every_command_is_in_the_audit_log_with_who_and_what(scene: Scene, cast: Cast) -> None:
    """A9.4: every view of an alert, once in a while for the same person, and every verdict."""
    alert = judged_false(scene, cast.ayse)
    scene.alerts.mark_read(cast.deniz, alert.id)
    scene.alerts.mark_read(cast.deniz, alert.id)
    entity = f"alert {alert.id}"
    assert audited(scene) == [
        ("ayse", "alert_judged", entity), ("deniz", "alert_viewed", entity),
    ]  # fmt: skip


def test_a_false_alarm_is_closed_and_the_same_situation_stays_silent(scene: Scene, cast: Cast) -> None:
    """A6.3, with the count of what was kept silent in the timeline of the judged alert."""
    alert = judged_false(scene, cast.ayse)
    for day in (1, 2, 3):
        assert scene.fire(0, NOW + day * DAY) == 0
    (only,) = raised(scene)
    assert (only.id, only.closed_reason, only.verdict) == (alert.id, "yanlis_pozitif", "yanlis_pozitif")
    silent = [event for event in scene.alerts.detail(SYSTEM, alert.id).events if event.kind == "suppressed"]
    assert [event.details for event in silent] == [{"count": 3}]


def test_another_situation_another_room_another_type_and_a_later_month_are_raised(scene: Scene, cast: Cast) -> None:
    """The negative control of suppression."""
    judged_false(scene, cast.ayse)
    assert scene.fire(0, NOW + DAY, signature="test=room;occupancy=vacant") == 1
    assert scene.fire(1, NOW + DAY) == 1
    assert scene.apply(NOW + DAY, scene.anomaly(0, NOW + DAY, alert_type="tuketim_artis")) == 1
    assert len(raised(scene, ("open",))) == 3
    scene.fire(0, NOW + SUPPRESS_FOR)
    assert raised(scene, ("open",)) == []  # silent still; the three others had ended
    scene.fire(0, NOW + SUPPRESS_FOR + timedelta(minutes=1))
    assert len(raised(scene, ("open",))) == 1


@pytest.mark.parametrize("verdict", ["dogru", "test"])
def test_a_verdict_that_dismisses_nothing_silences_nothing(scene: Scene, cast: Cast, verdict: str) -> None:
    scene.fire(0, NOW)
    (alert,) = raised(scene)
    scene.alerts.triage.judge(cast.ayse, [alert.id], verdict)
    assert scene.fire(0, NOW + DAY) == 1
    assert raised(scene, ("open",))[0].verdict == verdict


def test_a_verdict_that_is_taken_back_lets_the_situation_be_raised_again(scene: Scene, cast: Cast) -> None:
    alert = judged_false(scene, cast.ayse)
    scene.alerts.triage.judge(cast.ayse, [alert.id], "dogru")
    assert scene.fire(0, NOW + timedelta(hours=3)) == 1


def test_a_withdrawn_verdict_lifts_the_suppression_and_is_in_the_timeline(scene: Scene, cast: Cast) -> None:
    alert = judged_false(scene, cast.ayse)
    assert [row.alert_id for row in scene.alerts.suppressions(cast.ayse)] == [alert.id]
    scene.alerts.triage.withdraw_verdict(cast.ayse, [alert.id])
    assert scene.alerts.suppressions(cast.ayse) == []
    assert scene.fire(0, NOW + timedelta(hours=3)) == 1
    detail = scene.alerts.detail(cast.ayse, alert.id)
    assert detail.alert.verdict is None
    assert "verdict_withdrawn" in {event.kind for event in detail.events}
    with pytest.raises(AppError, match="not_found"):
        scene.alerts.triage.withdraw_verdict(cast.cem, [alert.id])


def test_active_suppressions_say_until_when_and_how_many_they_hid(scene: Scene, cast: Cast, clock: FixedClock) -> None:
    alert = judged_false(scene, cast.ayse)
    for day in (1, 2):
        scene.fire(0, NOW + day * DAY)
    (row,) = scene.alerts.suppressions(cast.ayse, [scene.hotel.hotel_id])
    assert (row.alert_id, row.room, row.verdict, row.verdict_by, row.verdict_note, row.hidden) == (
        alert.id, "101", "yanlis_pozitif", "ayse", "parti vardı", 2,
    )  # fmt: skip
    assert row.until_at == NOW + SUPPRESS_FOR
    assert scene.alerts.suppressions(cast.cem) == []
    clock.advance(SUPPRESS_FOR + DAY)
    assert scene.alerts.suppressions(cast.ayse) == []


def test_a_tenfold_entry_is_raised_in_spite_of_the_verdict_on_an_ordinary_number(scene: Scene, cast: Cast) -> None:
    """A6.3: the size bound; the suppression of the ordinary numbers goes on."""
    judged_false(scene, cast.ayse)
    tenfold = replace(scene.anomaly(0, NOW + DAY, value=90.0), deviation_ratio=55.0)
    assert scene.apply(NOW + DAY, tenfold) == 1
    assert [row.metric_value for row in raised(scene, ("open",))] == [90.0]
    assert scene.fire(1, NOW + DAY) == 1
    assert scene.fire(0, NOW + 2 * DAY) == 0


def test_what_was_expected_is_closed_and_silent_for_two_weeks(scene: Scene, cast: Cast) -> None:
    scene.fire(0, NOW)
    (alert,) = raised(scene)
    scene.alerts.triage.judge(cast.ayse, [alert.id], "beklenen", "düğün")
    assert raised(scene)[0].closed_reason == "beklenen"
    span = SILENT_FOR["beklenen"]
    assert scene.fire(0, NOW + span) == 0
    assert scene.fire(0, NOW + span + timedelta(minutes=1)) == 1


def test_an_unknown_verdict_is_refused(scene: Scene, cast: Cast) -> None:
    scene.fire(0, NOW)
    (alert,) = raised(scene)
    with pytest.raises(AppError, match="unknown_verdict"):
        scene.alerts.triage.judge(cast.ayse, [alert.id], "belki")


def test_an_alert_of_another_hotel_does_not_exist_for_cem(scene: Scene, cast: Cast) -> None:
    """A9.1: reads and commands answer 404, not 403, so that ids tell nothing."""
    scene.fire(0, NOW)
    (alert,) = raised(scene)
    attempts = [
        lambda scope, id_: scene.alerts.detail(scope, id_),
        lambda scope, id_: scene.alerts.series(scope, id_),
        lambda scope, id_: scene.alerts.mark_read(scope, id_),
        lambda scope, id_: scene.alerts.triage.acknowledge(scope, [id_]),
        lambda scope, id_: scene.alerts.triage.judge(scope, [id_], "dogru"),
        lambda scope, id_: scene.alerts.triage.close(scope, [id_], "x"),
    ]
    for attempt in attempts:
        with pytest.raises(AppError) as foreign:
            attempt(cast.cem, alert.id)
        with pytest.raises(AppError) as missing:
            attempt(cast.deniz, alert.id + 1000)
        assert (foreign.value.code, foreign.value.http_status) == ("not_found", 404)
        assert missing.value.code == "not_found"
    assert scene.alerts.board(cast.cem, AlertFilters(hotel_ids=(scene.hotel.hotel_id,), states=("all",))).total == 0
    assert scene.alerts.counts(cast.cem, [scene.hotel.hotel_id]) == {}
    assert scene.alerts.alert_types(cast.cem) == []
    assert raised(scene)[0].read_at is None
    for attempt in attempts:
        attempt(cast.ayse, alert.id)  # the control: all of it works for the hotel's own manager


def test_an_attendant_and_a_reader_are_refused_what_their_role_does_not_have(scene: Scene, cast: Cast) -> None:
    scene.fire(0, NOW)
    (alert,) = raised(scene)
    reader = Scope("okuyan", frozenset({"alerts.read"}), None)
    scene.alerts.mark_read(reader, alert.id)
    for refused in (
        lambda: scene.alerts.board(cast.bora, AlertFilters()),
        lambda: scene.alerts.detail(cast.bora, alert.id),
        lambda: scene.alerts.triage.acknowledge(reader, [alert.id]),
        lambda: scene.alerts.triage.judge(reader, [alert.id], "dogru"),
        lambda: scene.alerts.triage.close(reader, [alert.id], "x"),
    ):
        with pytest.raises(AppError, match="forbidden"):
            refused()
