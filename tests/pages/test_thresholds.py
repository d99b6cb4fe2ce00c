"""Models → Thresholds: sliders, what they would do, saving, rolling back, in both languages (A2.5, A6.3, A6.5)."""

from dataclasses import asdict
from urllib.parse import quote

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.scope import SYSTEM
from identity.permissions import READ, ROLE_PERMISSIONS
from pipeline.detection.explain import REASONS
from pipeline.detection.thresholds.outcomes import Measured
from pipeline.detection.thresholds.search import SearchTrace, Step
from pipeline.detection.thresholds.settings import Change, FamilyRule
from tests.conftest import NOW
from tests.integration.tried_past import CHECK, TYPE, tried_past
from tests.pages.conftest import Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel
from tests.pages.test_quality import cells

THRESHOLDS = "pages/models/thresholds.py"
LANGUAGES = ["tr", "en"]
EXTRA, GATE, BUDGET = "tune_cell.extra", "tune_cell.gate", "budget"


@pytest.fixture
def hotel(visit: Visit) -> SmallHotel:
    """Two alerts in 30 days, one confirmed and one false; a third that a larger budget would have raised."""
    made = small_hotel(visit.services, with_alerts=False)
    tried_past(visit.services.database, made.hotel_id, NOW)
    return made


def opened(visit: Visit, hotel: SmallHotel, language: str = "en", **address: str) -> AppTest:
    visit.sign_in("veri_bilimci", [hotel.hotel_id], language)
    app = visit.open(THRESHOLDS, **address)
    assert not app.exception
    return app


