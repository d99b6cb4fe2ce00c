"""Metric rows by hotel-local day, and those that stand before the border of the archive (SPEC A7.4)."""

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, text

from db.queries.archive import JOINED
from db.queries.frames import copy_out, copy_table
from db.queries.metric_values import Wanted

WHERE = """m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s
   AND m.timestamp >= %(since)s AND m.timestamp < %(until)s
   AND (%(entity_id)s::bigint IS NULL OR m.entity_id = %(entity_id)s)"""
BY_DAY = f"""
SELECT ((m.timestamp - interval '1 microsecond') AT TIME ZONE %(zone)s)::date AS day, sum(m.metric_value) AS total,
       coalesce(sum(s.expected), 0) AS expected, count(s.expected) AS judged, count(*) AS rows
  FROM {JOINED}
 WHERE {WHERE} GROUP BY 1 ORDER BY 1
"""
ENTITIES = {
    "room": "SELECT id, number AS name FROM rooms WHERE hotel_id = :hotel_id ORDER BY number",
    "product": "SELECT id, name FROM products WHERE hotel_id = :hotel_id ORDER BY name, id",
    "staff": "SELECT id, full_name AS name FROM staff WHERE hotel_id = :hotel_id ORDER BY full_name, id",
    "floor": "SELECT id, name FROM floors WHERE hotel_id = :hotel_id ORDER BY floors.number",
}
KEYS = f"SELECT m.entity_id, m.timestamp FROM ml_metrics m WHERE {WHERE}"


@dataclass(frozen=True)
class Entity:
    """Of whom something is measured."""

    id: int
    name: str


def entities(connection: Connection, hotel_id: int, entity_type: str) -> list[Entity]:
    """Rooms, products, staff or floors; none of a type of which there are too many to choose from."""
    if entity_type not in ENTITIES:
        return []
    rows = connection.execute(text(ENTITIES[entity_type]), {"hotel_id": hotel_id})
    return [Entity(row.id, row.name) for row in rows]


def of_database(connection: Connection, wanted: Wanted, zone: str) -> pd.DataFrame:
    """day, total, expected (sum), judged, rows."""
    return copy_out(connection, BY_DAY, vars(wanted) | {"zone": zone})


def keys(connection: Connection, wanted: Wanted) -> pa.Table:
    """entity_id, timestamp of the rows that stand in the database."""
    return copy_table(connection, KEYS, vars(wanted))
