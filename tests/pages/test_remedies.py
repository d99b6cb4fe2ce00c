"""An alert that closed by itself says what ended it and how long it took; the board sums that up (A5.7)."""

from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from core.clock import FixedClock
from core.i18n import Translator
from pipeline.detection.anomaly import DetectionResult
from tests.conftest import NOW
from tests.pages.alerts import entities
from tests.pages.conftest import ALERT, BOARD, Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel

HOUR = timedelta(hours=1)


@pytest.fixture
def hotel(visit: Visit) -> SmallHotel:
    return small_hotel(visit.services)


def deliver(visit: Visit, hotel: SmallHotel) -> int:
    """A delivery that ends the stock below zero, and the result that finds it normal; the alert."""
    product = entities(visit.services, hotel.hotel_id).product_id
    result = DetectionResult(
        hotel.hotel_id, "stok_seviye", NOW + 4 * HOUR, (), frozenset({("stok_tutarsizlik", "product", product)})
    )
    with visit.services.database.transaction() as connection:
        connection.execute(
            sql(
                "INSERT INTO stock_movements (hotel_id, product_id, movement_type, quantity, occurred_at) "
                "VALUES (:hotel, :product, 'giris', 4800, :at)"
            ),
            {"hotel": hotel.hotel_id, "product": product, "at": NOW + 3 * HOUR},
        )
        visit.services.alerts.apply(connection, result)
    return hotel.alert_ids[0]


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_delivery_that_ended_an_alert_stands_on_its_page_with_the_time_it_took(
    visit: Visit, text: Text, hotel: SmallHotel, language: str, clock: FixedClock
) -> None:
    t, alert = Translator(language, "Europe/Istanbul"), deliver(visit, hotel)
    clock.at = NOW + 5 * HOUR
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(ALERT, alert=str(alert))
    assert not app.exception
    delivered = t("closed_reason.delivery", units=4800, at=NOW + 3 * HOUR)
    [box] = [element.value.replace("\\", "") for element in app.success]
    assert delivered in box
    assert t("alert_event.closed", reason=delivered) in text(app)
    raised = visit.services.alerts.detail(visit.scope(), alert).alert.raised_at
    assert t("remedy.after", span=t.length((NOW + 3 * HOUR - raised).total_seconds())) in box


@pytest.mark.parametrize("language", ["tr", "en"])
def test_the_board_says_not_measurable_yet_below_five_remedies(
    visit: Visit, text: Text, hotel: SmallHotel, language: str, clock: FixedClock
) -> None:
    t = Translator(language)
    deliver(visit, hotel)
    clock.at = NOW + 5 * HOUR
    visit.sign_in("admin", [hotel.hotel_id], language)
    app = visit.open(BOARD, view="remedies")
    assert not app.exception
    assert t("quality.unknown") in text(app)
    assert next(element.delta for element in app.metric) == t("remedy.sample", count=1)
    assert t("alert_type.stok_tutarsizlik") in str(app.table[1].value)
