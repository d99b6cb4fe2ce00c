"""What the detectors of daily series say without a fitted model, for the choice whether a model may vote (SPEC P5)."""

from functools import partial

import numpy as np

from pipeline.detection import custody, stock
from pipeline.detection.experts import expect
from pipeline.training.exact import Floats
from pipeline.training.planting import Residual
from pipeline.training.tails import evidence, t_upper


def _upper(values: Floats, floor_ratio: float, floor: float) -> Floats:
    """Evidence that a day's value is too high, cell by cell of a grid (series × days), from earlier days."""
    usual = expect(values, floor_ratio, floor)
    return evidence(t_upper(np.nan_to_num((values - usual.value) / usual.scale)))


# Both detectors look for too much; too little of a flow is what other families are for.
RESIDUALS: dict[str, Residual] = {
    "stok_seviye": Residual(
        partial(_upper, floor_ratio=stock.FLOW_FLOOR_RATIO, floor=stock.FLOW_FLOOR_UNITS), ("spike", "rise")
    ),
    "zimmet_kullanim": Residual(
        partial(_upper, floor_ratio=custody.USE_FLOOR_RATIO, floor=custody.USE_FLOOR_UNITS), ("spike", "rise")
    ),
}
