"""Frames read through COPY have the types of their columns, whatever stands in them."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from sqlalchemy import text

from db.queries import frames, watermarks
from db.session import Database
from tests.integration.builders import build_hotel

EVERY_TYPE = """
SELECT 1::bigint AS whole, 1.5::float8 AS number, 2.5::numeric AS decimal, true AS flag, date '2026-03-01' AS day,
       timestamptz '2026-03-01 10:00:00.123456+03' AS at, 'ş,"\n' AS words
"""


def test_every_type_arrives_as_itself(database: Database) -> None:
    with database.reading() as connection:
        row = frames.copy_out(connection, EVERY_TYPE).iloc[0]
        empty = frames.copy_out(connection, f"SELECT * FROM ({EVERY_TYPE}) q WHERE false")
    assert row[["whole", "number", "decimal", "flag"]].tolist() == [1, 1.5, 2.5, True]
    assert row["at"] == datetime(2026, 3, 1, 7, 0, 0, 123456, tzinfo=UTC)
    assert row["day"] == pd.Timestamp("2026-03-01")
    assert row["words"] == 'ş,"\n'
    assert str(empty["at"].dtype) == "datetime64[us, UTC]"
    assert empty["whole"].dtype == "int64"


def test_null_is_missing_and_an_empty_text_is_a_text(database: Database) -> None:
    query = (
        "SELECT * FROM (VALUES (1, 'a', 2::bigint), (2, '', NULL), (3, NULL, 4)) AS t(number, words, gaps) ORDER BY 1"
    )
    with database.reading() as connection:
        frame = frames.copy_out(connection, query)
    assert frame["words"].isna().tolist() == [False, False, True]
    assert frame["words"].iloc[1] == ""
    assert frame["gaps"].dtype == "float64"
    assert frame["gaps"].isna().tolist() == [False, True, False]


def test_parameters_are_quoted_by_the_driver(database: Database) -> None:
    words = "'; DROP TABLE hotels; --"
    with database.transaction() as connection:
        frame = frames.copy_out(connection, "SELECT %(words)s AS words", {"words": words})
        assert connection.execute(text("SELECT count(*) FROM hotels")).scalar_one() == 0
    assert frame["words"].tolist() == [words]


@pytest.mark.parametrize("steps", [(1, 2), (2, 1)])
def test_a_watermark_never_goes_back(database: Database, steps: tuple[int, int]) -> None:
    with database.transaction() as connection:
        hotel_id = build_hotel(connection).hotel_id
    for day in steps:
        with database.transaction() as connection:
            at = datetime(2026, 1, day, tzinfo=UTC)
            watermarks.close_window(connection, watermarks.open_window(connection, hotel_id, "collect", "x", at))
    with database.transaction() as connection:
        window = watermarks.open_window(connection, hotel_id, "collect", "x", at)
        assert window.since_at == datetime(2026, 1, 2, tzinfo=UTC)
        watermarks.reset(connection, hotel_id, "collect")
        assert watermarks.open_window(connection, hotel_id, "collect", "x", at).is_first
