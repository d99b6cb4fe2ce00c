"""The levels of memory use, with hysteresis (SPEC R1): 70 % warns, 80 % gives back, 90 % refuses.

A level is entered at its threshold and left five points below it, so that a process at the border does not go to and
fro. Pure functions.
"""

from typing import Literal

Level = Literal["normal", "warn", "recycle", "refuse"]
LEVELS: tuple[Level, ...] = ("normal", "warn", "recycle", "refuse")
ENTERED_AT: dict[Level, float] = {"normal": 0.0, "warn": 0.70, "recycle": 0.80, "refuse": 0.90}
HYSTERESIS = 0.05


def next_level(level: Level, ratio: float) -> Level:
    """The level after a look that found ``ratio`` of the limit in use."""
    entered = _highest(ratio)
    if LEVELS.index(entered) >= LEVELS.index(level):
        return entered
    left = _highest(ratio + HYSTERESIS)  # the highest that is not left yet
    return min(level, left, key=LEVELS.index)


def _highest(ratio: float) -> Level:
    return next(level for level in reversed(LEVELS) if ratio >= ENTERED_AT[level] or level == "normal")
