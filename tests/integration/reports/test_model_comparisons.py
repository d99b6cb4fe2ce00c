"""Champion against challenger as a difference of alerts: asked for, compared by the job, told honestly (C6, P11)."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.queries import model_comparisons as queries
from db.session import Database
from pipeline.features.names import FEATURES
from pipeline.features.service import FeatureService
from pipeline.metrics.service import MetricsService
from pipeline.models.service import ModelManager
from pipeline.training.fitting import FITS
from pipeline.training.service import TrainingService
from reports.model_comparisons import JOB, ModelComparisonService
from sources.simulation.service import SimulationService
from tests.integration.builders import build_hotel
from tests.integration.pipeline.alerts.renewal.test_renewal import choosing

UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
DAY = timedelta(days=1)
METRIC = "stok_seviye"

TAKEN = (
    "INSERT INTO stock_movements (hotel_id, product_id, movement_type, quantity, occurred_at) "
    "SELECT :hotel, min(id), 'cikis', 12, :at FROM products WHERE hotel_id = :hotel"
)


@dataclass(frozen=True)
class Says:
    """A model that finds every day equally odd; only days whose size is material become alerts."""

    said: float
    quantiles: tuple[float, ...] = (0.0,) * 5

    def scores(self, features: pd.DataFrame) -> np.ndarray:
        return self.evidence(features)

    def evidence(self, features: pd.DataFrame) -> np.ndarray:
        return np.full(len(features), self.said)


class Mute(Says):
    """Trained like the others; a test then takes what it needs for judging away."""


CALM, NERVOUS, MUTE = Says(0.0), Says(12.0), Mute(1.0)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """So generous a budget that a model's voice decides in a hotel as small as this."""
    return Settings(home=tmp_path / "home", models_dir=tmp_path / "models", alert_budget_per_day=200)


@pytest.fixture
def training(database: Database, clock: FixedClock, settings: Settings) -> TrainingService:
    models = ModelManager(database, settings, clock)
    return TrainingService(database, models, settings, chooser=choosing(FEATURES), only=frozenset({METRIC}))


@pytest.fixture
def hotel_id(database: Database, clock: FixedClock) -> int:
    clock.at = UNTIL
    [hotel_id] = SimulationService(database).create(SYSTEM, 1, 12, 75, seed=6, until=UNTIL)
    with database.transaction() as connection:  # in the hour that ends a day, of which models have features
        for days_ago in (4, 8, 12):
            night = UNTIL.replace(hour=20, minute=30) - days_ago * DAY
            taken = {"hotel": hotel_id, "at": night}
            connection.execute(text(TAKEN), taken)
    MetricsService(database).collect(SYSTEM, hotel_id, UNTIL)
    FeatureService(database).build(SYSTEM, hotel_id, UNTIL)
    return hotel_id


@pytest.fixture
def comparisons(training: TrainingService, clock: FixedClock) -> ModelComparisonService:
    return ModelComparisonService(training.database, clock, training.settings, training.models)


def train(training: TrainingService, hotel_id: int, at: datetime, estimator: Any = None) -> int:
    """A forest as of an instant, or what stands in for one; the id of its version."""
    fit = FITS["isolation_forest"]
    with pytest.MonkeyPatch.context() as patch:
        if estimator is not None:
            patch.setitem(
                FITS, "isolation_forest", lambda *given: replace(fit(*given), estimator=estimator, batch=None)
            )
        training.train(SYSTEM, hotel_id, at)
    with training.database.reading() as connection:
        query = "SELECT max(id) FROM ml_models WHERE model_type = 'isolation_forest'"
        return int(connection.execute(text(query)).scalar_one())


