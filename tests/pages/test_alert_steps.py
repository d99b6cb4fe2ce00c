"""From one alert to the next on the board and on the alert's own page, with the filters of the address (A5.6, C11)."""

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from tests.pages.conftest import ALERT, BOARD, Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel


@pytest.fixture
def hotel(visit: Visit) -> SmallHotel:
    return small_hotel(visit.services)


def can(app: AppTest) -> tuple[bool, bool]:
    """Whether one can go back and forth."""
    return not app.button(key="previous_alert").disabled, not app.button(key="next_alert").disabled


@pytest.mark.parametrize("page", [BOARD, ALERT])
@pytest.mark.parametrize("language", ["tr", "en"])
def test_steps_go_through_what_the_filters_find_and_end_there(
    visit: Visit, hotel: SmallHotel, text: Text, page: str, language: str
) -> None:
    visit.sign_in("admin", [hotel.hotel_id], language)
    t, wanted = Translator(language), [hotel.alert_ids[place] for place in (0, 2, 3)]
    app = visit.open(page, alert=str(wanted[0]), severity=["kritik", "orta", "dusuk"])
    for number, (alert_id, ways) in enumerate(zip(wanted, [(False, True), (True, True), (True, False)], strict=True)):
        assert not app.exception
        assert (app.query_params["alert"], can(app)) == (str(alert_id), ways)
        assert t("board.place", number=number + 1, total=3) in text(app)
        if ways[1]:
            app.button(key="next_alert").click().run()
    app.button(key="previous_alert").click().run()
    assert app.query_params["alert"] == str(wanted[1])
    assert app.query_params["severity"] == ["kritik", "orta", "dusuk"]


def test_the_first_step_from_the_list_opens_its_first_alert(visit: Visit, hotel: SmallHotel) -> None:
    visit.sign_in("admin", [hotel.hotel_id])
    app = visit.open(BOARD)
    assert can(app) == (False, True)
    app.button(key="next_alert").click().run()
    assert app.query_params["alert"] == str(hotel.alert_ids[0])


def test_the_keys_are_told_in_the_help_of_the_buttons(visit: Visit, hotel: SmallHotel) -> None:
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app = visit.open(BOARD)
    assert "key K" in app.button(key="previous_alert").help
    assert "key J" in app.button(key="next_alert").help


def test_where_nothing_is_found_there_is_nowhere_to_step(visit: Visit, hotel: SmallHotel) -> None:
    visit.sign_in("admin", [hotel.hotel_id])
    app = visit.open(BOARD, state="closed")
    assert "next_alert" not in [button.key for button in app.button]
