"""Sums that do not depend on order, batch or array length, so that a score is the same in every run (DETECTION 2).

Floating-point sums change in the last digit with the order and the number of terms; integers do not. Statistics are
therefore kept as 64-bit integers: counts as they are, real quantities in fixed point.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

EXPOSURE_UNIT = 64  # exposures (guest-nights, days) in 1/64
FINE_UNIT = 2**28  # logarithms, rates and residuals: 3.7e-9
SCORE_DIGITS = 9


def to_fixed(values: Floats, unit: int = FINE_UNIT) -> Ints:
    """Real values as integers in ``1 / unit``; NaN and infinities become 0."""
    return np.rint(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0) * unit).astype(np.int64)


def exact_sum(values: Floats, axis: int | tuple[int, ...] | None = None, unit: int = FINE_UNIT) -> Floats:
    """The sum in fixed point: adding zeros or changing the order changes nothing."""
    return np.asarray(to_fixed(values, unit).sum(axis=axis), dtype=np.float64) / unit


def trailing_sum(values: Ints, width: int) -> Ints:
    """Sums over positions [d − width, d − 1] of the first axis: the tested day is never in its own window."""
    total = np.zeros((values.shape[0] + 1, *values.shape[1:]), dtype=np.int64)
    np.cumsum(values, axis=0, out=total[1:])
    start = np.maximum(np.arange(values.shape[0]) - width, 0)
    return np.asarray(total[:-1] - total[start])


def rounded(values: Floats) -> Floats:
    """Scores and expected values as they are stored: 9 digits, so vector and scalar code agree."""
    return np.asarray(np.round(values, SCORE_DIGITS))
