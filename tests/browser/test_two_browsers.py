"""Two browsers at one alert: the second one sees the first one's change, and overwrites nothing (A5.7)."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core.clock import SystemClock
from core.i18n import Translator
from core.scope import SYSTEM
from pages.shell.live import POLL_SECONDS
from pipeline.alerts.service import AlertFilters
from pipeline.detection.anomaly import Anomaly, DetectionResult
from tests.browser.conftest import Instance, NewVisitor
from tests.pages.alerts import entities

pytestmark = pytest.mark.browser


def raised(instance: Instance, alert_type: str) -> int:
    """An alert of one test alone, so that the others find theirs as they were."""
    known, at = entities(instance.services, instance.hotel_ids[0]), SystemClock().now() - timedelta(hours=1)
    anomaly = Anomaly(
        alert_type, "gelir_urun", "product", known.product_id, at - timedelta(days=7), at, 40.0, 400.0, 300.0, 500.0,
        -0.9, 6.0, "orta", product_id=known.product_id, context_signature="two browsers",
    )  # fmt: skip
    with instance.services.database.transaction() as connection:
        result = DetectionResult(instance.hotel_ids[0], "gelir_urun", at, (anomaly,), frozenset())
        instance.services.alerts.apply(connection, result)
    wanted = AlertFilters(alert_types=(alert_type,))
    return next(row.id for row in instance.services.alerts.board(SYSTEM, wanted).rows)


def test_the_second_browser_is_told_who_was_faster_and_sees_the_change_by_itself(
    new_visitor: NewVisitor, instance: Instance
) -> None:
    alert_id = raised(instance, "gelir_dusus")
    turkish, english = Translator("tr"), Translator("en")
    ayse, deniz = new_visitor("ayse"), new_visitor("deniz", locale="en-GB")
    for visitor in (ayse, deniz):
        visitor.open(f"/alerts?alert={alert_id}")
    for visitor, t in ((ayse, turkish), (deniz, english)):
        visitor.page.get_by_text(t("board.verdict_question")).wait_for()
    note = deniz.page.get_by_label(english("board.note"), exact=True)
    note.fill("my own note")
    ayse.page.get_by_role("button", name=turkish("board.acknowledge"), exact=True).click()
    ayse.page.get_by_role("button", name=turkish("board.verdict_dogru"), exact=True).click()
    ayse.page.get_by_text(turkish("effect.change")).wait_for()
    deniz.page.get_by_role("button", name=english("board.verdict_yanlis_pozitif"), exact=True).click()
    told = deniz.page.get_by_text(english("error.alert_changed", at="", what="", who="").split(":")[0])
    seen = deniz.page.get_by_text(english("effect.change"))
    expect(told.or_(seen).first).to_be_visible(timeout=(POLL_SECONDS + 10) * 1000)
    stored = instance.services.alerts.detail(SYSTEM, alert_id).alert
    assert (stored.verdict, stored.verdict_by, stored.acknowledged_by) == ("dogru", "ayse", "ayse")
    expect(seen).to_be_visible(timeout=(POLL_SECONDS + 10) * 1000)
    assert ayse.problems == deniz.problems == []


def test_a_change_in_one_browser_shows_in_the_other_within_the_poll(
    new_visitor: NewVisitor, instance: Instance
) -> None:
    alert_id = raised(instance, "teslimat_sapma")
    t, watching = Translator("tr"), new_visitor("ayse")
    watching.open(f"/alerts?alert={alert_id}")
    watching.page.get_by_text(t("board.verdict_question")).wait_for()
    instance.services.alerts.triage.assign(SYSTEM, [alert_id], "deniz")
    instance.services.alerts.triage.acknowledge(SYSTEM, [alert_id], "bende")
    expect(watching.page.get_by_role("button", name=t("board.acknowledge"), exact=True)).to_have_count(
        0, timeout=(POLL_SECONDS + 10) * 1000
    )
    assert watching.problems == []
