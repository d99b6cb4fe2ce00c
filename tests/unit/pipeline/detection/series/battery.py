"""One battery for detectors of continuous series: functions that return what is broken, so that cheats can be shown."""

from collections.abc import Callable

import numpy as np
import pandas as pd

Scorer = Callable[[pd.DatetimeIndex, np.ndarray], np.ndarray]  # (instants, values) → one score a row

START = "2024-02-26"  # a leap day lies in the first week


def hours(count: int, start: str = START) -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq="h")


def daily_wave(count: int = 500, seed: int = 3) -> np.ndarray:
    """A day's rhythm with noise, one spike at 250 and one shift of level at 440."""
    rng = np.random.default_rng(seed)
    values = 50.0 + 10.0 * np.sin(np.arange(count) * 2 * np.pi / 24) + rng.normal(0, 1, count)
    values[250:251] += 60.0
    values[440:] += 35.0
    return np.round(values, 2)


def changed_by_the_future(scorer: Scorer) -> list[int]:
    """Lengths at which the score of x[:T] is not bit for bit the full run's."""
    instants, values = hours(500), daily_wave()
    full = scorer(instants, values)
    cuts = (1, 2, 11, 31, 61, 252, 441)
    return [cut for cut in cuts if not _same(scorer(instants[:cut], values[:cut]), full[:cut])]


def changed_by_a_repetition(scorer: Scorer) -> bool:
    first = scorer(hours(300), daily_wave(300))
    scorer(hours(120), daily_wave(120, seed=9) * 1e6)
    return not _same(scorer(hours(300), daily_wave(300)), first)


def changed_by_the_order_of_rows(scorer: Scorer) -> bool:
    instants, values = hours(300), daily_wave(300)
    mixed = np.random.default_rng(1).permutation(300)
    return not _same(scorer(instants[mixed], values[mixed]), scorer(instants, values)[mixed])


def moved_by_gaps(scorer: Scorer) -> list[str]:
    """A missing value gets no score and teaches nothing: the others score as if its row were not there."""
    instants, values = hours(300), daily_wave(300)
    gaps = np.zeros(300, dtype=bool)
    gaps[[0, 7, 100, 101, 102, 299]] = True
    broken = []
    for name, missing in (("NaN", np.nan), ("inf", np.inf)):
        found = scorer(instants, np.where(gaps, missing, values))
        if not np.isnan(found[gaps]).all():
            broken.append(f"{name} has a score")
        if not _same(found[~gaps], scorer(instants[~gaps], values[~gaps])):
            broken.append(f"{name} was learned from")
    return broken


def alarms_on_nothing(scorer: Scorer, alarm_at: float) -> list[str]:
    """Series on which nothing happens and that must neither fail nor alarm."""
    quiet = {
        "constant": np.full(400, 7.0), "all zero": np.zeros(400), "constant, huge": np.full(400, 1e300),
        "constant, tiny": np.full(400, 1e-300), "one point": np.array([3.0]), "two points": np.array([3.0, 4.0]),
        "integers": np.full(400, 3, dtype=np.int64), "nothing observed": np.full(20, np.nan), "empty": np.zeros(0),
    }  # fmt: skip
    broken = []
    for name, values in quiet.items():
        found = scorer(hours(len(values)), values)
        observed = np.isfinite(values)
        if found.shape != values.shape or not np.isfinite(found[observed]).all() or (found[observed] >= alarm_at).any():
            broken.append(name)
    return broken


def changed_by_the_unit(scorer: Scorer) -> list[float]:
    """A power of two is exact, so a series in another unit scores the same bits."""
    values = daily_wave(300)
    usual = scorer(hours(300), values)
    return [unit for unit in (2.0**-900, 2.0**-20, 2.0**900) if not _same(scorer(hours(300), values * unit), usual)]


def fails_on_odd_clocks(scorer: Scorer) -> list[str]:
    """Instants that repeat, jump, lie in a changing zone or at no fixed cadence are scored without failing."""
    values = daily_wave(300)
    rng = np.random.default_rng(5)
    zone = pd.date_range("2024-03-25", periods=300, freq="h", tz="Europe/Berlin")
    clocks = {
        "duplicates": hours(150).repeat(2), "all at one instant": hours(1).repeat(300), "zone with clock change": zone,
        "irregular": hours(1)[0] + pd.to_timedelta(rng.integers(1, 10**10, 300).cumsum(), unit="us"),
        "moved to another zone": hours(150).append(hours(150) + pd.Timedelta(days=6, hours=20)),
        "daily over the leap day": pd.date_range("2023-06-01", periods=300, freq="D"),
    }  # fmt: skip
    return [name for name, instants in clocks.items() if not np.isfinite(scorer(instants, values)).all()]


def missed(scorer: Scorer, alarm_at: float) -> list[str]:
    """A spike and a shift that anybody sees."""
    alarms = np.flatnonzero(scorer(hours(500), daily_wave()) >= alarm_at)
    wanted = {"spike": (250, 252), "shift": (440, 452)}
    return [name for name, (first, end) in wanted.items() if not ((alarms >= first) & (alarms < end)).any()]


def _same(left: np.ndarray, right: np.ndarray) -> bool:
    return left.shape == right.shape and bool(np.array_equal(left, right, equal_nan=True))
