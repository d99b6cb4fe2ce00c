"""What a verdict does stands on the alert; who comes second is told so where they clicked (A5.7, A6.2, A6.3)."""

from datetime import timedelta

import pytest

from core.clock import FixedClock
from core.i18n import Translator
from core.scope import SYSTEM
from pipeline.detection.suppression import SILENT_FOR
from tests.conftest import NOW
from tests.pages.conftest import ALERT, Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel

LANGUAGES = ["tr", "en"]


@pytest.fixture
def hotel(visit: Visit) -> SmallHotel:
    return small_hotel(visit.services)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_is_asked_once_then_told_with_its_effect_and_taken_back(
    visit: Visit, text: Text, hotel: SmallHotel, language: str, clock: FixedClock
) -> None:
    t, alert = Translator(language, "Europe/Istanbul"), hotel.alert_ids[1]
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(ALERT, alert=str(alert))
    assert t("board.verdict_question") in text(app)
    app.button(key=f"verdict_yanlis_pozitif_{alert}").click().run()
    assert not app.exception
    said = text(app)
    assert t("board.verdict_question") not in said
    place = t("tuning.at_room", name="101")
    what = t("effect.situation", what=t("alert_type.tuketim_anomali"), place=place)
    assert t("effect.silent", what=what, until=NOW + SILENT_FOR["yanlis_pozitif"]) in said
    assert t("effect.size_above", expected=1.1, sure=13.0, always=21.0) in said
    app.button(key=f"withdraw_{alert}").click().run()
    assert not app.exception
    said = text(app)
    assert t("effect.withdrawn", at=NOW) in said
    assert t("board.verdict_question") in said
    assert visit.services.alerts.detail(SYSTEM, alert).alert.verdict is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", ["dogru", "yanlis_pozitif", "beklenen", "test"])
def test_every_verdict_says_what_it_does_in_words(
    visit: Visit, text: Text, hotel: SmallHotel, language: str, verdict: str
) -> None:
    visit.sign_in("admin", [hotel.hotel_id], language)
    for alert in hotel.alert_ids:
        visit.services.alerts.triage.judge(visit.scope(), [alert], verdict)
        app = visit.open(ALERT, alert=str(alert))
        assert not app.exception
        assert [line for line in text(app).splitlines() if "effect." in line or "tuning." in line] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("first", ["acknowledge", "verdict_dogru"])
def test_who_comes_second_reads_who_was_faster_and_what_stands_now(
    visit: Visit, text: Text, hotel: SmallHotel, language: str, first: str, clock: FixedClock
) -> None:
    t, alert = Translator(language, "Europe/Istanbul"), hotel.alert_ids[1]
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(ALERT, alert=str(alert))
    clock.advance(timedelta(minutes=1))
    triage = visit.services.alerts.triage
    if first == "acknowledge":
        triage.acknowledge(SYSTEM, [alert], "bende")
        what = t("alert_event.acknowledged", note="bende")
    else:
        triage.judge(SYSTEM, [alert], "dogru", "kayıp")
        what = t("alert_event.verdict", verdict=t("verdict.dogru"), note="kayıp")
    app.text_input(key=f"note_{alert}").set_value("benim notum")
    key = first if first == "acknowledge" else "verdict_test"
    app.button(key=f"{key}_{alert}").click().run()
    assert not app.exception
    [told] = [element.value for element in app.error]
    assert told == t("error.alert_changed", at=clock.now(), what=what, who=t("board.system"))
    stored = visit.services.alerts.detail(SYSTEM, alert).alert
    assert stored.verdict_note == (None if first == "acknowledge" else "kayıp")
    assert app.text_input(key=f"note_{alert}").value == "benim notum"  # what was typed is still there


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_on_an_alert_that_closed_meanwhile_is_stored_and_says_so(
    visit: Visit, hotel: SmallHotel, language: str
) -> None:
    t, alert = Translator(language), hotel.alert_ids[1]
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(ALERT, alert=str(alert))
    visit.services.alerts.triage.close(SYSTEM, [alert], "bitti")
    app.button(key=f"verdict_dogru_{alert}").click().run()
    assert not app.exception
    assert t("effect.closed_meanwhile") in [element.value for element in app.toast]
    assert visit.services.alerts.detail(SYSTEM, alert).alert.verdict == "dogru"
