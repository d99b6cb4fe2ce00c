"""From decided tests to what the alerts are told: one DetectionResult a hotel-local day, in order of time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import repeat
from typing import cast

import numpy as np
import pandas as pd

from core.clock import local_midnight
from pipeline.detection.anomaly import Anomaly, DetectionResult
from pipeline.detection.contract import Family
from pipeline.detection.decision import decide, without_explained
from pipeline.detection.explain import anomalies
from pipeline.detection.thresholds.segments import NOWHERE, Places
from pipeline.detection.thresholds.settings import DetectionSettings

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


Decided = list[tuple[Family, pd.DataFrame]]


def decided(
    families: Iterable[Family],
    settings: DetectionSettings,
    counts: Mapping[str, pd.Series] | None = None,
    places: Places = NOWHERE,
) -> Decided:
    """Every family with its decisions; a room's total is silent where one of its products already alerts.

    ``counts``: tests by local day of each family; a family without an entry counts its own.
    """
    listed = list(families)
    known = counts or {}
    judged = {family.name: decide(family, settings, known.get(family.name), places) for family in listed}
    if "cell" in judged and "room" in judged:
        judged["room"] = without_explained(judged["room"], judged["cell"])
    return [(family, judged[family.name]) for family in listed]


def since_day(families: Iterable[Family], first_day: int) -> list[Family]:
    """The families with the tests of ``first_day`` (days since 1970) and later: no decision looks further back."""
    return [
        replace(family, tests=family.tests[family.tests["day"].to_numpy() >= first_day])
        if len(family.tests)
        else family
        for family in families
    ]


def spoken(families: Decided, span: Span) -> Decided:
    """Of each family the tests that this run may speak about."""
    return [(family, _in_span(family, tests, span)) for family, tests in families]


def results(families: Decided, span: Span) -> Iterator[DetectionResult]:
    """One result a day that has something to say, oldest first: incidents open and close as they did in history.

    ``families``: what ``spoken`` returned.
    """
    found: dict[int, list[Anomaly]] = {}
    calm: dict[int, set[Key]] = {}
    days: set[int] = set()
    for family, mine in families:
        if mine.empty:
            continue
        alerting = mine[mine["alert"]]
        for day, anomaly in zip(alerting["day"], anomalies(family, span.metric_type, alerting), strict=True):
            found.setdefault(int(day), []).append(anomaly)
        newest = mine.sort_values("timestamp", kind="stable").drop_duplicates(["day", "entity_id"], keep="last")
        normal = newest[newest["normal"]]
        for day, rows in normal.groupby("day")["entity_id"]:
            ids = rows.to_numpy(np.int64).tolist()
            calm.setdefault(cast(int, day), set()).update(
                zip(repeat(family.alert_type), repeat(family.entity_type), ids, strict=False)
            )
        days.update(mine["day"].unique().tolist())
    for day in sorted(days):
        closes = day_end(day, span.time_zone)
        ordered = sorted(found.get(day, []), key=lambda anomaly: (anomaly.timestamp, -anomaly.score))
        yield DetectionResult(
            span.hotel_id, span.metric_type, min(closes, span.at), tuple(ordered), frozenset(calm.get(day, ()))
        )


def _in_span(family: Family, tests: pd.DataFrame, span: Span) -> pd.DataFrame:
    if tests.empty:
        return tests
    if family.daily:
        ends = tests["day"].map({day: day_end(day, span.time_zone) for day in tests["day"].unique().tolist()})
        return tests[(ends <= span.at) & ((ends > span.since) if span.since is not None else True)]
    of_rooms = family.entity_type == "room" and "room_id" in span.waiting  # a total of the slots of a room
    id_column = "room_id" if of_rooms else "entity_id"
    wanted = span.waiting[[id_column, "timestamp"]].drop_duplicates().rename(columns={id_column: "entity_id"})
    near = tests[tests["timestamp"].between(wanted["timestamp"].min(), wanted["timestamp"].max())]
    joined = near[["entity_id", "timestamp"]].merge(wanted, on=["entity_id", "timestamp"], how="left", indicator=True)
    return near[(joined["_merge"] == "both").to_numpy()]


def day_end(day: int, time_zone: str) -> datetime:
    """The UTC instant at which a hotel-local day (days since 1970) is over."""
    return local_midnight(EPOCH + timedelta(days=int(day) + 1), time_zone).astimezone(UTC)
