"""Whoever writes metric rows seals them (SPEC A7.5)."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from db.queries import metric_checksums, model_loads
from db.session import Database
from tests.architecture.source_tree import production_files
from tests.integration.builders import build_hotel
from tests.integration.pipeline.metrics.test_consumption_days import collected


def assert_sealed(database: Database, hotel_id: int) -> None:
    with database.reading() as connection:
        found = metric_checksums.verify_rows(connection, hotel_id, None, limit=1_000_000)
    assert found.rows > 0
    assert found.changed == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_rows_that_were_collected_and_collected_again_after_corrections(database: Database, seed: int) -> None:
    hotel, _ = collected(database, seed)
    assert_sealed(database, hotel.hotel_id)


def test_measures_of_model_files_and_their_corrections(database: Database, clock: FixedClock) -> None:
    until = clock.now()
    with database.transaction() as connection:
        hotel_id = build_hotel(connection).hotel_id
    for ratio in (0.25, 0.5):
        with database.transaction() as connection:
            load = {
                "hotel_id": hotel_id, "model_id": 3, "metric_type": "stok_seviye", "model_type": "zscore",
                "loaded_at": until - timedelta(hours=1), "duration_seconds": ratio / 3, "outcome": "loaded",
            }  # fmt: skip
            model_loads.record(connection, load)
            assert model_loads.write_measures(connection, hotel_id, until - timedelta(days=1), until, ratio) > 0
    assert_sealed(database, hotel_id)


def test_every_statement_that_writes_metric_rows_names_the_checksum() -> None:
    writers = [file for file in production_files() if "INTO ml_metrics" in file.text and "migrations" not in file.name]
    assert {file.name for file in writers} == {
        "db/queries/metric_writes.py", "db/queries/model_loads.py", "db/queries/archive_holds.py",
    }  # fmt: skip
    assert [file.name for file in writers if "checksum" not in file.text] == []


def test_a_row_that_was_written_without_a_seal_would_be_found(database: Database) -> None:
    hotel, _ = collected(database, 1)
    with database.transaction() as connection:
        connection.execute(text("UPDATE ml_metrics SET checksum = NULL WHERE id = (SELECT min(id) FROM ml_metrics)"))
    with pytest.raises(AssertionError):
        assert_sealed(database, hotel.hotel_id)
