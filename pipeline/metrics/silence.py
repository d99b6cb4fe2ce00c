"""Which hours of a hotel were observed: hours of silence are quiet, days of it are nobody recording (DETECTION 3)."""

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]

# A hotel that records nothing at all for longer is closed, or its files have not come. Guests are there on every day
# of the week, so two days without a check, a movement or a scan are not a quiet weekend.
SILENCE_HOURS = 48
HOUR_MICROSECONDS = 3_600_000_000


def closing_hours(instants: pd.Series) -> Ints:
    """Hours since 1970 of the end of the interval (h, h + 1] that holds each instant."""
    return np.asarray(-(-instants.to_numpy(dtype="datetime64[us]").astype(np.int64) // HOUR_MICROSECONDS))


def observed(hours: Ints, active: Ints) -> npt.NDArray[np.bool_]:
    """Whether the hotel recorded anything in an hour or the ``SILENCE_HOURS`` before it; ``active`` is sorted.

    It looks back only: what is observed does not become unobserved when the silence turns out to be long.
    """
    if not len(active):
        return np.zeros(len(hours), dtype=bool)
    newest = np.searchsorted(active, hours, side="right") - 1
    return np.asarray((newest >= 0) & (hours - active[newest.clip(0)] < SILENCE_HOURS))


def first_reopened(active: Ints, was_known: npt.NDArray[np.bool_], first: int, last: int) -> int | None:
    """The first hour in [first, last] that records which were not known before turn into an observed one."""
    hours = np.arange(first, last + 1)
    changed = observed(hours, active) != observed(hours, active[was_known])
    return int(hours[changed.argmax()]) if changed.any() else None
