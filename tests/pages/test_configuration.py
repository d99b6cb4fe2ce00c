"""The page of the configuration: sources, errors at their line, saving, being overtaken, a broken version (C9)."""

import pytest
from sqlalchemy import text as sql
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.scope import SYSTEM
from core.settings import Settings
from services import Services
from tests.pages.conftest import Text, Visit

PAGE = "pages/system/configuration.py"
SECRET = "planted-password"


@pytest.fixture
def services(services: Services) -> Services:
    vars(services.settings).update(admin_password=SECRET)
    services.settings.model_fields_set.add("admin_password")
    return services


def press(app: AppTest, key: str) -> AppTest:
    return next(one for one in app.button if one.key == key).click().run()


def type_in(app: AppTest, said: str, reason: str | None = None) -> AppTest:
    app.text_area(key="config_text").set_value(said)
    if reason is not None:
        app.text_input(key="reason").set_value(reason)
    return app.run()


def everything(app: AppTest, text: Text) -> str:
    parts = [text(app), *(one.value for one in app.code), *(one.value.to_csv() for one in app.dataframe)]
    return "\n".join([*parts, *(str(one.value) for one in app.text_area)])


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_text_is_corrected_saved_overtaken_and_saved_upon_the_other(visit: Visit, text: Text, language: str) -> None:
    configuration = visit.services.configuration
    visit.sign_in("superadmin", None, language)
    t, app = Translator(language), visit.open(PAGE)
    assert not app.exception
    assert SECRET not in everything(app, text)
    assert t("configuration.secret_set") in everything(app, text)
    type_in(app, "metric_days = 3\nnonsense = 1")
    said = t("configuration.problem_too_small", key="metric_days", bound=35)
    assert t("configuration.at_line", line=1, problem=said) in text(app)
    assert t("configuration.at_line", line=2, problem=t("configuration.problem_unknown", key="nonsense")) in text(app)
    assert next(one for one in app.button if one.key == "save").disabled
    configuration.save(SYSTEM, "alert_days = 9", "somebody else", None)
    press(type_in(app, "quality_floor = 0.7", "why not"), "save")
    assert t("error.configuration_changed", by="system", id=1) in text(app)
    assert app.text_area(key="config_text").value == "quality_floor = 0.7"
    assert t("configuration.alerts_quality_floor") in text(app)
    differences = [code.value for code in app.code if "quality_floor" in code.value and "@@" in code.value]
    assert differences
    assert not [one for one in differences if "before" in one]  # in whose language?
    press(app, "save")
    assert not app.exception
    assert t("configuration.saved", id=2) in text(app)
    assert (visit.services.settings.quality_floor, visit.services.settings.alert_days) == (0.7, 30)
    assert configuration.history(SYSTEM)[0].reason == "why not"


def test_a_broken_version_is_told_and_left(visit: Visit, text: Text) -> None:
    configuration = visit.services.configuration
    configuration.save(SYSTEM, "metric_days = 120", "a year", None)
    with visit.services.database.transaction() as connection:
        said = f"metric_days = 1 # {SECRET}"
        query = """INSERT INTO configuration_versions (text, previous_id, author, saved_at, reason, checksum)
                   VALUES (:text, 1, 'psql', now(), '', encode(sha256(convert_to(:text, 'UTF8')), 'hex'))"""
        connection.execute(sql(query), {"text": said})
    visit.sign_in("superadmin", None, "en")
    app = visit.open(PAGE, version="2")
    assert not app.exception
    assert "Version 2 is not valid and is not used. In force: version 1 by system." in text(app)
    assert "Line 1: metric_days must be at least 35." in text(app)
    assert SECRET not in everything(app, text)
    press(app, "correct")
    assert app.text_area(key="config_text").value == "metric_days = 1 # •••"
    press(app, "back_to_good")
    assert not app.exception
    found = configuration.shown(SYSTEM)
    assert (found.newest_id, found.problems, visit.services.settings.metric_days) == (3, (), 120)
    assert "is not valid" not in text(app)


def test_the_budget_is_played_again_and_a_version_taken_back(visit: Visit, text: Text) -> None:
    configuration = visit.services.configuration
    configuration.save(SYSTEM, "metric_days = 120", "a year", None)
    configuration.save(SYSTEM, "metric_days = 60", "less", 1)
    visit.sign_in("superadmin", None, "en")
    app = visit.open(PAGE, version="1")
    press(type_in(app, "metric_days = 60\nalert_budget_per_day = 2"), "measure")
    assert Translator("en")("configuration.effect_no_hotel") in text(app)
    app.text_input(key="back_reason").set_value("it was right")
    press(app, "rollback")
    assert not app.exception
    assert visit.services.settings.metric_days == 120


def test_who_may_not_change_settings_reads_them(visit: Visit, text: Text) -> None:
    visit.sign_in("sistem_yoneticisi", [], "en")
    app = visit.open(PAGE)
    assert Translator("en")("configuration.read_only") in text(app)
    assert [one.key for one in app.text_area] == []


def test_the_words_say_what_the_settings_say() -> None:
    t = Translator("en")
    assert {name: t(f"setting.{name}") for name in Settings.model_fields} == {
        name: field.description for name, field in Settings.model_fields.items()
    }
