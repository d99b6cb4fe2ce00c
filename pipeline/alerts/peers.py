"""An alert beside its like: how others of the same room type, floor or job did, as ranges and never on few data."""

from dataclasses import dataclass

import pandas as pd

MIN_PEERS = 5  # fewer are no range
MIN_OBSERVATIONS = 20  # of one attendant, before a median says something about anybody
BAND = (0.1, 0.9)


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
