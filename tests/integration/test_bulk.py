"""Bulk writes keep types, NULLs and text, and an unchanged upsert writes nothing."""

import pandas as pd

from db.bulk import copy_frame, upsert_frame
from db.session import Database

INSTANT = pd.Timestamp("2026-03-01T10:00:00.123456Z")


def hotels(names: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({"code": [f"H{i}" for i in range(len(names))], "name": names, "created_at": INSTANT})


def test_copied_text_survives_quotes_commas_newlines_and_turkish_letters(database: Database) -> None:
    names = ['İğne "oteli", 1', "satır\nsonu", "", "NULL", "\\N"]
    with database.transaction() as connection:
        assert copy_frame(connection, "hotels", hotels(names)) == len(names)
        stored = pd.read_sql("SELECT name, created_at FROM hotels ORDER BY code", connection)
    assert stored["name"].tolist() == names
    assert (stored["created_at"] == INSTANT).all()


def test_an_upsert_of_the_same_rows_writes_nothing_and_of_changed_rows_only_those(database: Database) -> None:
    with database.transaction() as connection:
        first = upsert_frame(connection, "hotels", hotels(["a", "b"]), ["code"])
        again = upsert_frame(connection, "hotels", hotels(["a", "b"]), ["code"])
        changed = upsert_frame(connection, "hotels", hotels(["a", "c"]), ["code"])
    assert (first, again, changed) == (2, 0, 1)
