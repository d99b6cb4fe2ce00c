"""The alert board and the detail: filters in the address, reading, looking after, verdicts (A5.1-3, A5.6-7, A6.2)."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import AppError
from core.i18n import Translator
from core.scope import SYSTEM
from identity.tokens.risks import SecurityEvent
from pipeline.alerts.service import AlertFilters
from pipeline.detection.anomaly import Anomaly, DetectionResult
from tests.pages.conftest import ALERT, BOARD, JOBS, Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel

DAY = timedelta(days=1)
SEVERITIES = ["kritik", "yuksek", "orta", "dusuk"]


@pytest.fixture
def hotel(visit: Visit) -> SmallHotel:
    return small_hotel(visit.services)


def opened(app: AppTest) -> list[int]:
    """The ids of the alerts that the list offers, in its order."""
    return [int(button.key.removeprefix("open_")) for button in app.button if (button.key or "").startswith("open_")]


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_hotel_without_alerts_is_told_so(visit: Visit, text: Text, language: str) -> None:
    small_hotel(visit.services, with_alerts=False)
    visit.sign_in("superadmin", None, language)
    app = visit.open(BOARD)
    assert not app.exception
    assert Translator(language)("board.empty_title") in text(app)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_open_alerts_are_sorted_by_severity(visit: Visit, hotel: SmallHotel, text: Text, language: str) -> None:
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(BOARD)
    assert not app.exception
    assert opened(app) == hotel.alert_ids
    assert Translator(language)("board.found", count=4) in text(app)


@pytest.mark.parametrize(("address", "places"), [
    ({"severity": "kritik"}, [0]),
    ({"severity": ["kritik", "dusuk"]}, [0, 3]),
    ({"type": "dolum_gecikme"}, [2]),
    ({"q": "101"}, [1]),
    ({"period": "24h"}, [0, 1, 2, 3]),
    ({"state": "closed"}, []),
    ({"state": "made up", "severity": "made up"}, [0, 1, 2, 3]),
    ({"alert": "9" * 5_000, "page": "9" * 5_000}, [0, 1, 2, 3]),
    ({"q": "101\x00"}, [1]),
])  # fmt: skip
def test_the_address_filters_the_list(
    visit: Visit, hotel: SmallHotel, address: dict[str, str | list[str]], places: list[int]
) -> None:
    visit.sign_in("admin", [hotel.hotel_id])
    app = visit.open(BOARD, **address)
    assert not app.exception
    assert opened(app) == [hotel.alert_ids[place] for place in places]


def test_a_chosen_filter_goes_into_the_address(visit: Visit, hotel: SmallHotel) -> None:
    visit.sign_in("admin", [hotel.hotel_id])
    app = visit.open(BOARD)
    app.multiselect(key="filter_severity").set_value(["yuksek"]).run()
    assert app.query_params["severity"] == "yuksek"
    assert opened(app) == [hotel.alert_ids[1]]
    app.multiselect(key="filter_severity").set_value([]).run()
    assert "severity" not in app.query_params


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("place", range(4))
def test_the_detail_says_everything_in_words(
    visit: Visit, hotel: SmallHotel, text: Text, language: str, place: int
) -> None:
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(BOARD, alert=str(hotel.alert_ids[place]))
    assert not app.exception
    t, said = Translator(language), text(app)
    for key in ("board.value", "board.expected", "board.band", "board.deviation", "board.actions", "board.timeline"):
        assert t(key) in said
    untranslated = ("alert.", "action.", "reason.", "alert_type.", "alert_event.", "unit.", "board.")
    assert [line for line in said.splitlines() if line.startswith(untranslated)] == []


def test_opening_an_alert_marks_it_read_and_leaves_the_others(visit: Visit, hotel: SmallHotel) -> None:
    visit.sign_in("admin", [hotel.hotel_id])
    visit.open(BOARD).button(key=f"open_{hotel.alert_ids[1]}").click().run()
    read = [visit.services.alerts.detail(SYSTEM, alert).alert.read_at is not None for alert in hotel.alert_ids]
    assert read == [False, True, False, False]


def test_an_alert_is_looked_after(visit: Visit, hotel: SmallHotel, text: Text) -> None:
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app = visit.open(BOARD, alert=str(hotel.alert_ids[0]))
    app.button(key=f"acknowledge_{hotel.alert_ids[0]}").click().run()
    assert visit.services.alerts.detail(SYSTEM, hotel.alert_ids[0]).alert.acknowledged_by == "admin_en"
    assert "admin_en looks after it" in text(app)


@pytest.mark.parametrize("verdict", ["dogru", "yanlis_pozitif", "beklenen", "test"])
def test_a_verdict_with_its_note_is_stored(visit: Visit, hotel: SmallHotel, text: Text, verdict: str) -> None:
    alert_id = hotel.alert_ids[1]
    visit.sign_in("admin", [hotel.hotel_id], "en")
    app = visit.open(ALERT, alert=str(alert_id))
    app.text_input(key=f"note_{alert_id}").set_value("counted twice")
    app.button(key=f"verdict_{verdict}_{alert_id}").click().run()
    assert not app.exception
    stored = visit.services.alerts.detail(SYSTEM, alert_id).alert
    assert (stored.verdict, stored.verdict_note, stored.verdict_by) == (verdict, "counted twice", "admin_en")
    assert f"{Translator('en')(f'board.verdict_{verdict}')} – admin_en" in text(app)


def test_an_alert_of_another_hotel_does_not_exist_for_a_manager(visit: Visit, hotel: SmallHotel) -> None:
    other = small_hotel(visit.services)
    visit.sign_in("admin", [hotel.hotel_id])
    app = visit.open(ALERT, alert=str(other.alert_ids[0]))
    assert len(app.exception) == 1
    assert not app.metric
    with pytest.raises(AppError, match="not_found"):
        visit.services.alerts.detail(visit.scope(), other.alert_ids[0])


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_list_is_a_table_too(visit: Visit, hotel: SmallHotel, language: str) -> None:
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(BOARD, view="table")
    assert not app.exception
    column = app.dataframe[0].value[Translator(language)("board.severity")]
    assert list(column) == [Translator(language)(f"severity.{severity}") for severity in SEVERITIES]


@pytest.mark.parametrize("language", ["tr", "en"])
def test_jobs_that_never_ran_are_not_invented(visit: Visit, hotel: SmallHotel, text: Text, language: str) -> None:
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(JOBS)
    assert not app.exception
    assert Translator(language)("jobs.empty_title") in text(app)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_shares_are_told_in_percent_and_counts_of_failed_scans_without_the_unit_of_their_metric(
    visit: Visit, language: str
) -> None:
    """A5.2: occupancy is a share; an alert about failed scans counts them, though its metric is the share."""
    hotel, services, t = small_hotel(visit.services, with_alerts=False), visit.services, Translator(language)
    at = services.clock.now() - timedelta(hours=1)
    for anomaly in (
        Anomaly("doluluk_sapma", "doluluk_oran", "hotel", hotel.hotel_id, at - DAY, at, 0.31, 0.72, 0.6, 0.84, -0.57, 9,
                "yuksek"),
        Anomaly("qr_okutma_basarisiz", "qr_okutma_performans", "hotel", hotel.hotel_id, at - DAY, at, 19, 4, 0, 9, 3.7,
                7, "orta"),
    ):  # fmt: skip
        with services.database.transaction() as connection:
            services.alerts.apply(
                connection, DetectionResult(hotel.hotel_id, anomaly.metric_type, at, (anomaly,), frozenset())
            )
    visit.sign_in("admin", [hotel.hotel_id], language)
    rows = services.alerts.board(SYSTEM, AlertFilters()).rows
    shown = {}
    for row in rows:
        app = visit.open(ALERT, alert=str(row.id))
        assert not app.exception
        shown[row.alert_type] = {metric.label: metric.value for metric in app.metric}
    share, scans = shown["doluluk_sapma"], shown["qr_okutma_basarisiz"]
    assert (share[t("board.value")], share[t("board.expected")]) == (t.percent(0.31), t.percent(0.72))
    assert share[t("board.band")] == f"{t.percent(0.6)}–{t.percent(0.84)}"
    assert (scans[t("board.value")], scans[t("board.expected")]) == ("19", t.number(4.0))


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_stolen_sign_in_says_who_and_from_where_and_shows_no_figures(
    visit: Visit, hotel: SmallHotel, text: Text, language: str
) -> None:
    services = visit.services
    user_id = services.identity.add_user(SYSTEM, "bora", "correct horse battery", "admin", hotels=[hotel.hotel_id])
    with services.database.transaction() as connection:
        event = SecurityEvent("token_reused", user_id, "bora", "203.0.113.0/24", services.clock.now())
        services.tokens.raise_alert(connection, event)
    visit.sign_in("admin", [hotel.hotel_id], language)
    alert = services.alerts.board(SYSTEM, AlertFilters(alert_types=("oturum_supheli",))).rows[0]
    app = visit.open(ALERT, alert=str(alert.id))
    assert not app.exception
    t = Translator(language)
    assert t("reason.token_reused", user="bora", network="203.0.113.0/24") in text(app)
    assert t("action.ask_user") in text(app)
    assert t("board.expected") not in [metric.label for metric in app.metric]
