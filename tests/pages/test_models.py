"""Models → Performance, Comparison, Features: figures with intervals, honest blanks, requests, both languages (C6)."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy import text as sql
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.scope import SYSTEM
from db.models.operations import JobRun
from db.queries import evaluations, model_comparisons
from db.queries import models as model_queries
from db.queries.versions import bump
from tests.pages.conftest import Text, Visit
from tests.pages.hotel import SmallHotel, small_hotel
from tests.pages.test_quality import cells

PERFORMANCE, COMPARISON = "pages/models/performance.py", "pages/models/comparison.py"
FEATURES = "pages/models/features.py"
PAGES = [PERFORMANCE, COMPARISON, FEATURES]
LANGUAGES = ["tr", "en"]
METRIC = "stok_seviye"
MEASURED = {"n": 4, "value": 0.75, "low": 0.5, "high": 1.0}
NOT_MEASURED = {"n": 0, "value": None, "low": None, "high": None}


@pytest.fixture
def hotel(visit: Visit) -> SmallHotel:
    return small_hotel(visit.services, with_alerts=False)


def opened(visit: Visit, hotel: SmallHotel, page: str, language: str = "en", **address: str) -> AppTest:
    visit.sign_in("veri_bilimci", [hotel.hotel_id], language)
    app = visit.open(page, **address)
    assert not app.exception
    return app


def measured(visit: Visit, hotel: SmallHotel, precision: float) -> None:
    now = visit.services.clock.now()
    row: dict[str, Any] = dict.fromkeys(("model_id", "setting_id", "recall", "f1", "accuracy", "pr_auc", "details"))
    row |= {
        "hotel_id": hotel.hotel_id, "metric_type": METRIC, "source": "verdicts", "measured_at": now, "until_at": now,
        "since_at": now - timedelta(days=30), "alerts": 20, "labelled": 11, "precision": precision,
        "intervals": {"precision": [0.5, 0.95]},
    }  # fmt: skip
    with visit.services.database.transaction() as connection:
        evaluations.add(connection, row)


def trained(visit: Visit, hotel: SmallHotel, status: str, reason: str | None) -> None:
    began = visit.services.clock.now() - timedelta(minutes=5)
    metrics = {"promotion": {"reason": reason}, "planted_pr_auc": 0.71, "in_use": {"planted_pr_auc": 0.9}}
    line = {
        "hotel_id": hotel.hotel_id, "metric_type": METRIC, "model_type": "isolation_forest", "started_at": began,
        "finished_at": began + timedelta(seconds=4), "status": status, "row_count": 800, "metrics": metrics,
    }  # fmt: skip
    with visit.services.database.transaction() as connection:
        model_queries.log_training(connection, line)


def ran(visit: Visit, hotel: SmallHotel, state: str, **values: Any) -> None:
    began = visit.services.clock.now() - timedelta(seconds=30)
    run = {"job_name": "train", "hotel_id": hotel.hotel_id, "trigger": "request", "requested_by": "ayse",
           "state": state, "started_at": began, "heartbeat_at": began, **values}  # fmt: skip
    with visit.services.database.transaction() as connection:
        connection.execute(insert(JobRun), run)


def compared(visit: Visit, hotel: SmallHotel, **result: Any) -> int:
    """A comparison of version 8 with version 7 of which the result says so."""
    now, services = visit.services.clock.now(), visit.services
    asked = {
        "hotel_id": hotel.hotel_id, "metric_type": METRIC, "model_type": "isolation_forest", "champion_id": 7,
        "champion_until": now - timedelta(days=9), "challenger_id": 8, "challenger_until": now - timedelta(days=2),
        "asked_by": "ayse", "asked_at": now,
    }  # fmt: skip
    values = {"compared_at": now, "since_on": None, "until_on": None, "error": None, "result": None} | result
    with services.database.transaction() as connection:
        number = model_comparisons.add(connection, asked)
        model_comparisons.finish(connection, number, values)
        bump(connection, hotel.hotel_id, "comparisons")
    return number


def outcome(visit: Visit) -> dict[str, Any]:
    """Three alerts with the champion, two with the challenger: one appears, two disappear, one of them confirmed."""
    now = visit.services.clock.now()
    measures = ("check_precision", "verdict_recall", "planted_precision", "planted_recall")
    side = {"alerts_per_day": 0.1, "false_alarms": 1, "missed": 0, "planted_missed": 0, "judged": 4}
    side |= dict.fromkeys(measures, NOT_MEASURED) | {"verdict_precision": MEASURED}
    alert = {
        "metric_type": METRIC, "family": "outflow", "alert_type": "stok_sapma", "entity_type": "product",
        "entity_id": 1, "room_id": None, "product_id": None, "staff_id": None, "days": 1, "value": 9.0,
        "expected": 4.0, "score": 4.2,
        "certain": False, "severity": "orta", "verdict": None, "is_hit": None, "timestamp": now.isoformat(),
    }  # fmt: skip
    days = [[(now - timedelta(days=day)).date().isoformat(), 1, 0] for day in (2, 1, 0)]
    return {
        "before": side | {"alerts": 3}, "after": side | {"alerts": 2}, "stay": 1, "daily": days,
        "appear": {"total": 1, "confirmed": 0, "false": 0, "rows": [alert]},
        "disappear": {"total": 2, "confirmed": 1, "false": 0, "rows": [alert | {"verdict": 1.0}, alert]},
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_installation_says_what_to_do(visit: Visit, text: Text, language: str, page: str) -> None:
    visit.sign_in("superadmin", None, language)
    app = visit.open(page)
    assert not app.exception
    assert "manage.py import" in text(app)


@pytest.mark.parametrize("page", PAGES)
def test_an_attendant_is_told_that_the_page_is_not_for_them(
    visit: Visit, text: Text, hotel: SmallHotel, page: str
) -> None:
    visit.sign_in("kat_sorumlusu", [hotel.hotel_id], "en")
    app = visit.open(page)
    assert Translator("en")("shell.forbidden_text") in text(app)
    assert not app.table


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_first_training_there_is_nothing_to_judge(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    t, said = Translator(language), text(opened(visit, hotel, PERFORMANCE, language))
    assert t("models.empty_title") in said
    assert t("jobs.never_ran") in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_below_the_floor_stand_out_with_interval_and_sample(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    t = Translator(language)
    measured(visit, hotel, 0.75)
    trained(visit, hotel, "refused", "worse_than_in_use")
    shown = cells(opened(visit, hotel, PERFORMANCE, language))
    figure = t("quality.with_interval", value=t.percent(0.75), low=t.percent(0.5), high=t.percent(0.95))
    assert f":red-badge[:material/trending_down: {figure}]" in shown
    assert t("quality.unknown") in shown  # recall: verdicts cannot say
    assert t("training.reason_worse_than_in_use") in shown
    assert t("training.against", found=t.number(0.71, 2), in_use=t.number(0.9, 2)) in shown
    assert t("jobs.seconds", value=t.number(4.0, 1)) in shown


def test_a_figure_above_the_floor_does_not_stand_out(visit: Visit, hotel: SmallHotel) -> None:
    measured(visit, hotel, 0.85)
    assert ":red-badge" not in cells(opened(visit, hotel, PERFORMANCE))


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_metric_type_shows_its_course(visit: Visit, text: Text, hotel: SmallHotel, language: str) -> None:
    t = Translator(language)
    measured(visit, hotel, 0.75)
    app = opened(visit, hotel, PERFORMANCE, language, metric=METRIC)
    assert t("performance.course", metric=t(f"metric.{METRIC}")) in text(app)
    assert len(app.get("plotly_chart")) == 1


def test_training_again_asks_for_it_and_what_follows_from_it(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    app, t = opened(visit, hotel, PERFORMANCE), Translator("en")
    app.button(key="ask_train").click().run()
    assert not app.exception
    asked = visit.services.jobs.pending(SYSTEM)
    assert [request.job_name for request in asked] == ["train", "evaluate", "examine_models"]
    assert {request.requested_by for request in asked} == {"veri_bilimci_en"}
    assert app.button(key="ask_train").disabled
    assert t("jobs.nobody_serves") in text(app)  # no sidecar runs here


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_running_training_shows_what_it_is_at(visit: Visit, hotel: SmallHotel, language: str) -> None:
    t = Translator(language)
    ran(visit, hotel, "running", progress_ratio=0.4, progress_note=f"metric.{METRIC}")
    [bar] = opened(visit, hotel, PERFORMANCE, language).get("progress")
    assert (bar.proto.value, bar.proto.text) == (40, t("jobs.at_work", what=t(f"metric.{METRIC}")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_training_that_ended_says_what_it_did_and_a_failed_one_why(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    t, ended = Translator(language), visit.services.clock.now() - timedelta(seconds=20)
    result = {"stok_seviye.zscore": "success", "stok_seviye.isolation_forest": "refused", "gelir_oda.zscore": "success"}
    ran(visit, hotel, "succeeded", finished_at=ended, result=result)
    said = text(opened(visit, hotel, PERFORMANCE, language))
    assert f"{t('training.outcome_success', count=2)} · {t('training.outcome_refused', count=1)}" in said
    with visit.services.database.transaction() as connection:
        connection.execute(failed_run())
    said = text(visit.open(PERFORMANCE))
    assert t("jobs.ended_badly", state=t("jobs.state_failed"), why=t("jobs.error_out_of_memory")) in said


def failed_run() -> Any:
    return sql("UPDATE job_runs SET state = 'failed', error_code = 'out_of_memory'")


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_first_comparison_the_page_says_when_there_is_one(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    assert Translator(language)("comparison.empty_title") in text(opened(visit, hotel, COMPARISON, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_challenger_that_hides_a_confirmed_alert_is_warned_of(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    t = Translator(language)
    compared(visit, hotel, result=outcome(visit))
    app = opened(visit, hotel, COMPARISON, language)
    said = text(app)
    numbers = {"challenger": t("models.number", number=8), "champion": t("models.number", number=7)}
    assert t("comparison.differs", more="1", fewer="2", same="1", days=3, **numbers) in said
    assert t("comparison.loses", count=1) in said
    assert t("comparison.new_days", count=2, days=3) in said
    assert t("tuning.disappear", alerts=2) in said
    assert t("tuning.evidence") not in [column for table in app.table for column in table.value.columns]
    assert {metric.label: metric.value for metric in app.metric}[t("tuning.planted_missed")] == t("quality.unknown")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pair_that_could_not_be_compared_says_why(visit: Visit, text: Text, hotel: SmallHotel, language: str) -> None:
    compared(visit, hotel, error="model_corrupt")
    assert Translator(language)("comparison.failed", code="model_corrupt") in text(
        opened(visit, hotel, COMPARISON, language)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_features_show_gaps_drift_and_that_nothing_is_trained_on_them(
    visit: Visit, text: Text, hotel: SmallHotel, language: str
) -> None:
    """Two rooms: too few to judge a drift; no forest: no importance."""
    t, services = Translator(language), visit.services
    services.pipeline.features.build(SYSTEM, hotel.hotel_id, services.clock.now())
    app = opened(visit, hotel, FEATURES, language, metric="tuketim_miktar")
    assert t("features.no_forest") in text(app)
    shown = cells(app)
    assert "`rolling_mean_7`" in shown
    assert t("features.not_judged") in shown
    assert {metric.label: metric.value for metric in app.metric}[t("features.duplicates")] == "0"


def test_a_metric_without_features_says_so(visit: Visit, text: Text, hotel: SmallHotel) -> None:
    assert Translator("en")("features.empty_title") in text(opened(visit, hotel, FEATURES, metric="talep_yogunluk"))
