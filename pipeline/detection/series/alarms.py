"""The alarm layer: warm-up silence, and no second alarm for the same thing until something worse happens."""

import numpy as np

from pipeline.training.exact import Floats

WARM_UP_POINTS = 50
COOL_DOWN_POINTS = 100
WORSENED = 2.0  # times the strength of the alarm before it
ALARM_AT = 1.0  # of the score: at and above it a point is an alarm


def onsets(strength: Floats, threshold: float = 1.0) -> np.ndarray:
    """Points that raise a new alarm: strong enough, after warm-up, and for 100 points after an alarm twice as strong.

    A level that stays where it moved to is no news: the novelty channel has learned it, so strength falls by itself.
    """
    found = np.zeros(strength.size, dtype=bool)
    last, told = -COOL_DOWN_POINTS, 0.0
    for at in np.flatnonzero(strength >= threshold).tolist():
        now = float(strength[at])
        if at < WARM_UP_POINTS or (at - last < COOL_DOWN_POINTS and now < WORSENED * told):
            continue
        found[at] = True
        last, told = at, now
    return found


def final_score(evidence: Floats, strength: Floats) -> Floats:
    """One scale for ranking and alarming: evidence (below 1) at ordinary points, 1 to 2 by strength at new alarms."""
    return np.where(onsets(strength), ALARM_AT + strength / (strength + 1.0), np.minimum(evidence, 1.0 - 1e-9))
