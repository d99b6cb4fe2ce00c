"""An alert beside its like: how others of the same room type, floor or job did, as ranges and never on few data."""

from dataclasses import dataclass

import pandas as pd

from pipeline.metrics.registry import METRIC_TYPES

MIN_PEERS = 5  # fewer are no range
MIN_OBSERVATIONS = 20  # of one attendant, before a median says something about anybody
BAND = (0.1, 0.9)
ONE_CHECK = ("tuketim_anomali", "bosta_tuketim_var")  # consumption alerts that are about one check, not about a run
COMPARABLE = ("room", "floor", "staff")  # entities whose values mean the same; levels of two products do not
OTHER_VALUES = ("alert.custody_kept", "alert.scans_failing")  # their value is not the metric's own


@dataclass(frozen=True)
class PeerRange:
    """One segment: ``low`` to ``high`` holds four fifths of its ``count`` values; None where there are too few."""

    segment: str  # catalog key: peers.<segment>
    count: int
    low: float | None = None
    median: float | None = None
    high: float | None = None

    @property
    def is_known(self) -> bool:
        return self.median is not None


def is_comparable(alert_type: str, metric_type: str, entity_type: str, message_id: str) -> bool:
    """Whether the alert's value and those of others are the same quantity over the same length of time."""
    metric = METRIC_TYPES.get(metric_type)
    if metric is None or message_id in OTHER_VALUES:
        return False
    if metric_type == "tuketim_miktar":
        return alert_type in ONE_CHECK and entity_type in (metric.entity_type, "room")
    if metric_type == "dolum_sure":
        return entity_type == metric.entity_type
    return alert_type == metric.alert_type and entity_type == metric.entity_type and entity_type in COMPARABLE


def peer_range(segment: str, values: pd.Series) -> PeerRange:
    """The range of a segment's values; below ``MIN_PEERS`` only how many there are is told."""
    known = values.dropna()
    if len(known) < MIN_PEERS:
        return PeerRange(segment, len(known))
    low, median, high = (round(float(known.quantile(q)), 2) for q in (BAND[0], 0.5, BAND[1]))
    return PeerRange(segment, len(known), low, median, high)


def room_ranges(peers: pd.DataFrame) -> tuple[PeerRange, ...]:
    """``peers``: is_same_type, is_same_floor, value of checks of other rooms on the alert's day."""
    if peers.empty:
        return PeerRange("room_type", 0), PeerRange("floor", 0)
    same_type, same_floor = peers["is_same_type"].astype(bool), peers["is_same_floor"].astype(bool)
    return peer_range("room_type", peers.loc[same_type, "value"]), peer_range("floor", peers.loc[same_floor, "value"])


def staff_ranges(peers: pd.DataFrame) -> tuple[PeerRange, ...]:
    """``peers``: observations, value (median) of other attendants; only those with enough observations count."""
    enough = peers[peers["observations"] >= MIN_OBSERVATIONS]
    return (peer_range("attendants", enough["value"]),)


def other_ranges(peers: pd.DataFrame) -> tuple[PeerRange, ...]:
    """``peers``: value of the metric's other entities on the alert's day."""
    return (peer_range("others", peers["value"]),)
