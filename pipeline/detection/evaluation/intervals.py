"""Intervals of shares: how much a handful of verdicts can say."""

import math

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
