"""The page of data quality: figures against goals, honest blanks, what verdicts taught, in both languages (P9, A6)."""

from datetime import timedelta

import pytest

from core.i18n import Translator
from core.scope import SYSTEM
from pages.shell.verdict_words import threshold
from pipeline.detection.thresholds.settings import Change, FamilyRule
from tests.pages.conftest import Text, Visit
from tests.pages.hotel import small_hotel

QUALITY = "pages/system/quality.py"
LANGUAGES = ["tr", "en"]


def cells(app: object) -> str:
    """Every cell of every table of the page."""
    tables = app.table  # type: ignore[attr-defined]
    return "\n".join(str(cell) for table in tables for cell in table.value.to_numpy().ravel()).replace("\\", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_installation_says_what_to_do(visit: Visit, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    app = visit.open(QUALITY)
    assert not app.exception
    assert "manage.py import" in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_never_judged_is_not_measurable_yet(visit: Visit, text: Text, language: str) -> None:
    hotel = small_hotel(visit.services)
    visit.sign_in("veri_bilimci", [hotel.hotel_id], language)
    app = visit.open(QUALITY)
    t = Translator(language)
    assert not app.exception
    assert t("quality.nothing_learned") in text(app)
    assert t("quality.unknown") in cells(app)
    assert t("quality.kpi_freshness") in cells(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_verdicts_taught_is_shown(visit: Visit, text: Text, language: str) -> None:
    hotel, services, t = small_hotel(visit.services), visit.services, Translator(language)
    for alert_id, verdict in zip(hotel.alert_ids, ["dogru", "yanlis_pozitif"], strict=False):
        services.alerts.triage.judge(SYSTEM, [alert_id], verdict)
    shift = {"key": "refill", "before": 0.0, "after": 0.4, "confirmed": 5, "false": 9, "precision": 0.4}
    change = Change(families={"refill": FamilyRule(extra_evidence=0.4)})
    services.thresholds.save(
        SYSTEM, hotel.hotel_id, "dolum_sure", change, "learning.reason", source="verdicts", trace={"shifts": [shift]}
    )
    visit.sign_in("veri_bilimci", [hotel.hotel_id], language)
    app = visit.open(QUALITY)
    assert not app.exception
    [learned] = services.learning.learned(SYSTEM, hotel.hotel_id)
    told = threshold(Translator(language, "Europe/Istanbul"), learned)
    assert "14" in told
    assert told in text(app)
    assert t("quality.silenced_why", verdict=t("verdict.yanlis_pozitif"), who="system", count=0) in text(app)


def test_a_verdict_is_taken_back_on_the_page(visit: Visit, text: Text) -> None:
    hotel, services = small_hotel(visit.services), visit.services
    services.alerts.triage.judge(SYSTEM, [hotel.alert_ids[0]], "yanlis_pozitif")
    visit.sign_in("veri_bilimci", [hotel.hotel_id], "en")
    app = visit.open(QUALITY)
    app.button(key=f"lift_{hotel.alert_ids[0]}").click().run()
    assert not app.exception
    assert services.alerts.suppressions(SYSTEM) == []
    assert Translator("en")("quality.nothing_silenced") in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_attendant_is_told_that_it_is_not_for_their_role(visit: Visit, text: Text, language: str) -> None:
    hotel = small_hotel(visit.services, with_alerts=False)
    visit.sign_in("kat_sorumlusu", [hotel.hotel_id], language)
    app = visit.open(QUALITY)
    assert Translator(language)("shell.forbidden_text") in text(app)
    assert not app.table


def test_old_collections_are_shown_as_missed(visit: Visit) -> None:
    hotel, services = small_hotel(visit.services, with_alerts=False), visit.services
    services.clock.advance(timedelta(hours=3))  # type: ignore[attr-defined]
    visit.sign_in("veri_bilimci", [hotel.hotel_id], "en")
    shown = cells(visit.open(QUALITY))
    assert "180 min" in shown
    assert "Missed" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_sources_and_what_is_unknown_without_them_are_told(visit: Visit, language: str) -> None:
    """P9, A2.6: the small hotel has no custody records, so custody alerts are unknown."""
    hotel, t = small_hotel(visit.services), Translator(language)
    visit.sign_in("admin", [hotel.hotel_id], language)
    shown = cells(visit.open(QUALITY))
    found = visit.services.source_quality.quality(SYSTEM, hotel.hotel_id)
    assert t("sources.name_checks") in shown
    assert t("sources.because_no_rows", source=t("sources.name_custody")) in shown
    assert t("sources.of", part=found.days, whole=found.days) in shown
