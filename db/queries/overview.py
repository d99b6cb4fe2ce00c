"""The Overview's figures: occupancy, consumption, revenue, refill times, freshness."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

NO_NEWS_HOURS = 24


@dataclass(frozen=True)
class Span:
    """A half-open span of instants."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Sales:
    units: float
    revenue: float
    checks: int


def occupancy(connection: Connection, hotel_id: int, on: date) -> tuple[int, int, int]:
    """(occupied rooms, active rooms, known stays around that day): no known stay means occupancy is not known."""
    row = connection.execute(
        text(
            "SELECT (SELECT count(DISTINCT room_id) FROM stays"
            "         WHERE hotel_id = :hotel_id AND arrival_on <= :on AND departure_on > :on),"
            "       (SELECT count(*) FROM rooms WHERE hotel_id = :hotel_id AND is_active),"
            "       (SELECT count(*) FROM stays WHERE hotel_id = :hotel_id AND departure_on >= :on - 7"
            "           AND arrival_on <= :on)"
        ),
        {"hotel_id": hotel_id, "on": on},
    ).one()
    return int(row[0]), int(row[1]), int(row[2])


SALES = """
SELECT span.number, coalesce(sum(used.units), 0) AS units, coalesce(sum(used.units * p.price), 0) AS revenue,
       (SELECT coalesce(sum(looked.slots), 0) FROM look_days looked
         WHERE looked.hotel_id = :hotel_id AND looked.day BETWEEN span.first_on AND span.last_on) AS checks
  FROM (SELECT number, (since AT TIME ZONE h.time_zone)::date AS first_on,
               ((until - interval '1 microsecond') AT TIME ZONE h.time_zone)::date AS last_on
          FROM hotels h, unnest(CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
               WITH ORDINALITY AS asked(since, until, number) WHERE h.id = :hotel_id) span
  LEFT JOIN consumption_days used
       ON used.hotel_id = :hotel_id AND used.day BETWEEN span.first_on AND span.last_on
  LEFT JOIN products p ON p.id = used.product_id
 GROUP BY span.number, span.first_on, span.last_on ORDER BY span.number
"""


def sales(connection: Connection, hotel_id: int, spans: list[Span]) -> list[Sales]:
    """Units consumed and their price, by the checks that ended in each span of whole hotel-local days."""
    params = {"since": [span.since for span in spans], "until": [span.until for span in spans]}
    rows = connection.execute(text(SALES), {"hotel_id": hotel_id, **params})
    return [Sales(float(row.units), float(row.revenue), int(row.checks)) for row in rows]


def refill_minutes(connection: Connection, hotel_id: int, span: Span) -> float | None:
    """Mean minutes of the refills that ended in the span; None when there was none."""
    found = connection.execute(
        text(
            "SELECT avg(metric_value) FROM ml_metrics WHERE hotel_id = :hotel_id AND metric_type = 'dolum_sure'"
            " AND timestamp >= :since AND timestamp < :until"
        ),
        {"hotel_id": hotel_id, "since": span.since, "until": span.until},
    ).scalar()
    return None if found is None else float(found)


def known_at(connection: Connection, hotel_id: int) -> datetime | None:
    """The instant as of which the hotel is known: when its sources were last read, all of them.

    Nights bring no records, so a source that was read and had nothing new is no staler for it. When nothing at all came
    for NO_NEWS_HOURS, reading it says little: then it is the moment of the newest movement, visit, check or stay.
    """
    tables = ("stock_movements", "visits", "room_checks", "custody_movements", "stays")
    newest = ", ".join(f"(SELECT max(recorded_at) FROM {table} WHERE hotel_id = :hotel_id)" for table in tables)
    query = f"""
        SELECT CASE WHEN found.newest > read.until - make_interval(hours => :hours)
                    THEN greatest(found.newest, read.until) ELSE found.newest END
          FROM (SELECT greatest({newest}) AS newest) found,
               (SELECT min(read_until) AS until FROM pipeline_watermarks
                 WHERE hotel_id = :hotel_id AND stage = 'collect') read"""
    params = {"hotel_id": hotel_id, "hours": NO_NEWS_HOURS}
    found: datetime | None = connection.execute(text(query), params).scalar()
    return found


@dataclass(frozen=True)
class Freshness:
    """How far one hotel is known; None where there is nothing yet."""

    hotel_id: int
    known_at: datetime | None  # see ``known_at``
    metric_at: datetime | None  # the end of the newest measured interval
    score_at: datetime | None  # the end of the newest judged interval


def freshness(connection: Connection, hotel_id: int, at: datetime) -> Freshness:
    """As of an instant; one index probe a metric type."""
    types = "(VALUES ('stok_seviye'), ('tuketim_miktar'), ('dolum_sure'), ('zimmet_kullanim')) AS t(metric_type)"
    newest = (
        f"(SELECT max(newest) FROM {types}, LATERAL (SELECT max(timestamp) AS newest FROM {{table}} m"
        " WHERE m.hotel_id = :hotel_id AND m.metric_type = t.metric_type AND m.timestamp <= :at) probe)"
    )
    query = f"SELECT {newest.format(table='ml_metrics')}, {newest.format(table='ml_scores')}"
    metric_at, score_at = connection.execute(text(query), {"hotel_id": hotel_id, "at": at}).one()
    return Freshness(hotel_id, known_at(connection, hotel_id), metric_at, score_at)
