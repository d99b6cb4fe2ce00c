"""Z-Score models: a robust location and scale of every series, from rows strictly before the judged ones (P5)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from pipeline.training.exact import Floats

MAD_TO_SD = 1.4826
SCALE_FLOOR_RATIO = 0.05
SCALE_FLOOR = 0.5
SMALLEST = 1e-300


@dataclass(frozen=True)
class RobustZ:
    """Median and MAD by entity, and of all entities for those it has not seen."""

    entities: np.ndarray
    location: Floats
    scale: Floats
    observations: np.ndarray
    usual_location: float
    usual_scale: float

    def z(self, entity_ids: np.ndarray, values: Floats) -> Floats:
        """Distance from the series' own past in robust standard deviations."""
        position = np.searchsorted(self.entities, entity_ids).clip(max=max(self.entities.size - 1, 0))
        known = (self.entities[position] == entity_ids) if self.entities.size else np.zeros(entity_ids.size, dtype=bool)
        location = np.where(known, self.location[position] if self.entities.size else 0.0, self.usual_location)
        scale = np.where(known, self.scale[position] if self.entities.size else 1.0, self.usual_scale)
        return np.asarray((values - location) / scale)

    def scores(self, rows: pd.DataFrame) -> Floats:
        """z of rows (entity_id, metric_value)."""
        return self.z(rows["entity_id"].to_numpy(np.int64), rows["metric_value"].to_numpy(dtype=float))

    def evidence(self, entity_ids: np.ndarray, values: Floats) -> Floats:
        """−log10 of the two-sided normal tail."""
        tail = 2.0 * special.ndtr(-np.abs(self.z(entity_ids, values)))
        return np.asarray(-np.log10(np.clip(tail, SMALLEST, 1.0)))


def fit_robust_z(rows: pd.DataFrame, value: str = "metric_value") -> RobustZ:
    """Fit on every row given; the caller hands only rows before the ones that will be judged."""
    clean = rows[np.isfinite(rows[value].to_numpy(dtype=float))]
    grouped = clean.groupby("entity_id")[value]
    location = grouped.median()
    scale = (clean[value] - clean["entity_id"].map(location)).abs().groupby(clean["entity_id"]).median() * MAD_TO_SD
    floor = np.maximum(SCALE_FLOOR, SCALE_FLOOR_RATIO * location.abs().to_numpy(dtype=float))
    usual = clean[value].to_numpy(dtype=float)
    centre = float(np.median(usual)) if usual.size else 0.0
    spread = float(np.median(np.abs(usual - centre))) * MAD_TO_SD if usual.size else 0.0
    return RobustZ(
        location.index.to_numpy(dtype=np.int64), location.to_numpy(dtype=float),
        np.maximum(scale.to_numpy(dtype=float), floor), grouped.size().to_numpy(dtype=np.int64),
        centre, max(spread, SCALE_FLOOR, SCALE_FLOOR_RATIO * abs(centre)),
    )  # fmt: skip
