"""Features: the daily values they are made of, and their stored rows."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, text

from db.bulk import copy_frame, upsert_frame
from db.models.ml import FEATURES
from db.queries.frames import copy_out
from db.queries.watermarks import Window

FEATURE_VERSION = 2  # that of pipeline.features.names: rows of other versions are not read
KEYS = ("hotel_id", "metric_type", "entity_id", "timestamp", "feature_version")


@dataclass(frozen=True)
class DailySource:
    """Which rows of ml_metrics become one value a day, of whom and how."""

    value: str  # "metric_value", or a key of extra_data
    daily: str  # "sum" or "median"
    of_rooms: bool = False  # slots are added up to their room

    @property
    def entity(self) -> str:
        return "s.room_id" if self.of_rooms else "m.entity_id"

    @property
    def tables(self) -> str:
        return "ml_metrics m" + (" JOIN minibar_slots s ON s.id = m.entity_id" if self.of_rooms else "")

    @property
    def aggregate(self) -> str:
        value = (
            f"m.{self.value}" if self.value in ("metric_value", "exposure") else "(m.extra_data->>%(value)s)::float8"
        )
        return f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {value})" if self.daily == "median" else f"sum({value})"


# An interval that ends at midnight belongs to the day it closes.
DAY = "((m.timestamp - interval '1 microsecond') AT TIME ZONE %(zone)s)::date"
ROWS = "m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s AND m.timestamp <= %(until)s"


def touched_days(
    connection: Connection, window: Window, source: DailySource, closed: tuple[datetime | None, datetime]
) -> pd.DataFrame:
    """entity_id, day: entities with rows to look at, and the first day those rows belong to.

    These are rows of days closed since the run before (``closed``: the last closed midnight then and now), and rows of
    earlier days that were collected since.
    """
    return copy_out(
        connection,
        f"SELECT {source.entity} AS entity_id, min({DAY}) AS day FROM {source.tables} WHERE {ROWS} "
        "AND (%(since)s IS NULL OR m.collected_at > %(recorded)s OR m.timestamp > %(since)s) GROUP BY 1",
        _params(window, closed[1]) | {"since": closed[0]},
    )


def daily_values(
    connection: Connection, window: Window, source: DailySource, entities: list[int], days: tuple[datetime, datetime]
) -> pd.DataFrame:
    """entity_id, day, value of every observed day that ends in ``days`` (after the first, up to the second)."""
    return copy_out(
        connection,
        f"SELECT {source.entity} AS entity_id, {DAY} AS day, ({source.aggregate})::float8 AS value "
        f"FROM {source.tables} WHERE {ROWS} AND m.timestamp > %(first)s AND {source.entity} = ANY(%(entities)s) "
        "GROUP BY 1, 2",
        _params(window, days[1]) | {"value": source.value, "first": days[0], "entities": entities},
    )


def replace_features(connection: Connection, window: Window, rows: pd.DataFrame, spans: pd.DataFrame) -> int:
    """Make the features of ``spans`` (entity_id, since: instant) equal to ``rows``; returns the rows written."""
    stored = copy_out(
        connection,
        "SELECT f.entity_id, f.timestamp FROM unnest(%(entities)s::bigint[], %(since)s::timestamptz[]) "
        "AS span(entity_id, since) JOIN ml_features f ON f.hotel_id = %(hotel_id)s "
        "AND f.metric_type = %(metric_type)s AND f.entity_id = span.entity_id AND f.timestamp > span.since "
        "AND f.timestamp <= %(until)s AND f.feature_version = %(version)s",
        _params(window, window.at)
        | {"entities": spans["entity_id"].tolist(), "since": spans["since"].tolist(), "version": FEATURE_VERSION},
    )
    if stored.empty:
        return copy_frame(connection, "ml_features", rows)
    left = stored.merge(rows[["entity_id", "timestamp"]], how="left", indicator=True)
    gone = left[left["_merge"] == "left_only"]
    if len(gone):
        connection.execute(
            text(
                "DELETE FROM ml_features f USING unnest(cast(:entities AS bigint[]), cast(:ends AS timestamptz[])) "
                "AS gone(entity_id, timestamp) WHERE f.hotel_id = :hotel_id AND f.metric_type = :metric_type "
                "AND (f.entity_id, f.timestamp) = (gone.entity_id, gone.timestamp)"
            ),
            {
                "hotel_id": window.hotel_id, "metric_type": window.metric_type,
                "entities": gone["entity_id"].tolist(), "ends": gone["timestamp"].dt.to_pydatetime().tolist(),
            },
        )  # fmt: skip
    return upsert_frame(connection, "ml_features", rows, KEYS) + len(gone)


def read_features(
    connection: Connection, hotel_id: int, metric_type: str, since: datetime, until: datetime
) -> pd.DataFrame:
    """entity_id, timestamp, the features and ``value`` of days that end after ``since``, not after ``until``, sorted.

    ``value`` is that of ``extra_features``; ``timestamp`` is the end of the hotel-local day; ``entity_id`` is an id of
    the metric type's ``described_entity_type``. Training and detection both read here.
    """
    columns = ", ".join(f'"{name}"' for name in FEATURES)
    return copy_out(
        connection,
        f"SELECT entity_id, timestamp, {columns}, (extra_features->>'value')::float8 AS value "
        "FROM ml_features WHERE hotel_id = %(hotel_id)s AND metric_type = %(metric_type)s "
        "AND feature_version = %(version)s "
        "AND timestamp > %(since)s AND timestamp <= %(until)s ORDER BY entity_id, timestamp",
        {"hotel_id": hotel_id, "metric_type": metric_type, "version": FEATURE_VERSION, "since": since, "until": until},
    )


def _params(window: Window, until: datetime) -> dict[str, object]:
    return {
        "hotel_id": window.hotel_id, "metric_type": window.metric_type, "zone": window.time_zone, "until": until,
        "recorded": window.recorded_since,
    }  # fmt: skip
