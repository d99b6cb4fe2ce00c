"""The Overview says what needs me now, what will run out and how fresh the data is, in both languages (issue 2.9)."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.clock import FixedClock
from core.i18n import Translator
from core.scope import SYSTEM
from tests.pages.conftest import BOARD, OVERVIEW, Text, Visit
from tests.pages.hotel import small_hotel

TITLES = {"tr": "Genel bakış", "en": "Overview"}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_an_empty_installation_says_what_to_do(visit: Visit, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    app = visit.open(OVERVIEW)
    assert not app.exception
    assert "manage.py import" in text(app)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_hotel_without_alerts_and_shortages_is_told_that_it_is_calm(visit: Visit, text: Text, language: str) -> None:
    small_hotel(visit.services, with_alerts=False)
    visit.sign_in("superadmin", None, language)
    app = visit.open(OVERVIEW)
    assert not app.exception
    assert Translator(language)("overview.calm_title") in text(app)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_key_figures_are_those_of_the_service(visit: Visit, language: str) -> None:
    hotel = small_hotel(visit.services)
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(OVERVIEW)
    assert not app.exception
    assert TITLES[language] in [title.value for title in app.title]
    t = Translator(language)
    figures = visit.services.overview.figures(SYSTEM, [hotel.hotel_id], visit.services.clock.now())
    assert figures.occupancy_ratio == 0.5
    assert (figures.consumed_units, figures.revenue) == (2, 8)
    assert [metric.value for metric in app.metric] == [
        t.percent(0.5), t("shell.units", count=2), t.money(8, "EUR"), t("shell.minutes", value=t.number(6, 1)),
    ]  # fmt: skip


def test_open_alerts_stand_by_severity_with_the_worst_first(visit: Visit, text: Text) -> None:
    hotel = small_hotel(visit.services)
    visit.sign_in("admin", [hotel.hotel_id], "en")
    said = text(visit.open(OVERVIEW))
    places = [said.index(f" {word}]") for word in ("Critical", "High", "Medium", "Low")]
    assert places == sorted(places)
    assert "Room 101" in said


def test_products_that_run_low_are_listed_with_days_and_probability(visit: Visit) -> None:
    hotel = small_hotel(visit.services)
    visit.sign_in("admin", [hotel.hotel_id], "en")
    low = visit.services.overview.running_low(SYSTEM, [hotel.hotel_id], visit.services.clock.now())
    assert low
    frame = visit.open(OVERVIEW).table[0].value
    assert next(iter(frame["Product"])).replace("\\", "") == low[0].name
    assert next(iter(frame["Out in 7 days"])) == Translator("en").percent(low[0].probability)


def test_a_manager_sees_no_other_hotel(visit: Visit, text: Text) -> None:
    mine, other = small_hotel(visit.services), small_hotel(visit.services)
    visit.sign_in("admin", [mine.hotel_id], "en")
    app = visit.open(OVERVIEW, hotel=other.code)
    assert not app.selectbox
    assert "of 2 rooms" in " ".join(metric.delta for metric in app.metric)
    assert other.name not in text(app)


def test_an_administrator_sees_whose_each_row_is_and_chooses_a_hotel_by_address(visit: Visit, text: Text) -> None:
    first, second = small_hotel(visit.services), small_hotel(visit.services, with_alerts=False)
    visit.sign_in("superadmin", None, "en")
    both = visit.open(OVERVIEW)
    assert "of 4 rooms" in both.metric[0].delta
    assert {first.name, second.name} == set(both.table[0].value["Hotel"])
    assert f"{first.name} ·" in text(both)
    app = visit.open(OVERVIEW, hotel=second.code)
    assert app.selectbox[0].value == second.code
    assert "of 2 rooms" in app.metric[0].delta
    assert first.code != second.code


def test_data_that_stopped_are_called_stale(visit: Visit, clock: FixedClock, text: Text) -> None:
    hotel = small_hotel(visit.services)
    as_of = visit.services.overview.figures(SYSTEM, [hotel.hotel_id], clock.now()).as_of
    assert as_of is not None
    clock.at = as_of + timedelta(minutes=3)
    visit.sign_in("admin", [hotel.hotel_id], "en")
    assert not visit.open(OVERVIEW).warning
    clock.advance(timedelta(hours=26))
    visit.sign_in("sistem_yoneticisi", [hotel.hotel_id], "en")  # the session of the day before has ended
    app = visit.open(OVERVIEW)
    assert "Collection may have stopped" in app.warning[0].value
    assert "quality" in links(app)[Translator("en")("shell.why_stale")]
    assert "ago" in text(app)


def links(app: AppTest) -> dict[str, str]:
    """Label by label, where the links of a page lead."""
    return {element.proto.label.replace("\\", ""): element.proto.page + "?" + element.proto.query_string
            for element in app.get("page_link")}  # fmt: skip


@pytest.mark.parametrize("language", ["tr", "en"])
def test_what_changed_since_yesterday_leads_to_exactly_that(visit: Visit, text: Text, language: str) -> None:
    """A5.4: new, closed by themselves, newly running low; the summary beside the period before."""
    hotel, t = small_hotel(visit.services), Translator(language)
    visit.sign_in("admin", [hotel.hotel_id], language)
    visit.services.alerts.triage.close(visit.scope(), [hotel.alert_ids[3]], "bitti")
    app = visit.open(OVERVIEW)
    assert not app.exception
    found = links(app)
    assert "state=new" in found[t("overview.came", count=4, critical=1)]
    assert "state=ended" in found[t("overview.ended", count=1, itself=0)]
    assert "period=24h" in found[t("overview.sum_new", number="4", before="0")]
    assert t("overview.sum_open", number="3") in found
    severities = [address for address in found.values() if "severity=" in address]
    assert len(severities) == 3
    assert all(f"hotel={hotel.code}" in address for label, address in found.items() if "state=" in address)


def test_a_day_without_any_change_says_so(visit: Visit, text: Text) -> None:
    hotel = small_hotel(visit.services, with_alerts=False)
    visit.sign_in("admin", [hotel.hotel_id], "en")
    assert Translator("en")("overview.nothing_changed") in text(visit.open(OVERVIEW))


@pytest.mark.parametrize(("address", "count"), [({"state": "new"}, 4), ({"state": "ended"}, 1)])
def test_the_board_finds_what_came_and_what_closed(
    visit: Visit, text: Text, address: dict[str, str], count: int
) -> None:
    hotel = small_hotel(visit.services)
    visit.sign_in("admin", [hotel.hotel_id], "en")
    visit.services.alerts.triage.close(visit.scope(), [hotel.alert_ids[3]], "bitti")
    for period in ("any", "24h", "7d"):
        assert Translator("en")("board.found", count=count) in text(visit.open(BOARD, **address, period=period))