def test_the_newest_version_is_compared_by_itself_with_what_spoke_before_it(
    training: TrainingService, comparisons: ModelComparisonService, hotel_id: int
) -> None:
    first = train(training, hotel_id, UNTIL - 20 * DAY)
    assert comparisons.compare(SYSTEM, hotel_id, UNTIL).rows_out == 1
    [alone] = comparisons.listed(SYSTEM, hotel_id)
    assert (alone.champion_id, alone.challenger_id) == (None, first)  # before the first one the Z-Score spoke alone
    second = train(training, hotel_id, UNTIL)
    assert comparisons.compare(SYSTEM, hotel_id, UNTIL).rows_out == 1
    newest = comparisons.listed(SYSTEM, hotel_id)[0]
    assert (newest.champion_id, newest.challenger_id) == (first, second)
    assert comparisons.compare(SYSTEM, hotel_id, UNTIL).rows_in == 0  # nothing new


def test_a_challenger_that_finds_more_is_told_as_the_alerts_that_it_adds(
    training: TrainingService, comparisons: ModelComparisonService, hotel_id: int
) -> None:
    champion = train(training, hotel_id, UNTIL - 20 * DAY, CALM)
    challenger = train(training, hotel_id, UNTIL - 10 * DAY, NERVOUS)
    asked = comparisons.request(SYSTEM, hotel_id, challenger, champion)
    comparisons.compare(SYSTEM, hotel_id, UNTIL)
    found = comparisons.read(SYSTEM, hotel_id, asked)
    assert found.days == 30
    assert found.new_days == 10  # since the later of the two had learned
    assert found.appear.total > 0
    assert found.after.alerts == found.before.alerts - found.disappear.total + found.appear.total
    assert all(alert.product and alert.metric_type == METRIC for alert in found.appear.alerts)
    assert int(found.daily["after"].sum()) == found.after.alerts
    assert int(found.daily["before"].sum()) == found.before.alerts


def test_a_version_against_itself_changes_nothing(
    training: TrainingService, comparisons: ModelComparisonService, hotel_id: int, clock: FixedClock
) -> None:
    """The negative control: the same model under two numbers raises the same alerts."""
    first = train(training, hotel_id, UNTIL - 20 * DAY, NERVOUS)
    second = train(training, hotel_id, UNTIL - 10 * DAY, NERVOUS)
    asked = comparisons.request(SYSTEM, hotel_id, second, first)
    comparisons.compare(SYSTEM, hotel_id, UNTIL)
    found = comparisons.read(SYSTEM, hotel_id, asked)
    assert (found.appear.total, found.disappear.total) == (0, 0)
    assert found.stay == found.after.alerts > 0


def test_what_was_asked_for_waits_for_one_run_of_the_job(
    training: TrainingService, comparisons: ModelComparisonService, hotel_id: int
) -> None:
    version = train(training, hotel_id, UNTIL)
    asked = [comparisons.request(SYSTEM, hotel_id, version) for _ in range(2)]
    with comparisons.database.reading() as connection:
        query = "SELECT actor, entity FROM audit_log WHERE action = 'job_requested' AND hotel_id = :hotel_id"
        [told] = connection.execute(text(query), {"hotel_id": hotel_id}).all()
    assert tuple(told) == (SYSTEM.actor, "examine_models")
    assert asked[0] == asked[1]
    with training.database.reading() as connection:
        names = [row.job_name for row in connection.execute(text("SELECT job_name FROM job_requests"))]
    assert names == [JOB]
    with pytest.raises(AppError, match="not_found"):
        comparisons.read(SYSTEM, hotel_id, asked[0])  # it waits


