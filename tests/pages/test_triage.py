"""Bulk actions with undo, ownership, snooze, comments and silences on screen, in both languages (A5.7, A5.8)."""

from datetime import timedelta

import pytest

from core.i18n import Translator
from core.scope import SYSTEM
from pages.shell.text import plain
from pipeline.alerts.service import AlertFilters, AlertRow
from tests.pages.conftest import ALERT, BOARD, Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel

SILENCES = "pages/alerts/silences.py"
LANGUAGES = ["tr", "en"]


@pytest.fixture
def hotel(visit: Visit) -> SmallHotel:
    return small_hotel(visit.services)


def rows(visit: Visit, *states: str) -> list[AlertRow]:
    return visit.services.alerts.board(SYSTEM, AlertFilters(states=states or ("open",))).rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_were_found_are_acknowledged_at_once_and_it_is_undone(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    t, count = Translator(language), len(rows(visit))
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(BOARD, view="table")
    assert t("triage.pick") in text(app)
    app.checkbox(key="bulk_all").check().run()
    assert t("triage.selected", count=count) in text(app)
    app.button(key="bulk_acknowledge").click().run()
    assert not app.exception
    assert len(rows(visit, "acknowledged")) == count
    assert t("triage.done", count=count) in text(app)
    app.button(key="undo").click().run()
    assert rows(visit, "acknowledged") == []


def test_taken_alerts_are_mine_and_false_ones_are_closed(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app = visit.open(BOARD, view="table", severity=rows(visit)[0].severity)
    mine = [row.id for row in rows(visit) if row.severity == rows(visit)[0].severity]
    visit.services.alerts.triage.assign(visit.scope(), mine, visit.scope().actor)
    app = visit.open(BOARD, view="table", state="mine")
    assert Translator("en")("board.found", count=len(mine)) in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alert_is_taken_commented_and_set_aside_on_its_page(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    t, alert = Translator(language), hotel.alert_ids[0]
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(ALERT, alert=str(alert))
    app.button(key=f"take_{alert}").click().run()
    assert t("triage.assigned_to", who=visit.scope().actor) in text(app)
    app.text_area[0].input("Mini dolap sayıldı")
    next(button for button in app.button if button.label == t("triage.comment_add")).click().run()
    app.button(key=f"snooze_{alert}").click().run()
    assert not app.exception
    assert alert not in [row.id for row in rows(visit)]
    detail = visit.services.alerts.detail(SYSTEM, alert)
    assert {event.kind for event in detail.events} >= {"assigned", "comment", "snoozed"}
    assert "Mini dolap sayıldı" in text(visit.open(ALERT, alert=str(alert)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_alerts_like_one_are_silenced_with_a_reason_and_the_silence_is_lifted(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    t, alert = Translator(language), hotel.alert_ids[0]
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(SILENCES)
    assert t("silence.empty_title") in text(app)
    app = visit.open(ALERT, alert=str(alert))
    app.button(key=f"silence_{alert}").click().run()
    app.button(key="silence_yes").click().run()
    assert t("error.silence_reason") in text(app)
    app.text_input(key="silence_why").input("kat yenileniyor").run()
    app.button(key="silence_yes").click().run()
    assert not app.exception
    assert alert not in [row.id for row in rows(visit)]
    app = visit.open(SILENCES)
    said = text(app)
    assert "kat yenileniyor" in said
    [silence] = visit.services.alerts.silences.listed(SYSTEM)
    assert t("silence.hidden", count=silence.hidden) in said
    app.button(key=f"lift_silence_{silence.id}").click().run()
    assert alert in [row.id for row in rows(visit)]


def test_who_may_only_look_gets_no_actions(visit: Visit, hotel: SmallHotel) -> None:
    visit.sign_in("kat_sorumlusu", [hotel.hotel_id], "en")
    app = visit.open(BOARD, view="table")
    assert not [button for button in app.button if (button.key or "").startswith("bulk_")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_groups_are_acted_on_and_shown_as_one(visit: Visit, text: Text, hotel: SmallHotel, language: str) -> None:
    t = Translator(language)
    visit.sign_in("admin", [hotel.hotel_id], language)
    first = visit.services.alerts.groups(visit.scope(), AlertFilters())[0]
    app = visit.open(BOARD, view="groups")
    assert t(f"alert_type.{first.alert_type}") in text(app)
    assert t("group.alerts", count=first.alerts) in text(app)
    app.button(key="group_acknowledge_0").click().run()
    assert not app.exception
    assert {row.id for row in rows(visit, "acknowledged")} == set(first.alert_ids)
    app.button(key="group_0").click().run()
    assert not app.exception
    assert app.query_params["type"] == first.alert_type


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_false_alarm_is_taken_back_and_the_critical_alert_is_open_again(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    """A6.2, A6.3: open and looked after, as before the wrong tap."""
    t, alert = Translator(language), hotel.alert_ids[0]
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(ALERT, alert=str(alert))
    for key in ("acknowledge", "verdict_yanlis_pozitif"):
        app.button(key=f"{key}_{alert}").click().run()
    assert alert not in [row.id for row in rows(visit)]
    assert t("triage.reopen") not in text(app)  # the way back is to take the verdict back
    app.button(key=f"withdraw_{alert}").click().run()
    assert not app.exception
    assert alert in [row.id for row in rows(visit, "acknowledged")]
    said = text(app)
    assert t("alert_event.restored") in said
    assert t("board.acknowledged") in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_person_closed_is_reopened_on_its_page(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    t, alert = Translator(language), hotel.alert_ids[0]
    visit.sign_in("admin", [hotel.hotel_id], language)
    visit.services.alerts.triage.close(visit.scope(), [alert], "bitti")
    app = visit.open(ALERT, alert=str(alert))
    button = app.button(key=f"reopen_{alert}")
    assert button.label == t("triage.reopen")
    button.click().run()
    assert not app.exception
    assert alert in [row.id for row in rows(visit)]
    assert t("alert_event.reopened_by_hand") in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_until_when_an_alert_is_snoozed_stands_among_its_states(visit: Visit, hotel: SmallHotel, language: str) -> None:
    """A5.7: in the header of its page and in its row, not only in a closed drawer."""
    t, alert = Translator(language, "Europe/Istanbul"), hotel.alert_ids[0]
    visit.sign_in("admin", [hotel.hotel_id], language)
    until = visit.services.clock.now() + timedelta(hours=4)
    visit.services.alerts.triage.snooze(visit.scope(), [alert], until)
    badge = f"gray-badge[:material/snooze: {plain(t('triage.snoozed_until', at=t.instant(until)))}]"
    for app in (visit.open(ALERT, alert=str(alert)), visit.open(BOARD, state="snoozed")):
        assert not app.exception
        assert any(badge in element.value for element in app.markdown)
