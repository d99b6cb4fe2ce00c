"""Honest figures, stored: from verdicts, from planted and from injected anomalies, or none at all (A6.4)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.session import Database
from pipeline.alerts.evaluation.service import EvaluationRow, EvaluationService
from pipeline.alerts.service import AlertFilters
from pipeline.detection.thresholds.service import ThresholdService
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import Scene
from tests.integration.pipeline.alerts.learning.simulated_user import planted_life

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def service(database: Database, clock: FixedClock, settings: Settings) -> EvaluationService:
    return EvaluationService(database, clock, settings, ThresholdService(database, clock, settings))


@pytest.fixture
def evaluations(scene: Scene, clock: FixedClock) -> EvaluationService:
    return service(scene.database, clock, Settings())


def judge(scene: Scene, verdicts: list[str]) -> None:
    """An alert in each of the first rooms yesterday, and a verdict on each."""
    for room in range(len(verdicts)):
        scene.fire(room, NOW - DAY)
    alerts = sorted(row.id for row in scene.alerts.board(SYSTEM, AlertFilters()).rows)
    for alert_id, verdict in zip(alerts, verdicts, strict=True):
        scene.alerts.triage.judge(SYSTEM, [alert_id], verdict)


def by_source(rows: list[EvaluationRow], metric_type: str) -> dict[str, EvaluationRow]:
    return {row.source: row for row in rows if row.metric_type == metric_type}


def test_verdicts_measure_precision_and_nothing_else(scene: Scene, evaluations: EvaluationService) -> None:
    judge(scene, ["dogru", "dogru", "yanlis_pozitif"])
    evaluations.evaluate(SYSTEM, scene.hotel.hotel_id, NOW)
    [row] = [row for row in evaluations.latest(SYSTEM) if row.source == "verdicts"]
    assert (row.metric_type, row.alerts, row.labelled) == ("tuketim_miktar", 3, 3)
    assert row.precision == pytest.approx(2 / 3)
    assert row.intervals is not None
    low, high = row.intervals["precision"]
    assert low < 0.25
    assert high > 0.9
    assert (row.recall, row.f1, row.accuracy, row.pr_auc) == (None, None, None, None)


def test_what_was_expected_and_trials_are_no_part_of_precision(scene: Scene, evaluations: EvaluationService) -> None:
    judge(scene, ["dogru", "beklenen", "test"])
    evaluations.evaluate(SYSTEM, scene.hotel.hotel_id, NOW)
    [row] = evaluations.latest(SYSTEM)
    assert (row.precision, row.labelled, row.alerts) == (1.0, 1, 3)


def test_without_verdicts_and_labels_nothing_is_measured(scene: Scene, evaluations: EvaluationService) -> None:
    """Not measurable yet: no row, and no accuracy on a model."""
    scene.fire(0, NOW - DAY)
    assert evaluations.evaluate(SYSTEM, scene.hotel.hotel_id, NOW).rows_out == 0
    assert evaluations.latest(SYSTEM) == []
    [figures] = evaluations.verdict_figures(SYSTEM, scene.hotel.hotel_id, NOW - 30 * DAY, NOW)
    assert (figures.alerts, figures.judged, figures.precision, figures.interval) == (1, 0, None, None)
    assert not figures.is_below(0.6, 0)


def test_the_same_instant_is_stored_once_and_each_night_adds_to_the_history(
    scene: Scene, evaluations: EvaluationService
) -> None:
    judge(scene, ["dogru"])
    for at in (NOW, NOW, NOW + DAY):
        evaluations.evaluate(SYSTEM, scene.hotel.hotel_id, at)
    history = evaluations.history(SYSTEM, scene.hotel.hotel_id, "tuketim_miktar")
    assert [row.measured_at for row in history] == [NOW, NOW + DAY]
    assert [row.measured_at for row in evaluations.latest(SYSTEM)] == [NOW + DAY]


def test_figures_of_another_hotel_are_not_shown(scene: Scene, evaluations: EvaluationService) -> None:
    judge(scene, ["dogru"])
    evaluations.evaluate(SYSTEM, scene.hotel.hotel_id, NOW)
    cem = Scope("cem", frozenset({"metrics.read"}), frozenset({scene.hotel.hotel_id + 1}))
    assert evaluations.latest(cem) == []
    assert evaluations.latest(cem, [scene.hotel.hotel_id]) == []
    with pytest.raises(AppError, match="not_found"):
        evaluations.history(cem, scene.hotel.hotel_id, "tuketim_miktar")
    with pytest.raises(AppError, match="forbidden"):
        evaluations.evaluate(cem, scene.hotel.hotel_id, NOW)


def test_planted_anomalies_are_measured_and_without_them_injected_ones(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    """The injected ones are put into copies: the hotel's rows are the same before and after."""
    settings = Settings(home=tmp_path / "home", models_dir=tmp_path / "models")
    life = planted_life(database, clock, settings, UNTIL, rooms=60, days=60, seed=5)
    evaluations = service(database, clock, settings)
    evaluations.evaluate(SYSTEM, life.hotel_id, UNTIL)
    planted = by_source(evaluations.latest(SYSTEM), "tuketim_miktar")["planted"]
    assert (planted.details or {})["injected"] is False
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM planted_anomalies"))
        before = connection.execute(text("SELECT sum(metric_value), count(*) FROM ml_metrics")).one()
    evaluations.evaluate(SYSTEM, life.hotel_id, UNTIL + timedelta(hours=1))
    injected = by_source(evaluations.latest(SYSTEM), "tuketim_miktar")["planted"]
    assert (injected.details or {})["injected"] is True
    for row in (planted, injected):
        assert row.labelled >= 5
        assert row.recall is not None
        assert 0.1 < row.recall <= 1.0
        assert row.pr_auc is not None
        assert row.pr_auc > 0.1
        assert row.accuracy is not None
        assert row.accuracy == pytest.approx((row.recall + 1.0) / 2, abs=0.02)
        assert {"precision", "recall", "pr_auc"} <= (row.intervals or {}).keys()
    with database.reading() as connection:
        assert connection.execute(text("SELECT sum(metric_value), count(*) FROM ml_metrics")).one() == before
