"""What other thresholds would have done, prepared for the screen: alerts by day, which come and go, quality, cost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from db.queries.alerts import AlertRow
from db.queries.tuning import Moment
from pipeline.detection.explain import COUNT_FAMILIES, EXCESS_STEPS
from pipeline.detection.explain import RANK as SEVERITIES
from pipeline.detection.severity import severity_of
from pipeline.detection.thresholds.outcomes import Measured
from pipeline.detection.thresholds.replay import SAME_ALERT, Comparison, ReplayResult
from pipeline.metrics.registry import METRIC_TYPES

SHOWN_ALERTS = 50
TEST = ["metric_type", "family", "entity_id", "timestamp"]
# Detectors say so themselves; candidates do not keep it, and importing the detectors costs most of a second.
DAYS_LEFT = ((2.0, "kritik"), (4.0, "yuksek"))
NO_EMERGENCY = 0.79
BOUNDED = ("daily_count", "share", "duration")
OWN_SIZES = ("refill", "drift")
Names = Mapping[str, Mapping[int, str]]  # by the column that holds the id
Changes = tuple[pd.DataFrame, pd.DataFrame]  # alerts that appear, alerts that disappear
Raised = Mapping[int, AlertRow]  # by position


@dataclass(frozen=True)
class ShownAlert:
    """An alert that appears or disappears. ``alert_id`` and ``message_*``: of the one that was really raised."""

    metric_type: str
    family: str
    alert_type: str
    entity_type: str
    severity: str
    at: datetime
    days: int  # on which it would have been seen
    value: float
    expected: float
    score: float
    needed_before: float  # evidence, under the settings in force
    needed_after: float
    is_certain: bool
    room: str | None
    product: str | None
    staff: str | None
    floor: str | None
    is_right: bool | None  # a person's verdict; None: nobody's
    is_planted: bool | None  # None: nothing was planted in this hotel
    alert_id: int | None
    message_id: str | None
    message_params: dict[str, Any] | None


@dataclass(frozen=True)
class Listed:
    """Alerts of one kind: how many in all, how many of them are known to be right or wrong, and the first to show."""

    total: int
    confirmed: int
    false: int
    alerts: tuple[ShownAlert, ...]


@dataclass(frozen=True)
class Side:
    """One of the two settings: what there is to read, and how good it is. Counts are of the whole period."""

    alerts: int
    alerts_per_day: float
    check_precision: Measured  # of the alerts of the check in hand: a verdict where there is one, else planted or not
    verdict_precision: Measured
    verdict_recall: Measured
    planted_precision: Measured
    planted_recall: Measured
    false_alarms: int  # read, and judged to be none
    missed: int  # confirmed by a person, and not raised by these settings
    planted_missed: int
    judged: int  # right or wrong, raised by these settings or not
    by_check: dict[tuple[str, str], int]  # alerts by metric type and check


@dataclass(frozen=True)
class Preview:
    """``daily``: observed_on, before, after: alerts that begin on each local day."""

    since_on: date
    until_on: date
    before: Side
    after: Side
    appear: Listed
    disappear: Listed
    daily: pd.DataFrame

    @property
    def days(self) -> int:
        return (self.until_on - self.since_on).days + 1

    @property
    def more_per_week(self) -> float:
        """Alerts that there are more to read in a week with the proposed settings; negative: fewer."""
        return 7 * (self.after.alerts_per_day - self.before.alerts_per_day)

    @property
    def judged(self) -> int:
        """Alerts of the period that a person found right or wrong, whether these settings raise them or not."""
        return max(self.before.judged, self.after.judged)


def moments(rows: pd.DataFrame) -> list[Moment]:
    """Those of ``changed`` that will be shown, to find the alerts that were really raised for them."""
    shown = rows.head(SHOWN_ALERTS)
    columns = (shown[name] for name in ("alert_type", "entity_type", "entity_id", "timestamp"))
    return [
        Moment(alert_type, entity_type, int(entity), at.to_pydatetime())
        for alert_type, entity_type, entity, at in zip(*columns, strict=True)
    ]


def preview(
    compared: Comparison, check: tuple[str, str], changes: Changes, names: Names, raised: Sequence[Raised]
) -> Preview:
    """A comparison of one hotel for the screen; ``check``: the metric type and family of tests in hand.

    ``changes``: what ``changed`` found in it; ``raised``: what ``db.queries.tuning.raised`` found for its ``moments``.
    """
    days = compared.before.per_day["observed_on"]
    appear, disappear = (listed(rows, names, found) for rows, found in zip(changes, raised, strict=True))
    return Preview(
        days.iloc[0].date(), days.iloc[-1].date(),
        side(compared.before, check), side(compared.after, check), appear, disappear, daily(compared),
    )  # fmt: skip


def daily(compared: Comparison) -> pd.DataFrame:
    """observed_on, before, after: alerts that begin on each local day of the period."""
    before, after = compared.before.per_day, compared.after.per_day
    return pd.DataFrame(
        {
            "observed_on": before["observed_on"],
            "before": before["incidents"].to_numpy(),
            "after": after["incidents"].to_numpy(),
        }
    )


def changed(compared: Comparison) -> Changes:
    """One row for each alert that is wholly new, and one for each wholly gone; the most severe and newest first.

    An alert that only becomes longer or shorter is the same alert to whoever reads it.
    """
    before, after, difference = compared.before, compared.after, compared.difference
    appear, disappear = _whole(after, difference.appear), _whole(before, difference.disappear)
    return (
        appear.assign(needed_before=_needed(appear, before), needed_after=appear["threshold"]),
        disappear.assign(needed_before=disappear["threshold"], needed_after=_needed(disappear, after)),
    )


def _needed(rows: pd.DataFrame, result: ReplayResult) -> np.ndarray:
    """The evidence that each of the rows needs in the other result, which decided on the same tests."""
    if rows.empty:
        return np.zeros(0)
    decided = result.decided[result.decided["timestamp"].isin(rows["timestamp"])]
    joined = rows[TEST].merge(decided[[*TEST, "threshold"]].drop_duplicates(TEST), on=TEST, how="left")
    return joined["threshold"].to_numpy(dtype=float)


def _whole(result: ReplayResult, found: pd.DataFrame) -> pd.DataFrame:
    if found.empty:  # mostly so while a slider moves; saves half of the work
        return found.assign(days=0, severity="", rank=0, verdict=np.nan, is_hit=np.nan)
    every = result.alerts.drop_duplicates(SAME_ALERT)["incident"].value_counts()
    mine = found["incident"].value_counts()
    whole = mine.index[(mine == every.reindex(mine.index)).to_numpy(dtype=bool)]
    rows = found[found["incident"].isin(whole)].sort_values("timestamp", kind="stable")
    first = rows.drop_duplicates("incident")
    truth = result.outcomes.incidents.set_index("incident").reindex(first["incident"])
    severity = [_severity(row) for row in first.to_dict("records")]
    shown = first.assign(
        days=mine.reindex(first["incident"]).to_numpy(), severity=severity,
        rank=[SEVERITIES.index(name) for name in severity],
        verdict=truth["verdict"].to_numpy(dtype=float), is_hit=truth["is_hit"].to_numpy(dtype=float),
    )  # fmt: skip
    return shown.sort_values(["rank", "timestamp"], ascending=False, kind="stable").reset_index(drop=True)


def _severity(row: Mapping[Any, Any]) -> str:
    """What detection says of such a test: its size, bounded where nothing is an emergency; days left by themselves."""
    known = METRIC_TYPES.get(row["metric_type"])
    kind = known.family if known is not None else ""
    if row["certain"]:
        return "kritik"
    if kind == "run_out":
        return next((name for days, name in DAYS_LEFT if float(row["value"]) <= days), "orta")
    size = abs(float(row["deviation_ratio"]))
    by_size = severity_of(min(size, NO_EMERGENCY) if kind in BOUNDED and row["family"] not in OWN_SIZES else size)
    if row["family"] not in COUNT_FAMILIES:
        return by_size
    excess = abs(float(row["value"]) - float(row["expected"]))
    return min(by_size, next(name for step, name in EXCESS_STEPS if excess >= step), key=SEVERITIES.index)


def listed(rows: pd.DataFrame, names: Names, raised: Raised) -> Listed:
    """Rows of ``changed`` as alerts that can be shown, with those that were really raised for them."""
    shown = rows.head(SHOWN_ALERTS).to_dict("records")
    alerts = tuple(_shown(row, names, raised.get(position)) for position, row in enumerate(shown))
    return Listed(len(rows), int((rows["verdict"] == 1.0).sum()), int((rows["verdict"] == 0.0).sum()), alerts)


def _shown(row: Mapping[Any, Any], names: Names, raised: AlertRow | None) -> ShownAlert:
    places = {column: _name(names, column, row.get(column)) for column in ("room_id", "product_id", "staff_id")}
    floor = _name(names, "floor_id", row["entity_id"]) if row["entity_type"] == "floor" else None
    return ShownAlert(
        row["metric_type"], row["family"], row["alert_type"], row["entity_type"],
        row["severity"] if raised is None else raised.severity, row["timestamp"].to_pydatetime(), int(row["days"]),
        float(row["value"]), float(row["expected"]), float(row["score"]),
        float(row["needed_before"]), float(row["needed_after"]),
        bool(row["certain"]), places["room_id"], places["product_id"], places["staff_id"], floor,
        _truth(row["verdict"]), _truth(row["is_hit"]),
        *((None, None, None) if raised is None else (raised.id, raised.message_id, raised.message_params)),
    )  # fmt: skip


def _name(names: Names, column: str, identity: float | None) -> str | None:
    if identity is None or pd.isna(identity):
        return None
    return names.get(column, {}).get(int(identity))


def _truth(value: float) -> bool | None:
    return None if pd.isna(value) else bool(value)


def side(result: ReplayResult, check: tuple[str, str]) -> Side:
    """How much there is to read and how good it is; ``check``: the metric type and family of tests in hand."""
    judged, planted = result.outcomes.judged, result.outcomes.planted
    is_true, is_found = judged["is_true"].to_numpy(dtype=bool), judged["is_found"].to_numpy(dtype=bool)
    return Side(
        result.incidents, result.incidents_per_day or 0.0, _precision_of(result, check),
        result.verdict_precision, result.verdict_recall, result.planted_precision, result.planted_recall,
        int((~is_true & is_found).sum()), int((is_true & ~is_found).sum()),
        int((~planted["is_found"].to_numpy(dtype=bool)).sum()), len(judged), by_check(result),
    )  # fmt: skip


def _precision_of(result: ReplayResult, check: tuple[str, str]) -> Measured:
    alerts, incidents = result.alerts, result.outcomes.incidents
    mine = alerts.loc[(alerts["metric_type"] == check[0]) & (alerts["family"] == check[1]), "incident"]
    return replace(result.outcomes, incidents=incidents[incidents["incident"].isin(mine)]).precision()


def by_check(result: ReplayResult) -> dict[tuple[str, str], int]:
    """Alerts by metric type and family of tests; one that two families raise counts for both."""
    different = result.alerts.drop_duplicates(["metric_type", "family", "incident"])
    return dict(Counter(zip(different["metric_type"], different["family"], strict=True)))
