"""Intervals of shares: how much a handful of verdicts can say."""

import math

import numpy as np

Z = 1.959963984540054  # 95 %, two-sided


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """95 % score interval of a share (Wilson 1927); None where nothing was counted.

    Unlike the usual ± it stays within 0 and 1 and is honest for few counts: 3 of 3 is 0.44–1.
    """
    if whole <= 0:
        return None
    share, spread = part / whole, Z * Z / whole
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / whole + spread / (4 * whole))
    return max(0.0, middle - half), min(1.0, middle + half)


def of_resampled(drawn: np.ndarray, part: int, whole: int) -> tuple[float, float]:
    """95 % interval of resampled shares. ``whole``: what was resampled, ``part`` of it true; at least one.

    Resampling cases that are all alike gives an interval without width, as if five of five were certain; it is
    Wilson's then.
    """
    alike = wilson(part, whole) if part in (0, whole) else None
    return alike or (float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975)))
