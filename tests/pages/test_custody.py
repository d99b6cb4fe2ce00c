"""Explore → Custody: attendants by name, their balance, and shares only where there is enough to tell (A3, D3)."""

from datetime import timedelta

import pytest

from core.i18n import Translator
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel
from tests.pages.conftest import Text, Visit

CUSTODY = "pages/exploration/custody.py"
LANGUAGES = ["tr", "en"]


@pytest.fixture
def hotel(visit: Visit) -> BuiltHotel:
    """Attendant 0: 19 movements of one unit used and one written off, of 24 issued. Attendant 1: two of three used."""
    with visit.services.database.transaction() as connection:
        hotel = build_hotel(connection)
        at = NOW - timedelta(days=2)
        for staff, kind, quantity, times in (
            (1, "zimmet", 3, 1), (1, "kullanim", 1, 2), (0, "zimmet", 24, 1), (0, "kullanim", 1, 19), (0, "fire", 1, 1),
        ):  # fmt: skip
            for _ in range(times):
                hotel.custody(connection, staff, at, kind, quantity)
    return hotel


@pytest.mark.parametrize("language", LANGUAGES)
def test_attendants_stand_by_name_with_their_figures(
    visit: Visit, text: Text, hotel: BuiltHotel, language: str
) -> None:
    visit.sign_in("admin", [hotel.hotel_id], language)
    app, t = visit.open(CUSTODY, days="7"), Translator(language)
    assert not app.exception
    table = app.dataframe[0].value
    assert table[t("custody.attendant")].tolist() == ["Attendant 0", "Attendant 1"]
    assert table[t("custody.issued")].tolist() == [24, 3]
    assert table[t("custody.used")].tolist() == [19, 2]
    assert table[t("custody.written_off")].tolist() == [1, 0]
    assert table[t("custody.balance")].tolist() == [4, 1]
    assert table[t("custody.share")].iloc[0] == 0.05
    assert table[t("custody.share")].isna().tolist() == [False, True]
    assert table[t("custody.evidence")].tolist() == [t("custody.enough"), t("custody.too_few")]
    assert app.metric[2].value == t.percent(1 / 22, 1)
    assert t("custody.note", count=20) in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hotel_without_custody_says_what_to_do(visit: Visit, text: Text, language: str) -> None:
    with visit.services.database.transaction() as connection:
        empty = build_hotel(connection)
    visit.sign_in("admin", [empty.hotel_id], language)
    app = visit.open(CUSTODY)
    assert not app.exception
    assert Translator(language)("custody.empty_title") in text(app)
    assert not app.dataframe


def test_an_attendant_does_not_see_it_and_a_manager_no_other_hotel(visit: Visit, text: Text, hotel: BuiltHotel) -> None:
    visit.sign_in("kat_sorumlusu", [hotel.hotel_id], "en")
    assert Translator("en")("shell.forbidden_text") in text(visit.open(CUSTODY))
    with visit.services.database.transaction() as connection:
        mine = build_hotel(connection)
    visit.sign_in("admin", [mine.hotel_id], "en")
    assert Translator("en")("custody.empty_title") in text(visit.open(CUSTODY))
