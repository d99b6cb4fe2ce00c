"""Candidates and numbers of tests: what replay decides on again."""

from datetime import date

import pandas as pd
from sqlalchemy import Connection, text

from db.bulk import copy_frame, upsert_frame
from db.queries.frames import copy_out

KEYS = ("hotel_id", "metric_type", "family", "entity_id", "timestamp")
NUMBERS = ("room_id", "product_id", "staff_id")
COLUMNS = (
    "metric_type, family, alert_type, entity_type, entity_id, room_id, product_id, staff_id, observed_on, "
    "interval_start, timestamp, value, expected, lower, upper, deviation_ratio, effect, score, is_certain, "
    "context_signature"
)


def stored_keys(
    connection: Connection, hotel_id: int, metric_type: str, since_on: date, until_on: date
) -> pd.DataFrame:
    """family, entity_id, timestamp, observed_on of the candidates of some local days, both ends included."""
    query = (
        "SELECT family, entity_id, timestamp, observed_on FROM ml_candidates WHERE hotel_id = %(hotel_id)s "
        "AND metric_type = %(metric_type)s AND observed_on BETWEEN %(since_on)s AND %(until_on)s"
    )
    params = {"hotel_id": hotel_id, "metric_type": metric_type, "since_on": since_on, "until_on": until_on}
    return copy_out(connection, query, params)


def replace_candidates(
    connection: Connection, hotel_id: int, metric_type: str, found: pd.DataFrame, gone: pd.DataFrame
) -> None:
    """Write ``found`` over what is stored under its keys, and delete the rows of ``gone`` (keys)."""
    if len(gone):
        connection.execute(
            text(
                "DELETE FROM ml_candidates c USING unnest(CAST(:families AS text[]), CAST(:entities AS bigint[]), "
                "CAST(:instants AS timestamptz[])) AS g(family, entity_id, timestamp) WHERE c.hotel_id = :hotel_id "
                "AND c.metric_type = :metric_type AND (c.family, c.entity_id, c.timestamp) = "
                "(g.family, g.entity_id, g.timestamp)"
            ),
            {
                "hotel_id": hotel_id, "metric_type": metric_type, "families": gone["family"].tolist(),
                "entities": gone["entity_id"].tolist(), "instants": gone["timestamp"].dt.to_pydatetime().tolist(),
            },
        )  # fmt: skip
    rows = found.assign(hotel_id=hotel_id, metric_type=metric_type, **{name: _whole(found[name]) for name in NUMBERS})
    upsert_frame(connection, "ml_candidates", rows, KEYS)


def _whole(numbers: pd.Series) -> pd.Series:
    return numbers.astype("float64").astype("Int64")


def read_candidates(
    connection: Connection, hotel_id: int, period: tuple[date, date], min_score: float = 0.0
) -> pd.DataFrame:
    """Rows of ml_candidates of some local days (first, last) that are certain or have at least ``min_score``."""
    query = (
        f"SELECT {COLUMNS} FROM ml_candidates WHERE hotel_id = %(hotel_id)s "
        "AND observed_on BETWEEN %(since_on)s AND %(until_on)s AND (score >= %(min_score)s OR is_certain) "
        "ORDER BY metric_type, family, timestamp, entity_id"
    )
    params = {"hotel_id": hotel_id, "since_on": period[0], "until_on": period[1], "min_score": min_score}
    return copy_out(connection, query, params)


def replace_counts(
    connection: Connection, hotel_id: int, metric_type: str, counts: pd.DataFrame, days: tuple[date, date]
) -> None:
    """Make the numbers of tests of these local days (first, last) equal to ``counts``; its other rows are added."""
    connection.execute(
        text(
            "DELETE FROM ml_test_counts WHERE hotel_id = :hotel_id AND metric_type = :metric_type "
            "AND observed_on BETWEEN :since_on AND :until_on"
        ),
        {"hotel_id": hotel_id, "metric_type": metric_type, "since_on": days[0], "until_on": days[1]},
    )
    copy_frame(connection, "ml_test_counts", counts.assign(hotel_id=hotel_id, metric_type=metric_type))


def read_counts(
    connection: Connection, hotel_id: int, since_on: date, until_on: date, metric_type: str | None = None
) -> pd.DataFrame:
    """metric_type, family, observed_on, tests, share, effect_gate_ratio, is_banded of the local days given."""
    wanted = "" if metric_type is None else "AND metric_type = %(metric_type)s "
    query = (
        "SELECT metric_type, family, observed_on, tests, share, effect_gate_ratio, is_banded FROM ml_test_counts "
        f"WHERE hotel_id = %(hotel_id)s {wanted}AND observed_on BETWEEN %(since_on)s AND %(until_on)s "
        "ORDER BY metric_type, family, observed_on"
    )
    params = {"hotel_id": hotel_id, "metric_type": metric_type, "since_on": since_on, "until_on": until_on}
    return copy_out(connection, query, params)
