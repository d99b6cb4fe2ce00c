"""A hotel without data and a manager of its model files."""

from pathlib import Path

import pytest

from core.clock import FixedClock
from core.settings import Settings
from db.session import Database
from pipeline.models.service import ModelManager
from tests.integration.builders import build_hotel


@pytest.fixture
def manager(database: Database, clock: FixedClock, tmp_path: Path) -> ModelManager:
    return ModelManager(database, Settings(home=tmp_path / "home", models_dir=tmp_path / "models"), clock)


@pytest.fixture
def hotel(database: Database) -> int:
    with database.transaction() as connection:
        return build_hotel(connection).hotel_id
