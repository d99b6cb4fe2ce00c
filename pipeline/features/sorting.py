"""Sorted windows of many series at once: a sorting network whose wires are whole arrays.

Source of the network: K. E. Batcher, "Sorting networks and their applications", 1968 (odd-even merge sort).
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


@lru_cache(maxsize=8)
def comparators(wires: int) -> tuple[tuple[int, int], ...]:
    """Pairs (low, high) that sort ``wires`` values when compared and exchanged in this order."""
    size = 1 << (wires - 1).bit_length()
    pairs = []
    block = 1
    while block < size:
        step = block
        while step >= 1:
            for start in range(step % block, size - step, 2 * step):
                pairs += [
                    (low, low + step)
                    for low in range(start, min(start + step, size - step))
                    if low // (2 * block) == (low + step) // (2 * block)
                ]
            step //= 2
        block *= 2
    # Wires beyond the last would hold +inf, which never moves down: their comparators do nothing.
    return tuple((low, high) for low, high in pairs if high < wires)


def sort_wires(wires: list[Array]) -> list[Array]:
    """The arrays with the k-th smallest of each position in the k-th; they are overwritten."""
    spare = np.empty_like(wires[0])
    for low, high in comparators(len(wires)):
        np.minimum(wires[low], wires[high], out=spare)
        np.maximum(wires[low], wires[high], out=wires[high])
        wires[low], spare = spare, wires[low]
    return wires


def quantile(wires: list[Array], counts: npt.NDArray[np.int64] | int, share: float) -> Array:
    """The quantile of each position among its ``counts`` smallest values, with linear interpolation.

    ``counts`` is one number for all positions, or one each (0 gives NaN).
    """
    if isinstance(counts, int):
        place = (counts - 1) * share
        low = int(place)
        part = np.float32(place - low)
        below = wires[low]
        with np.errstate(invalid="ignore"):  # inf − inf in windows that are not full; their caller looks again
            return below if part == 0 else np.asarray(below + part * (wires[min(low + 1, counts - 1)] - below))
    stacked = np.stack(wires)
    places = (counts - 1).clip(0) * share
    lows = places.astype(np.int64)
    below = np.take_along_axis(stacked, lows[None], axis=0)[0]
    above = np.take_along_axis(stacked, np.minimum(lows + 1, (counts - 1).clip(0))[None], axis=0)[0]
    parts = (places - lows).astype(np.float32)
    with np.errstate(invalid="ignore"):  # inf − inf where nothing was observed
        found = np.where(parts == 0, below, below + parts * (above - below))
    return np.asarray(np.where(counts > 0, found, np.float32(np.nan)))
