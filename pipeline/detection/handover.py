"""From decided tests to what the alerts are told: one DetectionResult a hotel-local day, in order of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from core.clock import local_midnight
from pipeline.detection.anomaly import Anomaly, DetectionResult
from pipeline.detection.contract import Detected, Family
from pipeline.detection.decision import Policy, decide, without_explained
from pipeline.detection.explain import anomalies

EPOCH = date(1970, 1, 1)
Key = tuple[str, str, int]


@dataclass(frozen=True)
class Span:
    """What this run may speak about: the rows that waited, and the local days that closed in (since, at]."""

    hotel_id: int
    metric_type: str
    time_zone: str
    waiting: pd.DataFrame  # entity_id, timestamp, and room_id where the metric has rooms
    since: datetime | None
    at: datetime


def decided(detected: Detected, policy: Policy) -> list[tuple[Family, pd.DataFrame]]:
    """Every family with its decisions; a room's total is silent where one of its products already alerts."""
    judged = {family.name: decide(family, policy) for family in detected.families}
    if "cell" in judged and "room" in judged:
        judged["room"] = without_explained(judged["room"], judged["cell"])
    return [(family, judged[family.name]) for family in detected.families]


def results(families: list[tuple[Family, pd.DataFrame]], span: Span) -> Iterator[DetectionResult]:
    """One result a day that has something to say, oldest first: incidents open and close as they did in history."""
    found: dict[int, list[Anomaly]] = {}
    calm: dict[int, set[Key]] = {}
    days: set[int] = set()
    for family, tests in families:
        mine = _in_span(family, tests, span)
        alerting = mine[mine["alert"]]
        for day, anomaly in zip(alerting["day"], anomalies(family, span.metric_type, alerting), strict=True):
            found.setdefault(int(day), []).append(anomaly)
        newest = mine.sort_values("timestamp", kind="stable").drop_duplicates(["day", "entity_id"], keep="last")
        normal = newest[newest["normal"]]
        for day in normal["day"].unique().tolist():
            ids = normal.loc[normal["day"] == day, "entity_id"].to_numpy(np.int64).tolist()
            calm.setdefault(int(day), set()).update((family.alert_type, family.entity_type, i) for i in ids)
        days.update(mine["day"].unique().tolist())
    for day in sorted(days):
        closes = _day_end(day, span.time_zone)
        ordered = sorted(found.get(day, []), key=lambda anomaly: (anomaly.timestamp, -anomaly.score))
        yield DetectionResult(
            span.hotel_id, span.metric_type, min(closes, span.at), tuple(ordered), frozenset(calm.get(day, ()))
        )


def _in_span(family: Family, tests: pd.DataFrame, span: Span) -> pd.DataFrame:
    if tests.empty:
        return tests
    if family.daily:
        ends = tests["day"].map({day: _day_end(day, span.time_zone) for day in tests["day"].unique().tolist()})
        return tests[(ends <= span.at) & ((ends > span.since) if span.since is not None else True)]
    id_column = "room_id" if family.entity_type == "room" else "entity_id"
    wanted = span.waiting[[id_column, "timestamp"]].drop_duplicates().rename(columns={id_column: "entity_id"})
    joined = tests[["entity_id", "timestamp"]].merge(wanted, on=["entity_id", "timestamp"], how="left", indicator=True)
    return tests[(joined["_merge"] == "both").to_numpy()]


def _day_end(day: int, time_zone: str) -> datetime:
    """The UTC instant at which a hotel-local day (days since 1970) is over."""
    return local_midnight(EPOCH + timedelta(days=int(day) + 1), time_zone).astimezone(UTC)
