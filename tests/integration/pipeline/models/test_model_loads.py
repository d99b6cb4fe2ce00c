"""Every load of a model file leaves a record, and a day of them becomes metric rows (SPEC B8)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.queries import models as model_queries
from db.queries.models import ModelRow
from db.session import Database, open_database
from pipeline.models.service import ModelManager, TrainedModel
from tests.conftest import KEYS, NOW
from tests.integration.builders import build_hotel

DAY = timedelta(days=1)


@pytest.fixture
def model(manager: ModelManager) -> ModelRow:
    with manager.database.transaction() as connection:
        hotel = build_hotel(connection)
    trained = TrainedModel(hotel.hotel_id, "zscore", "stok_seviye", {"level": 1.0}, NOW - DAY, NOW)
    model_id = manager.save_model_to_file(trained)
    with manager.database.reading() as connection:
        row = model_queries.model(connection, model_id)
    assert row is not None
    return row


def loads(database: Database) -> list[tuple[int, str]]:
    with database.reading() as connection:
        found = connection.execute(text("SELECT model_id, outcome FROM ml_model_loads ORDER BY id"))
        return [(row.model_id, row.outcome) for row in found]


def measured(database: Database, name: str) -> list[tuple[int, float, datetime]]:
    query = "SELECT entity_id, metric_value, timestamp FROM ml_metrics WHERE metric_type = :name ORDER BY entity_id"
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query), {"name": name})]


def test_loads_and_what_was_wrong_are_recorded(manager: ModelManager, model: ModelRow) -> None:
    manager.load_model_from_file(model)
    with pytest.raises(AppError, match="model_missing"):
        manager.load_model_from_file(replace(model, model_path=None))
    path = manager.folder.inside(str(model.model_path))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(AppError, match="model_corrupt"):
        manager.load_model_from_file(model)
    assert loads(manager.database) == [(model.id, "loaded"), (model.id, "model_missing"), (model.id, "model_corrupt")]


def test_a_model_is_loaded_although_its_load_cannot_be_recorded(manager: ModelManager, model: ModelRow) -> None:
    """B9: the database is gone, the file is not."""
    gone = replace(manager, database=open_database("postgresql://nobody:x@127.0.0.1:1/none", keys=KEYS))
    assert gone.load_model_from_file(model) == {"level": 1.0}
    assert loads(manager.database) == []


def test_a_day_of_loads_sizes_and_the_disk_become_metric_rows_once(
    manager: ModelManager, model: ModelRow, clock: FixedClock
) -> None:
    manager.load_model_from_file(model)
    manager.load_model_from_file(model)
    clock.advance(DAY)
    for _ in range(2):
        manager.upkeep.measure(SYSTEM, model.hotel_id, clock.now())
    [(entity, seconds, at)] = measured(manager.database, "model_yukleme_sure")
    assert (entity, at) == (model.id, NOW.replace(hour=21))  # midnight in Istanbul
    assert 0 < seconds < 10
    assert [(row[0], row[1]) for row in measured(manager.database, "model_boyut")] == [(model.id, model.size_bytes)]
    [(hotel_id, ratio, _)] = measured(manager.database, "model_disk_oran")
    assert hotel_id == model.hotel_id
    assert 0 < ratio < 1


def test_a_day_without_a_load_has_no_load_time(manager: ModelManager, model: ModelRow, clock: FixedClock) -> None:
    """Zero is not missing."""
    clock.advance(DAY)
    assert manager.upkeep.measure(SYSTEM, model.hotel_id, clock.now()).rows_out == 2
    assert measured(manager.database, "model_yukleme_sure") == []


def test_measuring_is_refused_to_readers_and_outside_the_scope(manager: ModelManager, model: ModelRow) -> None:
    with pytest.raises(AppError, match="forbidden"):
        manager.upkeep.measure(Scope("r", frozenset({"models.read"}), None), model.hotel_id, NOW)
    with pytest.raises(AppError, match="not_found"):
        manager.upkeep.measure(Scope("r", frozenset({"jobs.run"}), frozenset({-1})), model.hotel_id, NOW)
