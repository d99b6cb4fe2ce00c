"""Isolation Forest on features of a series, refitted by block, never on the block that it judges."""

import numpy as np
from sklearn.ensemble import IsolationForest

from pipeline.detection.series import causal
from pipeline.detection.series.experts import Expected
from pipeline.training.exact import Floats

TREES, SEED, SAMPLE, MEMORY = 50, 7, 256, 4000
FIRST_FIT, GROWTH, LONGEST_BLOCK = 30, 1.5, 1500
ORDINARY, RANGE = 0.4, 0.4  # scores of the forest lie between about 0.4 and 0.8
CLIP = 50.0


def features(values: Floats, expected: Expected, z: Floats) -> Floats:
    """26 features a point, in spreads of the past: level, changes, windows of 5, 20 and 60 points, residuals."""
    spread, start = expected.spread, values[0]
    middle = causal.earlier(causal.rolling_quantile(values, 2000, 0.5), 1, start)
    columns = [values - middle, *(values - causal.earlier(values, lag, start) for lag in (1, 2, 5))]
    for width in (5, 20, 60):
        mean = causal.rolling_mean(values, width)
        high, low = causal.rolling_extremes(values, width)
        columns += [mean - middle, causal.rolling_sd(values, width), high - middle, low - middle, values - mean]
    residual = expected.residual
    columns += [residual, np.abs(residual)]
    for width in (5, 20):
        columns += [causal.rolling_mean(np.abs(residual), width), causal.rolling_mean(residual, width)]
    scaled = [column / spread for column in columns]
    matrix = np.stack([*scaled, np.log1p(np.minimum(z, 1e6))], axis=1)
    return np.asarray(np.nan_to_num(np.clip(matrix, -CLIP, CLIP)))


def isolation(matrix: Floats) -> Floats:
    """How isolated each row is among earlier ones, 0 to 1 on the forest's own fixed scale (Liu, Ting, Zhou 2008)."""
    rows = matrix.astype(np.float32)
    found = np.zeros(len(rows))
    for start, end in causal.blocks(len(rows), FIRST_FIT, GROWTH, LONGEST_BLOCK):
        model = IsolationForest(n_estimators=TREES, max_samples=min(SAMPLE, start), random_state=SEED)
        model.fit(rows[max(0, start - MEMORY) : start])
        found[start:end] = np.clip((-model.score_samples(rows[start:end]) - ORDINARY) / RANGE, 0.0, 1.0)
    return found
