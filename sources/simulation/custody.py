"""The attendants' trolleys: filled from the store, used at refills, emptied on Sunday."""

import numpy as np

from sources.simulation.parameters import BREAKAGE_PER_WEEK, CUSTODY_COVER, CUSTODY_SAFETY, ISSUE_WEEKDAYS
from sources.simulation.random import Floats, Ints


def days_covered(weekday: int) -> int:
    """Days from this weekday to the next on which trolleys are filled; Sunday empties them."""
    return min((other - weekday) % 7 or 7 for other in (*ISSUE_WEEKDAYS, 7))


def issue(trolleys: Ints, pace: Floats, days: int, shelf: Ints) -> Ints:
    """(K, P) units handed out: up to the expected use of ``days`` and a reserve, never more than the shelf holds.

    ``trolleys`` (K, P) units carried already; ``pace`` (P) the hotel's daily use.
    """
    need = pace * days / len(trolleys)
    target = np.round(CUSTODY_COVER * need + CUSTODY_SAFETY * np.sqrt(need)).astype(np.int64)
    wanted = np.cumsum(np.maximum(target - trolleys, 0), axis=0)
    return np.asarray(np.diff(np.minimum(wanted, shelf), axis=0, prepend=0))


def refills(missing: Ints, attendant: Ints, product: Ints, trolleys: Ints) -> Ints:
    """Units put in for each (visit, product), visits in the order of time of each attendant: what the trolley has."""
    key = attendant * trolleys.shape[1] + product
    by_key = np.argsort(key, kind="stable")
    wanted, sorted_key = missing[by_key], key[by_key]
    total = np.cumsum(wanted)
    starts = np.r_[True, sorted_key[1:] != sorted_key[:-1]] if len(key) else np.zeros(0, dtype=bool)
    earlier = total - wanted
    earlier = earlier - np.maximum.accumulate(np.where(starts, earlier, 0)) if len(key) else earlier
    put_in = np.empty_like(missing)
    put_in[by_key] = np.clip(trolleys.ravel()[sorted_key] - earlier, 0, wanted)
    return put_in


def breakages(trolleys: Ints, rng: np.random.Generator) -> Ints:
    """(K, P) units broken in a week: now and then one."""
    breaks, product = rng.random(len(trolleys)), rng.integers(0, trolleys.shape[1], len(trolleys))
    broken = np.zeros_like(trolleys)
    broken[np.arange(len(trolleys)), product] = breaks < BREAKAGE_PER_WEEK
    return np.minimum(broken, trolleys)