def test_a_version_whose_file_is_damaged_is_said_and_the_others_are_compared(
    training: TrainingService, comparisons: ModelComparisonService, hotel_id: int
) -> None:
    broken, sound = train(training, hotel_id, UNTIL - 20 * DAY), train(training, hotel_id, UNTIL)
    with training.database.reading() as connection:
        path = connection.execute(text("SELECT model_path FROM ml_models WHERE id = :id"), {"id": broken}).scalar_one()
    (training.models.folder.root / path).write_bytes(b"not a model")
    comparisons.request(SYSTEM, hotel_id, broken)
    report = comparisons.compare(SYSTEM, hotel_id, UNTIL)
    rows = {(row.champion_id, row.challenger_id): row.error for row in comparisons.listed(SYSTEM, hotel_id)}
    assert rows[None, broken] == "model_corrupt"
    assert rows[broken, sound] == "model_corrupt"
    comparisons.request(SYSTEM, hotel_id, sound)
    assert comparisons.compare(SYSTEM, hotel_id, UNTIL).rows_out == 1
    assert report.rows_out == 0


def test_a_version_that_loads_but_cannot_judge_is_said_and_does_not_hold_up_the_others(
    training: TrainingService, comparisons: ModelComparisonService, hotel_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, mute = train(training, hotel_id, UNTIL - 20 * DAY), train(training, hotel_id, UNTIL, MUTE)

    def without_a_column(model: Mute, features: pd.DataFrame) -> np.ndarray:
        raise LookupError("no such column")

    monkeypatch.setattr(Mute, "evidence", without_a_column)
    asked = comparisons.request(SYSTEM, hotel_id, mute), comparisons.request(SYSTEM, hotel_id, sound)
    comparisons.compare(SYSTEM, hotel_id, UNTIL)
    rows = {row.id: row for row in comparisons.listed(SYSTEM, hotel_id)}
    assert [rows[one].error for one in asked] == ["model_unfit", None]
    assert comparisons.read(SYSTEM, hotel_id, asked[1]).days == 30
    assert comparisons.compare(SYSTEM, hotel_id, UNTIL).rows_in == 0  # it does not wait for ever


def test_only_two_versions_of_one_kind_can_be_compared(
    training: TrainingService, comparisons: ModelComparisonService, hotel_id: int, database: Database
) -> None:
    version = train(training, hotel_id, UNTIL)
    with pytest.raises(AppError, match="models_not_comparable"):
        comparisons.request(SYSTEM, hotel_id, version, version)
    with pytest.raises(AppError, match="not_found"):
        comparisons.request(SYSTEM, hotel_id, 999_999)
    with database.transaction() as connection:
        other = build_hotel(connection).hotel_id
    with pytest.raises(AppError, match="not_found"):
        comparisons.request(SYSTEM, other, version)  # another hotel's version is none


def test_readers_may_look_and_may_not_ask_and_others_see_nothing(
    training: TrainingService, comparisons: ModelComparisonService, hotel_id: int
) -> None:
    version = train(training, hotel_id, UNTIL)
    reader = Scope("ayse", frozenset({"models.read"}), frozenset({hotel_id}))
    assert comparisons.versions(reader, hotel_id)[0].model_id == version
    with pytest.raises(AppError, match="forbidden"):
        comparisons.request(reader, hotel_id, version)
    with pytest.raises(AppError, match="not_found"):
        comparisons.listed(replace(reader, hotels=frozenset({hotel_id + 1})), hotel_id)


def test_no_threshold_and_no_name_is_kept_in_a_comparison(
    training: TrainingService, comparisons: ModelComparisonService, hotel_id: int
) -> None:
    """A9.3: thresholds stand sealed, here they do not stand at all; names are looked up when somebody looks."""
    champion, challenger = train(training, hotel_id, UNTIL - 20 * DAY), train(training, hotel_id, UNTIL, NERVOUS)
    comparisons.compare(SYSTEM, hotel_id, UNTIL)
    asked = comparisons.request(SYSTEM, hotel_id, challenger, champion)
    comparisons.compare(SYSTEM, hotel_id, UNTIL)
    with training.database.reading() as connection:
        kept = queries.result(connection, hotel_id, asked)
    assert kept is not None
    said = json.dumps(kept[1])
    assert '"appear"' in said
    for word in ("threshold", "needed", "gate", "budget", "name"):
        assert word not in said
