"""Two browsers at one alert: the second one sees the first one's change, and overwrites nothing (A5.7)."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from core.clock import SystemClock
from core.i18n import Translator
from core.scope import SYSTEM
from pages.shell.live import POLL_SECONDS
from pipeline.alerts.service import AlertFilters
from pipeline.detection.anomaly import Anomaly, DetectionResult
from tests.browser.conftest import PASSWORD, PATIENCE, Instance, NewVisitor
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


def test_the_second_browser_is_told_who_was_faster_and_sees_what_stands(
    new_visitor: NewVisitor, instance: Instance
) -> None:
    """The first verdict comes between the drawing of the page and the click, so no poll can have shown it."""
    alert_id, t, deniz = raised(instance, "gelir_dusus"), Translator("en"), new_visitor("deniz", locale="en-GB")
    identity = instance.services.identity
    ayse = identity.scope_of(identity.check_password("ayse", PASSWORD))
    deniz.page.clock.install()
    deniz.open(f"/alerts?alert={alert_id}")
    answer = deniz.page.get_by_role("button", name=t("board.verdict_yanlis_pozitif"), exact=True)
    answer.wait_for()
    deniz.page.get_by_label(t("board.note"), exact=True).fill("my own note")
    deniz.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=1))
    instance.services.alerts.triage.judge(ayse, [alert_id], "dogru", "two bottles are gone")
    answer.click()
    deniz.page.clock.resume()
    told = deniz.page.get_by_text(t("error.alert_changed", at="@", what="@", who="@").split(":")[0])
    expect(told).to_be_visible()
    deniz.page.get_by_text(t("effect.change")).click()
    expect(deniz.page.get_by_label(t("board.note"), exact=True)).to_have_value("my own note")
    stored = instance.services.alerts.detail(SYSTEM, alert_id).alert
    assert (stored.verdict, stored.verdict_by, stored.verdict_note) == ("dogru", "ayse", "two bottles are gone")
    assert deniz.problems == []


def test_what_one_browser_does_shows_in_the_other_within_the_poll(new_visitor: NewVisitor, instance: Instance) -> None:
    alert_id = raised(instance, "teslimat_sapma")
    turkish, english = Translator("tr"), Translator("en")
    ayse, deniz = new_visitor("ayse"), new_visitor("deniz", locale="en-GB")
    for visitor in (ayse, deniz):
        visitor.open(f"/alerts?alert={alert_id}")
    offered = deniz.page.get_by_role("button", name=english("board.acknowledge"), exact=True)
    offered.wait_for()
    ayse.page.get_by_role("button", name=turkish("board.acknowledge"), exact=True).click()
    expect(offered).to_have_count(0, timeout=POLL_SECONDS * 1000 + PATIENCE)
    assert instance.services.alerts.detail(SYSTEM, alert_id).alert.acknowledged_by == "ayse"
    assert ayse.problems == deniz.problems == []
