"""What the screen of thresholds asks for: the checks of a hotel, and the alerts that really were raised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from db.queries.alerts import AlertRow, by_ids


@dataclass(frozen=True)
class CheckRow:
    """A family of tests as it was last run; ``entity_type`` is None while nothing in it was remarkable."""

    metric_type: str
    family: str
    gate_ratio: float
    tests_per_day: float
    entity_type: str | None


@dataclass(frozen=True)
class Moment:
    """What an alert is about and when, to find the one that was raised for it."""

    alert_type: str
    entity_type: str
    entity_id: int
    at: datetime


def checks(connection: Connection, hotel_id: int, since_on: date) -> list[CheckRow]:
    """The families of tests that ran since a local day."""
    query = """
        SELECT n.metric_type, n.family, n.gate_ratio, n.tests_per_day,
               (SELECT c.entity_type FROM ml_candidates c WHERE c.hotel_id = :hotel_id
                   AND c.metric_type = n.metric_type AND c.family = n.family LIMIT 1) AS entity_type
          FROM (SELECT metric_type, family, CAST(avg(tests) AS double precision) AS tests_per_day,
                       (array_agg(effect_gate_ratio ORDER BY observed_on DESC))[1] AS gate_ratio
                  FROM ml_test_counts WHERE hotel_id = :hotel_id AND observed_on >= :since_on
                 GROUP BY metric_type, family) n
         ORDER BY n.metric_type, n.family"""
    found = connection.execute(text(query), {"hotel_id": hotel_id, "since_on": since_on}).mappings()
    return [CheckRow(**row) for row in found]


def raised(connection: Connection, hotel_id: int, moments: Sequence[Moment]) -> dict[int, AlertRow]:
    """{position in ``moments``: the alert that was raised for it}; old ones may have been cleaned up since."""
    if not moments:
        return {}
    query = """
        SELECT w.position, a.id
          FROM unnest(CAST(:positions AS bigint[]), CAST(:alert_types AS text[]), CAST(:entity_types AS text[]),
                      CAST(:entity_ids AS bigint[]), CAST(:instants AS timestamptz[]))
               AS w(position, alert_type, entity_type, entity_id, at)
         CROSS JOIN LATERAL (
               SELECT id FROM ml_alerts
                WHERE hotel_id = :hotel_id AND alert_type = w.alert_type AND entity_type = w.entity_type
                  AND entity_id = w.entity_id AND started_at < w.at AND last_seen_at >= w.at
                ORDER BY id DESC LIMIT 1) a"""
    params = {
        "hotel_id": hotel_id, "positions": list(range(len(moments))),
        "alert_types": [one.alert_type for one in moments], "entity_types": [one.entity_type for one in moments],
        "entity_ids": [one.entity_id for one in moments], "instants": [one.at for one in moments],
    }  # fmt: skip
    found = {row.position: row.id for row in connection.execute(text(query), params)}
    alerts = by_ids(connection, list(found.values()))
    return {position: alerts[identity] for position, identity in found.items()}