def measures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_installation_says_what_to_do(visit: Visit, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    app = visit.open(THRESHOLDS)
    assert not app.exception
    assert "manage.py import" in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_first_detection_there_is_nothing_to_try(visit: Visit, text: Text, language: str) -> None:
    made = small_hotel(visit.services, with_alerts=False)
    app = opened(visit, made, language)
    assert Translator(language)("tuning.empty_title") in text(app)
    assert list(app.slider) == []


def test_an_attendant_is_told_that_the_page_is_not_for_them(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    visit.sign_in("kat_sorumlusu", [hotel.hotel_id], "en")
    app = visit.open(THRESHOLDS)
    assert Translator("en")("shell.forbidden_text") in text(app)
    assert list(app.slider) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_thresholds_in_force_are_shown_with_what_they_do(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    """Two alerts in thirty days; one of two judged ones is right; nothing was planted."""
    app, t = opened(visit, hotel, language), Translator(language)
    assert (app.slider(key=EXTRA).value, app.slider(key=GATE).value) == (0.0, 0.4)
    shown = measures(app)
    assert shown[t("tuning.per_day")] == t.number(0.1)
    assert [shown[t(f"tuning.{name}")] for name in ("of_check", "false_alarms", "missed")] == ["2", "1", "0"]
    assert t("tuning.planted_missed") not in shown
    table = cells(app)
    assert f"{t.percent(0.5)} (" in table
    assert t("tuning.with_cases", value=t("quality.unknown"), cases="0") in table
    assert t("tuning.unchanged", days=30) in text(app)
    assert app.button(key="tune_save").disabled
    assert t("threshold.no_versions") in text(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_slider_that_moves_shows_what_disappears_and_stands_in_the_address(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    app, t = opened(visit, hotel, language), Translator(language, "Europe/Istanbul")
    app.slider(key=EXTRA).set_value(0.5).run()
    assert not app.exception
    assert app.query_params["cell.extra"] == "0.5"
    said, table = text(app), cells(app)
    assert t("tuning.disappear", alerts=1) in said
    assert t("tuning.appear", alerts=0) in said
    assert t("tuning.of_these", confirmed=0, false=1) in said
    assert t("tuning.cost_nothing_missed") in said
    assert t("tuning.false_alarm") in table
    assert t("tuning.evidence_of", score=t.number(3.2), needed=f"{t.number(3)} → {t.number(3.5)}") in table
    assert f"{t.percent(1.0)} (" in table
    assert measures(app)[t("tuning.false_alarms")] == "0"
    assert t("tuning.now", value="1") in [metric.delta for metric in app.metric]


def test_a_colleague_opens_the_same_comparison(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    """A confirmed alert that would be lost is warned of."""
    t = Translator("en")
    app = opened(visit, hotel, **{"cell.extra": "2.5", "cell.gate": "0.6", "budget": "4"})
    assert (app.slider(key=EXTRA).value, app.slider(key=GATE).value) == (2.5, 0.6)
    assert t("tuning.disappear", alerts=2) in text(app)
    assert t("tuning.cost_missed", count=1) in "".join(warning.value for warning in app.warning).replace("\\", "")
    app.button(key="tune_reset").click().run()
    assert t("tuning.unchanged", days=30) in text(app)
    assert not {"cell.extra", "cell.gate", "budget"} & set(app.query_params)


def test_a_larger_budget_shows_what_appears(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    t = Translator("en")
    app = opened(visit, hotel, budget="10")
    assert t("tuning.appear", alerts=1) in text(app)
    what = t("tuning.what_where", what=t("alert_type.tuketim_anomali"), where="room 102 · P0")
    assert t("tuning.alert", what=what, value="9", expected="1") in cells(app)
    assert t("tuning.not_judged") in cells(app)


def test_switching_the_check_off_and_part_of_it_up(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    t = Translator("en")
    app = opened(visit, hotel)
    app.toggle(key="tune_cell.on").set_value(False).run()
    assert app.query_params["cell.on"] == "no"
    assert t("tuning.disappear", alerts=2) in text(app)
    with visit.services.database.reading() as connection:
        from db.queries.thresholds import names

        [room] = [i for i, number in names(connection, hotel.hotel_id)["product_id"].items() if number == "P1"]
    app = opened_again(visit, part=f"product={room}", **{f"cell.product={room}": "2"})
    assert t("tuning.disappear", alerts=1) in text(app)
    assert app.slider(key=f"tune_cell.product={room}").value == 2.0


def opened_again(visit: Visit, **address: str) -> AppTest:
    app = visit.open(THRESHOLDS, **address)
    assert not app.exception
    return app


@pytest.mark.parametrize("asked", ["abc", "nan", "inf", "1e400", "-99", quote("0,5")])
def test_an_address_that_was_tampered_with_breaks_nothing(visit: Visit, hotel: SmallHotel, asked: str) -> None:
    address = {"cell.extra": asked, "cell.gate": asked, "budget": asked, "cell.on": asked, "check": asked}
    app = opened(visit, hotel, **address, metric=asked, part=asked, period=asked)
    assert -1.0 <= app.slider(key=EXTRA).value <= 6.0


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_saved_with_a_reason_and_rolled_back_with_another(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    thresholds, t = visit.services.thresholds, Translator(language)
    app = opened(visit, hotel, language, **{"cell.extra": "0.5", "budget": "8"})
    app.button(key="tune_save").click().run()
    app.button(key="tune_save_yes").click().run()
    assert t("error.threshold_reason_missing") in text(app)
    app.text_input(key="tune_reason").input("too many on Mondays").run()
    app.button(key="tune_save_yes").click().run()
    assert not app.exception
    current = thresholds.current(SYSTEM, hotel.hotel_id)[TYPE]
    assert (current.rule(CHECK).extra_evidence, current.budget_per_day, current.version) == (0.5, 8.0, 1)
    said = text(opened_again(visit))
    evidence = t("tuning.changed_evidence", check=t("check.cell"), before="0", after=t.number(0.5))
    assert evidence in said
    assert t("tuning.changed_budget", before="5", after="8") in said
    assert "too many on Mondays" in said
    thresholds.save(SYSTEM, hotel.hotel_id, TYPE, Change(families={CHECK: FamilyRule(extra_evidence=1.0)}), "more")
    old = next(
        one for one in visit.services.tuning.history(SYSTEM, hotel.hotel_id, TYPE) if one.reason != "more"
        and one.metric_type == TYPE
    )  # fmt: skip
    app = opened_again(visit)
    app.button(key=f"roll_back_{old.setting_id}").click().run()
    back = {"before": t.number(1), "after": t.number(0.5)}
    assert t("tuning.changed_evidence", check=t("check.cell"), **back) in text(app)
    app.text_input(key="tune_reason").input("one was right").run()
    app.button(key="roll_back_yes").click().run()
    assert not app.exception
    assert thresholds.current(SYSTEM, hotel.hotel_id)[TYPE].rule(CHECK).extra_evidence == 0.5
    assert "one was right" in text(opened_again(visit))
    for metric_type in (TYPE, "*"):
        app = opened_again(visit)
        app.button(key=f"roll_back_defaults_{metric_type}").click().run()
        app.text_input(key="tune_reason").input("anew").run()
        app.button(key="roll_back_yes").click().run()
    current = thresholds.current(SYSTEM, hotel.hotel_id)[TYPE]
    assert (current.rule(CHECK).extra_evidence, current.budget_per_day) == (0.0, 5.0)


def test_who_was_slower_is_told_and_overwrites_nothing(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    thresholds = visit.services.thresholds
    app = opened(visit, hotel, **{"cell.extra": "0.5"})
    app.button(key="tune_save").click().run()
    thresholds.save(SYSTEM, hotel.hotel_id, TYPE, Change(families={CHECK: FamilyRule(extra_evidence=1.0)}), "quicker")
    app.text_input(key="tune_reason").input("slower").run()
    app.button(key="tune_save_yes").click().run()
    assert Translator("en")("error.threshold_conflict", expected=0, version=1) in text(app)
    assert thresholds.current(SYSTEM, hotel.hotel_id)[TYPE].rule(CHECK).extra_evidence == 1.0


def test_who_may_only_read_tries_and_cannot_save(
    visit: Visit, text: Text, hotel: SmallHotel, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit.services.thresholds.save(SYSTEM, hotel.hotel_id, "*", Change(budget_per_day=6.0), "first")
    visit.services.thresholds.save(SYSTEM, hotel.hotel_id, "*", Change(budget_per_day=5.0), "second")
    monkeypatch.setitem(ROLE_PERMISSIONS, "kat_sorumlusu", READ)
    visit.sign_in("kat_sorumlusu", [hotel.hotel_id], "en")
    app = opened_again(visit, **{"cell.extra": "0.5"})
    assert Translator("en")("tuning.disappear", alerts=1) in text(app)
    assert Translator("en")("tuning.read_only") in text(app)
    keys = [button.key or "" for button in app.button]
    assert [key for key in keys if key.startswith(("tune_save", "roll_back"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_verdicts_and_a_search_had_to_do_with_it(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    thresholds, t = visit.services.thresholds, Translator(language)
    shift = {"key": CHECK, "before": 0.0, "after": 0.4, "confirmed": 5, "false": 9, "precision": 0.4}
    learned = {"shifts": [shift], "verdicts": 14, "confirmed": 5, "false": 9}
    change = Change(families={CHECK: FamilyRule(extra_evidence=0.4)})
    thresholds.save(SYSTEM, hotel.hotel_id, TYPE, change, "learning.reason", source="verdicts", trace=learned)
    measured = Measured(0.7, 0.5, 0.9, 30)
    steps = (Step(None, {CHECK: 0.4}, 31, measured, measured), Step(CHECK, {CHECK: 0.65}, 29, measured, measured))
    trace = SearchTrace(TYPE, 0.85, "reached", 30, "2026-02-20", steps, measured, Measured(0.88, 0.6, 1.0, 12))
    change = Change(families={CHECK: FamilyRule(extra_evidence=0.65)})
    thresholds.save(
        SYSTEM, hotel.hotel_id, TYPE, change, "reached: 0.85", source="search", trace=asdict(trace) | {"proposed": None}
    )
    app = opened(visit, hotel, language)
    said = text(app)
    because = t("quality.because", count=14, confirmed=5, false=9)
    assert t("tuning.taught", shift=t.number(0.4), because=because) in said
    assert said.count(because) == 4  # beside the slider and in the history; each element is read twice
    assert t("threshold.search_reached", target=t.percent(0.85)) in said
    value = t("quality.with_interval", value=t.percent(0.88), low=t.percent(0.6), high=t.percent(1.0))
    assert value in said
    assert "31" in cells(app)
    assert app.slider(key=EXTRA).value == 0.65


def test_every_check_and_every_difference_has_words(visit: Visit) -> None:
    from pages.shell.threshold_words import check_name

    for language in LANGUAGES:
        t = Translator(language)
        assert [name for name in REASONS if check_name(t, name) == name] == []
        keys = [f"tuning.changed_{what}" for what in ("evidence", "gate", "budget", "discovery")]
        keys += [f"tuning.cost_{what}" for what in ("fewer", "more", "same")]
        keys += [f"tuning.nothing_{what}" for what in ("appears", "disappears")]
        assert [key for key in keys if t(key) == key] == []
