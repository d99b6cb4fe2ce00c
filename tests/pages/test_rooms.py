"""Explore → Rooms: the table of rooms, one room's days, and the way to its alerts (A2.1, C11)."""

import pytest
import streamlit as st

from core.i18n import Translator
from pages.shell.consumption_rooms import choose_room
from tests.conftest import NOW
from tests.integration.reports.explored import Explored, explored
from tests.pages.alerts import raise_alerts
from tests.pages.conftest import Text, Visit

ROOMS = "pages/exploration/rooms.py"
LANGUAGES = ["tr", "en"]


@pytest.fixture
def house(visit: Visit) -> Explored:
    house = explored(visit.services.database)
    for ago in (1, 2):
        house.look(0, ago, (2, 1))
    house.look(1, 2, (4, 5))
    return house


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_room_that_fits_says_what_to_do(visit: Visit, text: Text, house: Explored, language: str) -> None:
    visit.sign_in("admin", [house.id], language)
    app = visit.open(ROOMS, floor="2", type="STD")
    assert not app.exception
    assert Translator(language)("rooms.empty_title") in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_rooms_with_open_alerts_stand_first_with_their_figures(visit: Visit, house: Explored, language: str) -> None:
    raise_alerts(visit.services, house.id, NOW)
    visit.sign_in("admin", [house.id], language)
    app, t = visit.open(ROOMS, days="7"), Translator(language)
    assert not app.exception
    table = app.dataframe[0].value
    assert table[t("rooms.room")].tolist() == ["101", "102", "201"]
    assert table[t("rooms.open_alerts")].tolist() == [1, 0, 0]
    assert table[t("consumption.units")].tolist()[:2] == [6, 9]
    assert table[t("consumption.units")].isna().tolist() == [False, False, True]
    assert table[t("consumption.last_check")].isna().tolist() == [False, False, True]


def test_a_room_of_the_address_shows_its_days_and_leads_to_its_alerts(
    visit: Visit, text: Text, house: Explored
) -> None:
    raise_alerts(visit.services, house.id, NOW)
    visit.sign_in("admin", [house.id], "en")
    app, t = visit.open(ROOMS, ("room",), days="7", room="101"), Translator("en")
    assert not app.exception
    days = app.dataframe[1].value
    assert days["Room 101"].dropna().tolist() == [3, 3]
    assert days[t("rooms.peers", count=1, type="Standard")].dropna().tolist() == [9]
    [link] = [one for one in app.get("page_link") if "alerts" in str(one.proto)]
    assert t("rooms.alerts", count=1, room="101") in str(link.proto)
    assert "q=101" in str(link.proto)
    assert "hotel=H" in str(link.proto)
    other = visit.open(ROOMS, days="7", room="102")
    assert not [one for one in other.get("page_link") if "alerts" in str(one.proto)]
    assert t("rooms.no_alerts", room="102") in text(other)


def test_without_a_chosen_room_it_says_how_to_choose(visit: Visit, text: Text, house: Explored) -> None:
    visit.sign_in("admin", [house.id], "en")
    app = visit.open(ROOMS, room="999")
    assert not app.exception
    assert Translator("en")("rooms.choose_hint") in text(app)
    app.selectbox[-1].select("201").run()
    assert app.query_params["room"] == "201"


def test_a_click_on_a_row_becomes_the_room_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    class Table:
        class selection:  # noqa: N801  as Streamlit names it
            rows = (1,)

    address: dict[str, str] = {}
    monkeypatch.setattr(st, "session_state", {"rooms": Table})
    monkeypatch.setattr(st, "query_params", address)
    choose_room("rooms", ["101", "102"])
    assert address == {"room": "102"}


def test_an_attendant_does_not_see_it_and_a_manager_no_other_hotel(visit: Visit, text: Text, house: Explored) -> None:
    visit.sign_in("kat_sorumlusu", [house.id], "en")
    assert Translator("en")("shell.forbidden_text") in text(visit.open(ROOMS))
    mine = explored(visit.services.database)
    visit.sign_in("admin", [mine.id], "en")
    app = visit.open(ROOMS, days="7")
    assert app.dataframe[0].value["Units"].isna().all()
