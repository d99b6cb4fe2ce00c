"""What a report on the quality of stored features is made of: counts over all rows, and a sample of entities."""

from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from db.models.ml import FEATURES
from db.queries.features import DAY, FEATURE_VERSION, DailySource
from db.queries.frames import copy_out

PARTS = 1024  # entities fall into so many parts by hash; a sample is the first few of them
WANTED = (
    "hotel_id = :hotel_id AND metric_type = :metric_type AND feature_version = :version "
    "AND timestamp > :since AND timestamp <= :until"
)


def counted(
    connection: Connection, hotel_id: int, metric_type: str, since: datetime, until: datetime
) -> dict[str, Any]:
    """rows, entities, duplicates (rows of one entity and day beyond the first), newest (instant or None)."""
    found = connection.execute(
        text(
            "SELECT coalesce(sum(n), 0)::bigint AS rows, count(DISTINCT entity_id) AS entities, "
            "coalesce(sum(n - 1), 0)::bigint AS duplicates, max(timestamp) AS newest "
            f"FROM (SELECT entity_id, timestamp, count(*) AS n FROM ml_features WHERE {WANTED} GROUP BY 1, 2) AS days"
        ),
        {
            "hotel_id": hotel_id, "metric_type": metric_type, "version": FEATURE_VERSION, "since": since,
            "until": until,
        },
    )  # fmt: skip
    return dict(found.mappings().one())


def sampled_rows(
    connection: Connection, hotel_id: int, metric_type: str, since: datetime, until: datetime, *, parts: int
) -> pd.DataFrame:
    """entity_id, timestamp, the features and value of the entities in the first ``parts`` of PARTS."""
    columns = ", ".join(f'"{name}"' for name in FEATURES)
    return copy_out(
        connection,
        f"SELECT entity_id, timestamp, {columns}, (extra_features->>'value')::float8 AS value FROM ml_features "
        "WHERE hotel_id = %(hotel_id)s AND metric_type = %(metric_type)s AND feature_version = %(version)s "
        "AND timestamp > %(since)s AND timestamp <= %(until)s AND (hashint8(entity_id) & 1023) < %(parts)s "
        "ORDER BY entity_id, timestamp",
        {
            "hotel_id": hotel_id, "metric_type": metric_type, "version": FEATURE_VERSION, "since": since,
            "until": until, "parts": parts,
        },
    )  # fmt: skip


def observed_days(
    connection: Connection, hotel_id: int, metric_type: str, source: DailySource, days: tuple[datetime, datetime], *,
    time_zone: str, parts: int,
) -> int:  # fmt: skip
    """How many entity-days of the sampled entities have metric rows (after the first instant, up to the second)."""
    found = copy_out(
        connection,
        f"SELECT count(*) AS n FROM (SELECT DISTINCT {source.entity} AS entity_id, {DAY} AS day FROM {source.tables} "
        "WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s AND m.timestamp > %(since)s "
        f"AND m.timestamp <= %(until)s AND (hashint8({source.entity}) & 1023) < %(parts)s) AS days",
        {
            "hotel_id": hotel_id, "metric_type": metric_type, "zone": time_zone, "since": days[0], "until": days[1],
            "parts": parts,
        },
    )  # fmt: skip
    return int(found["n"].iloc[0])
