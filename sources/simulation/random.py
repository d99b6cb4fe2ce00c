"""One stream of random numbers for each purpose and day, so that a day's data never depend on later days."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

STAYS, TRAITS, CONSUMPTION, ROUND, STORE, CUSTODY, PLANTING, LATER_PLANTING, REQUESTS, SCANS, COLD_ROOM = range(1, 12)
EARLIEST_DAY = -20_000  # days before the first simulated one have streams too: guests who were in house already


def stream(seed: int, purpose: int, day: int) -> np.random.Generator:
    """The generator of one purpose on one day, counted from the hotel's first simulated day."""
    return np.random.default_rng([seed, purpose, day - EARLIEST_DAY])
