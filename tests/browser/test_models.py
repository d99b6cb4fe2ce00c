"""A retraining in a real browser with a real sidecar: asked for by a click, followed live, and its result seen (C6)."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from core.i18n import Translator
from core.scope import SYSTEM
from core.settings import ROOT
from tests.browser.conftest import Instance, NewVisitor

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
TRAINED_WITHIN_MS = 600_000  # behind what a training before it brought along


@pytest.fixture(scope="module")
def sidecar(instance: Instance) -> Iterator[None]:
    """The scheduler beside the dashboard, without its timed jobs: it runs what is asked for, and nothing else."""
    settings, url = instance.services.settings, instance.services.database.engine.url
    environment = os.environ | {
        "DATABASE_URL": url.render_as_string(hide_password=False),
        "REDIS_URL": "redis://127.0.0.1:1",
        "BAROMETER_HOME": str(settings.home),
        "ML_MODELS_DIR": str(settings.models_dir),
        "ML_ENABLED": "false",
    }
    command = [sys.executable, str(ROOT / "scheduler_service.py")]
    with (settings.home / "sidecar.txt").open("w") as output:
        process = subprocess.Popen(command, cwd=settings.home, env=environment, stdout=output, stderr=subprocess.STDOUT)
    yield
    process.terminate()
    process.wait(60)


@pytest.mark.parametrize(("username", "language", "locale"), [("deniz", "en", "en-GB"), ("firat", "tr", "tr-TR")])
def test_a_retraining_is_asked_for_and_seen_to_its_end(
    new_visitor: NewVisitor, instance: Instance, sidecar: None, username: str, language: str, locale: str
) -> None:
    t, visitor = Translator(language), new_visitor(username, locale=locale)
    models = instance.services.model_performance
    before = len(models.trainings(SYSTEM, instance.hotel_ids[0], 500))
    visitor.open("/models")
    visitor.see(t("performance.title"))
    button = visitor.page.get_by_role("button", name=t("training.again"), exact=True)
    button.click()
    expect(button).to_be_disabled()
    expect(visitor.page.get_by_role("progressbar")).to_be_visible()
    expect(button).to_be_enabled(timeout=TRAINED_WITHIN_MS)
    expect(visitor.page.get_by_text(t("jobs.by", who=username))).to_be_visible()
    assert len(models.trainings(SYSTEM, instance.hotel_ids[0], 500)) > before
    expect(visitor.page.get_by_text(t("quality.trainings"), exact=True)).to_be_visible()
    assert visitor.problems == []
