"""Small models for tests: a rule that scores, published as versions of one kind."""

from datetime import timedelta

import numpy as np
from sqlalchemy import text

from core.clock import FixedClock
from db.queries import models as queries
from db.queries.models import ModelRow
from pipeline.models.service import ModelManager, TrainedModel
from tests.conftest import NOW

KIND = ("stok_seviye", "isolation_forest")
BATCH = np.arange(4.0)


class Rule:
    """Scores by a factor; picklable, and as broken as a test wants it."""

    def __init__(self, factor: float, weight: int = 0) -> None:
        self.factor, self.ballast = factor, b"x" * weight

    def scores(self, batch: np.ndarray) -> np.ndarray:
        return batch * self.factor

    def evidence(self, batch: object) -> np.ndarray:
        return np.zeros(len(batch))  # type: ignore[arg-type]


class Forgetful(Rule):
    """Scores otherwise after it was written and read."""

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self.factor = 0.5


def publish(
    manager: ModelManager, hotel_id: int, factor: float, *, day: int = 0, estimator: object = None, **more: object
) -> ModelRow:
    """A version that learned up to ``day`` days after NOW."""
    until = NOW + timedelta(days=day)
    model = TrainedModel(
        hotel_id, KIND[1], KIND[0], estimator or Rule(factor), until - timedelta(days=60), until, ["mean", "std"],
        parameters={"votes": True, "max_samples": 271828}, batch=BATCH, **more,
    )  # fmt: skip
    return row_of(manager, manager.save_model_to_file(model))


def row_of(manager: ModelManager, model_id: int) -> ModelRow:
    with manager.database.reading() as connection:
        row = queries.model(connection, model_id)
    assert row is not None
    return row


def active(manager: ModelManager, hotel_id: int) -> list[int]:
    with manager.database.reading() as connection:
        return [row.id for row in queries.list_models(connection, hotel_id, *KIND) if row.is_active]


def history(manager: ModelManager) -> list[tuple[int, bool, str]]:
    """(model, whether it is still in use, reason), oldest first."""
    query = "SELECT model_id, active_until IS NULL AS is_open, reason FROM ml_model_activations ORDER BY id"
    with manager.database.reading() as connection:
        return [(row.model_id, row.is_open, row.reason) for row in connection.execute(text(query))]


def tomorrow(clock: FixedClock) -> None:
    clock.advance(timedelta(days=1))
