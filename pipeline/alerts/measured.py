"""What was measured before and after an alert, from the database and the archive (SPEC A5.2, A7.4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from db.queries import alert_series
from db.queries.alert_series import Key, is_summed
from db.queries.alerts import AlertRow
from db.queries.metric_values import Wanted
from pipeline.alerts.archived import joined, needed, shaped
from pipeline.alerts.series import marked, thinned
from pipeline.metrics.archive.service import MetricHistory

A_DAY = timedelta(hours=25)  # the longest there is


@dataclass(frozen=True)
class AlertSeries:
    """``points``: timestamp, value, expected, lower, upper, severity (None where normal), is_anomaly, at most 2,000.

    ``past_alerts``: beginnings of earlier incidents of the same entity and type. ``faults``: files of the archive that
    are not as they were written, and why; what lies in them is missing.
    """

    points: pd.DataFrame
    past_alerts: tuple[datetime, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)


def read(
    connection: Any, history: MetricHistory | None, alert: AlertRow, span: tuple[datetime, datetime]
) -> AlertSeries:
    """The points of an alert with ``since < timestamp <= until``, the two of ``span``."""
    key = (alert.metric_type, alert.alert_type, alert.entity_type, alert.entity_id)
    stored = alert_series.read_series(connection, alert.hotel_id, key, *span, time_zone=alert.time_zone)
    faults = dict[str, str]()
    frames = [stored]
    if history is not None:
        frames += _archived(connection, history, alert, key=key, stored=stored, span=span, faults=faults)
    rows = joined(frames, key)
    episodes = alert_series.incidents_between(connection, alert.hotel_id, key, *span)
    past = episodes.loc[episodes["id"] != alert.id, "started_at"]
    return AlertSeries(thinned(marked(rows, episodes)), tuple(at.to_pydatetime() for at in past), faults)


def _archived(
    connection: Any, history: MetricHistory, alert: AlertRow, *, key: Key, stored: pd.DataFrame,
    span: tuple[datetime, datetime], faults: dict[str, str],
) -> Iterator[pd.DataFrame]:  # fmt: skip
    """What lies in the archive alone, span by span; files that are not as they were written are told."""
    since, until = (at + timedelta(microseconds=1) for at in span)  # in the words of the archive
    wanted = Wanted(alert.hotel_id, alert.metric_type, since, until, None if is_summed(key) else alert.entity_id)
    files = history.files(connection, wanted)
    if not files:
        return
    parts = alert_series.parts_of(connection, alert.entity_type, alert.entity_id, *span)
    columns, entities = needed(key, parts)
    # Of a day in the database its last row is told: others of that day may be as old as a day.
    stored_from = None if stored.empty else stored["timestamp"].min() - A_DAY
    for rows in history.alone(
        connection, files, wanted, columns, stored_from=stored_from, entities=entities, faults=faults
    ):  # fmt: skip
        yield shaped(rows, key, alert.time_zone, parts)
