"""How good stored features are: missing, constant, infinite, alike, doubled, covered, fresh (SPEC P2, P9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from pipeline.features.drift import drift
from pipeline.features.names import FEATURES

ALIKE = 0.95
LATELY = timedelta(days=7)  # what is compared with the days before it, for drift
GOALS = {"null_ratio": 0.05, "duplicates": 0, "coverage_ratio": 0.80}  # SPEC P9: below, equal, above


@dataclass(frozen=True)
class FeatureQuality:
    """The report on one metric type's features over a span of time; ratios are None where there is nothing to count.

    ``columns``: see ``quality`` and ``drift.drift``. ``correlation``: rank correlation (Spearman) of the columns that
    vary. ``alike``: pairs of columns with ALIKE or more of it, strongest first. They and the ratios come from
    ``sampled_rows`` rows.
    """

    rows: int
    entities: int
    sampled_rows: int
    duplicates: int
    null_ratio: float | None
    infinite_ratio: float | None
    coverage_ratio: float | None  # observed entity-days of the metrics that have features
    newest_at: datetime | None  # end of the newest day with features
    age: timedelta | None  # of it
    constants: tuple[str, ...]
    alike: tuple[tuple[str, str, float], ...]
    columns: pd.DataFrame
    correlation: pd.DataFrame

    @property
    def drifted(self) -> tuple[str, ...]:
        """Features whose values of the last LATELY fall elsewhere than before, beyond what chance does."""
        return tuple(self.columns.loc[self.columns["is_drifted"].to_numpy(dtype=bool), "feature"])

    def unmet(self) -> tuple[str, ...]:
        """The goals of SPEC P9 that are measured and not reached."""
        missed = []
        if self.null_ratio is not None and self.null_ratio >= GOALS["null_ratio"]:
            missed.append("null_ratio")
        if self.duplicates:
            missed.append("duplicates")
        if self.coverage_ratio is not None and self.coverage_ratio <= GOALS["coverage_ratio"]:
            missed.append("coverage_ratio")
        return tuple(missed)


def quality(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a feature: feature, null_ratio, infinite_ratio, distinct, minimum, maximum, is_constant.

    An infinite value counts as missing too: no model can use it. Without rows null_ratio is missing, not zero.
    """
    given = frame[list(FEATURES)].astype(float)
    numbers = given.where(lambda values: np.isfinite(values))
    distinct = numbers.nunique()
    found = pd.DataFrame(
        {
            "null_ratio": numbers.isna().mean(),
            "infinite_ratio": np.isinf(given).mean(),
            "distinct": distinct,
            "minimum": numbers.min(),
            "maximum": numbers.max(),
            "is_constant": distinct <= 1,
        }
    )
    return found.rename_axis("feature").reset_index()


def correlation(frame: pd.DataFrame) -> pd.DataFrame:
    """Spearman's rank correlation of the features that vary; gaps take the column's median."""
    numbers = frame[list(FEATURES)].astype(float).where(lambda values: np.isfinite(values))
    numbers = numbers.fillna(numbers.median())
    varying = [name for name in FEATURES if numbers[name].nunique() > 1]
    if not varying:
        return pd.DataFrame()
    ranks: npt.NDArray[np.float64] = rankdata(numbers[varying].to_numpy(dtype=float), axis=0)
    return pd.DataFrame(np.atleast_2d(np.corrcoef(ranks, rowvar=False)), index=varying, columns=varying)


def alike(matrix: pd.DataFrame) -> tuple[tuple[str, str, float], ...]:
    """Pairs of columns with a correlation of ALIKE or more in size, strongest first."""
    values = matrix.to_numpy(dtype=float)
    names = list(matrix.columns)
    pairs = [
        (names[one], names[two], round(float(values[one, two]), 4))
        for one, two in zip(*np.triu_indices(len(names), 1), strict=True)
        if abs(values[one, two]) >= ALIKE
    ]
    return tuple(sorted(pairs, key=lambda pair: (-abs(pair[2]), pair)))


def report(frame: pd.DataFrame, counts: dict[str, object], observed_days: int, until: datetime) -> FeatureQuality:
    """The report on sampled rows ``frame``, with the counts of all rows and the observed days of the sample."""
    is_late = (frame["timestamp"] > pd.Timestamp(until - LATELY)).to_numpy(dtype=bool)
    columns = quality(frame).merge(drift(frame[~is_late], frame[is_late]), on="feature")
    matrix = correlation(frame)
    newest = counts["newest"]
    newest_at = newest if isinstance(newest, datetime) else None
    return FeatureQuality(
        rows=int(str(counts["rows"])), entities=int(str(counts["entities"])), sampled_rows=len(frame),
        duplicates=int(str(counts["duplicates"])),
        null_ratio=None if frame.empty else round(float(columns["null_ratio"].mean()), 6),
        infinite_ratio=None if frame.empty else round(float(columns["infinite_ratio"].mean()), 6),
        coverage_ratio=round(len(frame) / observed_days, 6) if observed_days else None,
        newest_at=newest_at, age=None if newest_at is None else until - newest_at,
        constants=() if frame.empty else tuple(columns.loc[columns["is_constant"], "feature"]),
        alike=alike(matrix), columns=columns, correlation=matrix,
    )  # fmt: skip
