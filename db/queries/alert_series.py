"""The measurements behind one alert: what was measured and what each score row expected of it."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.frames import copy_out

# Rows of one entity of the metric itself.
OWN = """
SELECT m.timestamp, {value} AS value, s.expected, s.lower, s.upper
  FROM ml_metrics m
  LEFT JOIN ml_scores s ON s.hotel_id = m.hotel_id AND s.metric_type = m.metric_type
       AND s.entity_id = m.entity_id AND s.timestamp = m.timestamp
 WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s AND m.entity_id = %(entity_id)s
   AND m.timestamp > %(since)s AND m.timestamp <= %(until)s
 ORDER BY m.timestamp
"""
# What is judged beside the metric's own value; the score row says nothing about it.
BESIDE = """
SELECT m.timestamp, (m.extra_data->>'{field}')::float8 AS value, NULL::float8 AS expected, NULL::float8 AS lower,
       NULL::float8 AS upper
  FROM ml_metrics m
 WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s AND m.entity_id = %(entity_id)s
   AND m.timestamp > %(since)s AND m.timestamp <= %(until)s
 ORDER BY m.timestamp
"""
# Sums over many slots: the expected values add up, the bands do not, so there is none.
SUMMED = """
SELECT {grouped} AS at, max(m.timestamp) AS timestamp, sum(m.metric_value) AS value,
       coalesce(sum(s.expected), 0) AS expected, count(s.expected) AS judged, count(*) AS rows
  FROM ml_metrics m
  LEFT JOIN ml_scores s ON s.hotel_id = m.hotel_id AND s.metric_type = m.metric_type
       AND s.entity_id = m.entity_id AND s.timestamp = m.timestamp
  {joined}
 WHERE m.hotel_id = %(hotel_id)s AND m.metric_type = %(metric_type)s {condition}
   AND m.timestamp > %(since)s AND m.timestamp <= %(until)s
 GROUP BY 1 ORDER BY 1
"""
ROOM_SLOTS = "AND m.entity_id IN (SELECT id FROM minibar_slots WHERE room_id = %(entity_id)s)"
BY_STAFF = "JOIN visits v ON v.id = (m.extra_data->>'visit_id')::bigint AND v.staff_id = %(entity_id)s"
BESIDE_FIELDS = {
    "zimmet_tutarsizlik": "balance", "teslimat_sapma": "inflow", "qr_okutma_basarisiz": "failed",
    "bosta_tuketim_artis": "rooms",
}  # fmt: skip
# Answers given on a floor; the rows are those of its rooms.
OF_FLOOR = "AND (m.extra_data->>'floor_id')::bigint = %(entity_id)s"
LOCAL_DAY = "((m.timestamp - interval '1 microsecond') AT TIME ZONE %(time_zone)s)::date"

# What an alert of a wider entity than the metric's own adds up.
SUMS = {
    ("talep_yanit_sure", "floor"): {"grouped": "m.timestamp", "joined": "", "condition": OF_FLOOR},
    ("gelir_oda", "hotel"): {"grouped": LOCAL_DAY, "joined": "", "condition": ""},
}


Key = tuple[str, str, str, int]  # metric_type, alert_type, entity_type, entity_id


def is_summed(key: Key) -> bool:
    """Whether the points are sums over several entities."""
    metric_type, alert_type, entity_type, _ = key
    if alert_type in BESIDE_FIELDS:
        return False
    return (metric_type, entity_type) in SUMS or (metric_type == "tuketim_miktar" and entity_type != "minibar_slot")


def _query(key: Key) -> str:
    metric_type, alert_type, entity_type, _ = key
    if alert_type in BESIDE_FIELDS:
        return BESIDE.format(field=BESIDE_FIELDS[alert_type])
    if (metric_type, entity_type) in SUMS:
        return SUMMED.format(**SUMS[metric_type, entity_type])
    if not is_summed(key):
        return OWN.format(value="m.metric_value")
    if entity_type == "room":
        return SUMMED.format(grouped="m.timestamp", joined="", condition=ROOM_SLOTS)
    if entity_type == "staff":
        return SUMMED.format(grouped=LOCAL_DAY, joined=BY_STAFF, condition="")
    return SUMMED.format(grouped=LOCAL_DAY, joined="", condition="")


def read_series(
    connection: Connection,
    hotel_id: int,
    key: Key,
    since: datetime,
    until: datetime,
    *,
    time_zone: str,
) -> pd.DataFrame:
    """timestamp, value, expected, lower, upper of a key's rows with ``since < timestamp <= until``.

    Of sums (``is_summed``): at, timestamp, value, expected (of the judged rows), judged, rows, which others can be
    added to. Rooms and floors are summed by instant, staff and hotels by local day (told at the day's last check).
    """
    metric_type, _, _, entity_id = key
    params = {
        "hotel_id": hotel_id, "metric_type": metric_type, "entity_id": entity_id, "since": since, "until": until,
        "time_zone": time_zone,
    }  # fmt: skip
    return copy_out(connection, _query(key), params)


def parts_of(connection: Connection, entity_type: str, entity_id: int, since: datetime, until: datetime) -> list[int]:
    """The slots of a room; the visits of an attendant in a span; nothing of others."""
    query = {
        "room": "SELECT id FROM minibar_slots WHERE room_id = :entity_id",
        "staff": "SELECT id FROM visits WHERE staff_id = :entity_id AND occurred_at > :since AND occurred_at <= :until",
    }.get(entity_type)
    if query is None:
        return []
    params = {"entity_id": entity_id, "since": since, "until": until}
    return list(connection.execute(text(query), params).scalars())


def incidents_between(
    connection: Connection, hotel_id: int, key: Key, since: datetime, until: datetime
) -> pd.DataFrame:
    """id, started_at, last_seen_at, severity of the incidents of a key that overlap a span, oldest first."""
    _, alert_type, entity_type, entity_id = key
    query = (
        "SELECT id, started_at, last_seen_at, severity FROM ml_alerts WHERE hotel_id = %(hotel_id)s "
        "AND alert_type = %(alert_type)s AND entity_type = %(entity_type)s AND entity_id = %(entity_id)s "
        "AND last_seen_at > %(since)s AND started_at <= %(until)s ORDER BY started_at, id"
    )
    params = {
        "hotel_id": hotel_id, "alert_type": alert_type, "entity_type": entity_type, "entity_id": entity_id,
        "since": since, "until": until,
    }  # fmt: skip
    return copy_out(connection, query, params)
