"""Hotels for the machinery's tests."""

import pytest
from sqlalchemy import text

from db.session import Database


@pytest.fixture
def hotel(database: Database) -> int:
    with database.transaction() as connection:
        return int(
            connection.execute(text("INSERT INTO hotels (code, name) VALUES ('A', 'A') RETURNING id")).scalar_one()
        )


@pytest.fixture
def other_hotel(database: Database, hotel: int) -> int:
    with database.transaction() as connection:
        return int(
            connection.execute(text("INSERT INTO hotels (code, name) VALUES ('B', 'B') RETURNING id")).scalar_one()
        )
