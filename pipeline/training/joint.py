"""Two opinions about one row as one tail probability: what a fitted model adds to the Z-Score of a detector.

The mean of two evidences ranks rows as well as their joint tail does, but it is no evidence: a row that one finds
certain and the other likely gets less than the first alone. Fisher's method adds them on the scale of a tail; Brown's
(M. B. Brown, "A Method for Combining Non-Independent, One-Sided Tests of Significance", Biometrics 31, 1975) allows for
tests that agree by chance.
"""

import numpy as np
from scipy import special

from pipeline.training.exact import Floats

CHANNEL_CAP = 12.0  # beyond one in 10^12 no channel may outvote the other
CORRELATION = 0.5  # of the two under "usual", in normal scores; 0.1 to 0.5 on the sample hotel's stock and custody
COVARIANCE = 3.25 * CORRELATION + 0.75 * CORRELATION**2  # Brown's fit, of −2 ln p
SCALE = (8.0 + 2.0 * COVARIANCE) / 8.0  # variance / (2 × mean) of the sum
FREEDOM = 4.0 / SCALE  # 2 × mean² / variance; the mean is 4, as Fisher's
SMALLEST = 1e-300


def joint_evidence(one: Floats, other: Floats) -> Floats:
    """−log10 of the tail of both together (elementwise; each is capped at CHANNEL_CAP)."""
    both = np.minimum(one, CHANNEL_CAP) + np.minimum(other, CHANNEL_CAP)
    tail = special.gammaincc(FREEDOM / 2.0, np.log(10.0) * both / SCALE)
    return np.asarray(-np.log10(np.maximum(tail, SMALLEST)))
