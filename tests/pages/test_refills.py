"""Explore → Refill times: figures, trend, attendants by name and who has too few to compare (A3.3 to A3.5)."""

from statistics import mean, median

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from tests.integration.reports.refilled import Refilled, refilled
from tests.pages.conftest import Text, Visit

REFILLS = "pages/exploration/refills.py"
LANGUAGES = ["tr", "en"]
TABLES = ("refills_trend", "refills_floors", "refills_rooms")
TIMES = [float(3 + number % 4) for number in range(20)]


@pytest.fixture
def house(visit: Visit) -> Refilled:
    """Zeynep and Çağla with 20 refills each of one load, İpek with one; half of them on each floor."""
    house = refilled(visit.services.database)
    for number, minutes in enumerate(TIMES):
        house.refill(1, 1 + number % 5, minutes, units=3, room=number % 8, floor=number % 2, expected=minutes / 2)
        house.refill(0, 1 + number % 5, 6, units=2, room=number % 8, floor=number % 2, expected=3)
    house.refill(2, 1, 30, units=1, expected=15)
    return house


def table(app: AppTest, title: str) -> dict[str, list[object]]:
    """The table with a column of that title."""
    [found] = [frame.value for frame in app.dataframe if title in frame.value.columns]
    return {str(name): found[name].tolist() for name in found.columns}


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_timed_refills_it_says_what_to_do(visit: Visit, text: Text, house: Refilled, language: str) -> None:
    empty = refilled(visit.services.database)
    visit.sign_in("admin", [empty.id], language)
    app, t = visit.open(REFILLS), Translator(language)
    assert not app.exception
    assert t("refills.empty_title") in text(app)
    assert not app.metric


def test_a_year_says_nothing_of_a_year_before_that_was_not_looked_at(visit: Visit, house: Refilled) -> None:
    visit.sign_in("admin", [house.id], "en")
    told = Translator("en")("consumption.no_before")
    for days, compared in (("90", told), ("365", "")):
        assert {metric.delta for metric in visit.open(REFILLS, days=days).metric} == {compared}


@pytest.mark.parametrize("language", LANGUAGES)
def test_key_figures_and_attendants_are_those_of_the_refills(visit: Visit, house: Refilled, language: str) -> None:
    visit.sign_in("admin", [house.id], language)
    app, t = visit.open(REFILLS, days="7"), Translator(language)
    assert not app.exception
    everything = [*TIMES, *[6.0] * 20, 30.0]
    assert [metric.value for metric in app.metric] == [
        t("shell.minutes", value=t.number(mean(everything), 1)),
        t("shell.minutes", value=t.number(median(everything), 1)),
        "41", t("shell.units", count=3 * 20 + 2 * 20 + 1),
    ]  # fmt: skip
    people = table(app, t("refills.beside_others"))
    assert people[t("refills.attendant")] == ["Çağla", "İpek", "Zeynep"]
    assert people[t("refills.refills")] == [20, 1, 20]
    assert people[t("refills.median_of")][::2] == [6, median(TIMES)]
    assert people[t("refills.median_of")][1] != people[t("refills.median_of")][1]  # not known
    assert people[t("refills.units_a_refill")] == [2, 1, 3]
    assert people[t("refills.same_load_of")][0] == median([*TIMES, 30])
    assert [note == t("refills.too_few") for note in people[t("refills.note")]] == [False, True, False]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_trend_tells_what_was_expected(visit: Visit, text: Text, house: Refilled, language: str) -> None:
    visit.sign_in("admin", [house.id], language)
    app, t = visit.open(REFILLS, ("refills_trend",), days="7", step="month"), Translator(language)
    assert t("refills.trend_longer", share=t.percent(1)) in text(app)
    months = table(app, t("refills.expected_of"))
    assert months[t("refills.refills")] == [32, 9]
    assert months[t("refills.expected_of")] == [round(value / 2, 2) for value in _means()]


def _means() -> list[float]:
    """Of February and of its next day, the day before today."""
    march = [*TIMES[0::5], *[6.0] * 4, 30.0]
    february = [minutes for number, minutes in enumerate(TIMES) if number % 5] + [6.0] * 16
    return [mean(february), mean(march)]


def test_filters_of_the_address_choose_floor_and_attendant(visit: Visit, text: Text, house: Refilled) -> None:
    visit.sign_in("admin", [house.id], "en")
    app, t = visit.open(REFILLS, days="7", floor="2", attendant="S1"), Translator("en")
    assert not app.exception
    assert [metric.value for metric in app.metric][2:] == ["10", "30 units"]
    assert table(app, t("refills.beside_others"))[t("refills.refills")] == [10, 10]
    assert t("refills.all_few") in text(app)
    app.selectbox[-1].select("S0").run()
    assert app.query_params["attendant"] in ("S0", ["S0"])
    assert [metric.value for metric in app.metric][2:] == ["10", "20 units"]


def test_every_table_can_be_taken_away(visit: Visit, house: Refilled) -> None:
    visit.sign_in("admin", [house.id], "en")
    app = visit.open(REFILLS, TABLES, days="7")
    labels = [button.proto.label for button in app.get("download_button")]
    assert len(labels) == 2 * len(app.dataframe) == 8


def test_an_attendant_does_not_see_it_and_a_manager_no_other_hotel(visit: Visit, text: Text, house: Refilled) -> None:
    visit.sign_in("kat_sorumlusu", [house.id], "en")
    assert Translator("en")("shell.forbidden_text") in text(visit.open(REFILLS))
    mine = refilled(visit.services.database)
    mine.refill(0, 1, 4)
    visit.sign_in("admin", [mine.id], "en")
    app = visit.open(REFILLS, days="7")
    assert [metric.value for metric in app.metric][2] == "1"
