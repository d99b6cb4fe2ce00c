"""People's work in a real browser: many alerts at once and undone, a silence, a model version, from click to row."""

from datetime import timedelta

import numpy as np
import pytest
from playwright.sync_api import expect

from core.clock import SystemClock
from core.i18n import Translator
from core.scope import SYSTEM
from pipeline.alerts.service import AlertFilters
from pipeline.models.service import TrainedModel
from tests.browser.conftest import Instance, NewVisitor
from tests.integration.pipeline.models.versions import KIND, Rule

pytestmark = pytest.mark.browser


def open_alerts(instance: Instance, *states: str) -> int:
    filters = AlertFilters(hotel_ids=tuple(instance.hotel_ids[:1]), states=states or ("open",))
    return instance.services.alerts.board(SYSTEM, filters).total


@pytest.mark.parametrize(("username", "language", "locale"), [("ayse", "tr", "tr-TR"), ("deniz", "en", "en-GB")])
def test_all_alerts_that_were_found_are_acknowledged_and_it_is_undone(
    new_visitor: NewVisitor, instance: Instance, username: str, language: str, locale: str
) -> None:
    t, visitor = Translator(language), new_visitor(username, locale=locale)
    before = open_alerts(instance, "acknowledged")
    visitor.open("/alerts?view=table")
    visitor.see(t("board.title"))
    visitor.page.get_by_text(t("triage.select_all", limit=t.number(500))).click()
    visitor.page.get_by_role("button", name=t("board.acknowledge"), exact=True).click()
    visitor.page.get_by_role("button", name=t("triage.undo"), exact=True).wait_for()
    assert open_alerts(instance, "acknowledged") > before
    visitor.page.get_by_role("button", name=t("triage.undo"), exact=True).click()
    expect(visitor.page.get_by_role("button", name=t("triage.undo"), exact=True)).to_have_count(0)
    assert open_alerts(instance, "acknowledged") == before
    assert visitor.problems == []


def test_alerts_like_one_are_silenced_and_shown_again(new_visitor: NewVisitor, instance: Instance) -> None:
    t, visitor = Translator("tr"), new_visitor("ayse")
    alert = instance.alert_ids[2]
    visitor.open(f"/alert?alert={alert}")
    visitor.page.get_by_text(t("triage.more")).click()
    visitor.page.get_by_role("button", name=t("triage.silence")).click()
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_label(t("silence.reason"), exact=True).fill("kat yenileniyor")
    visitor.page.keyboard.press("Tab")
    dialog.get_by_role("button", name=t("silence.add"), exact=True).click()
    expect(dialog).to_have_count(0)
    assert open_alerts(instance, "silenced") >= 1
    visitor.open("/silences")
    visitor.see(t("silence.title"))
    visitor.page.get_by_role("button", name=t("silence.lift")).first.click()
    expect(visitor.page.get_by_role("button", name=t("silence.lift"))).to_have_count(0)
    assert open_alerts(instance, "silenced") == 0


def test_an_older_model_version_is_chosen_with_its_reason(new_visitor: NewVisitor, instance: Instance) -> None:
    t, models, hotel = Translator("en"), instance.services.pipeline.models, instance.hotel_ids[0]
    until = SystemClock().now()
    for day in (2, 1):
        learned = until - timedelta(days=day)
        batch = np.arange(4.0)
        model = TrainedModel(hotel, KIND[1], KIND[0], Rule(float(day)), learned, learned, ["mean"], batch=batch)
        models.save_model_to_file(model)
    visitor = new_visitor("deniz", locale="en-GB")
    visitor.open(f"/model-files?kind={'.'.join(KIND)}")  # other tests may have trained other kinds
    visitor.see(t("models.title"))
    visitor.page.get_by_role("button", name=t("models.choose"), exact=True).click()
    dialog = visitor.page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("the newer one finds too much")
    visitor.page.keyboard.press("Tab")
    dialog.get_by_role("button", name=t("models.choose"), exact=True).click()
    visitor.page.get_by_role("button", name=t("models.follow"), exact=True).wait_for()
    with models.in_use(hotel, *KIND) as used:
        assert used.factor == 2.0
