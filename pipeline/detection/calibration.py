"""Evidence put on the scale that the hotel's own past shows: rare must mean rare here (DETECTION 5 and 6)."""

import numpy as np

from pipeline.detection.ledger import Ledger
from pipeline.training.exact import FINE_UNIT, Floats, Ints, rounded, to_fixed

START = 2.0  # decades: what comes beyond it is counted
CENSORED = 1.5  # decades beyond START after which size is not looked at
PRIOR_EVENTS = 20.0  # events of a calibrated test that an estimate begins with
SLOPE_RANGE = (0.2, 1.0)  # evidence is never stretched
RATE_RANGE = (1.0, 100.0)
LN10 = float(np.log(10.0))
BINS = 12  # means from 2⁻⁹ to 4 units, a bin an octave
PRIOR_PAIRS = 40.0  # expected pairs (Σμ²) of prior weight, fewer where means are tiny
PRIOR_ROWS = 3000.0
DISPERSION_RANGE = (0.05, 200.0)
USUAL_MOST = 20.0
LEARNED_UNITS = 8.0  # of one count that are learned from: an entry error must not explain the next one


def calibrated(ledger: Ledger, name: str, day: Ints, score: Floats, wanted: np.ndarray) -> Floats:
    """``score`` (−log10 p) given how often such scores came in the weeks before (see ``scale``); NaN stays NaN."""
    return on_scale(score, *scale(ledger, name, day, score, wanted))


def on_scale(score: Floats, base: Floats, slope: Floats) -> Floats:
    """Evidence where ``START`` decades are worth ``base`` and each further one ``slope``."""
    raw = np.nan_to_num(score)
    found = np.where(raw > START, base + slope * (raw - START), raw * base / START)
    return np.where(np.isfinite(score), rounded(found), np.nan)


def scale(ledger: Ledger, name: str, day: Ints, score: Floats, wanted: np.ndarray) -> tuple[Floats, Floats]:
    """(base, slope) of each row's day: what evidence of a test is worth in this hotel.

    Guests' thirst has heavier tails than a gamma's, so "one in a thousand" may come every day. Beyond ``START`` the
    evidence of a test that is right is exponential (a probability's logarithm); how often it came and how long its
    tail was are measured on strictly earlier days, each event counted at most ``CENSORED`` decades long, so that
    anomalies do not make themselves usual (peaks over threshold; Pickands 1975). Evidence is only ever reduced.
    """
    known = wanted & np.isfinite(score)
    raw = np.nan_to_num(score)
    beyond = known & (raw > START)
    excess = to_fixed(np.where(beyond, np.minimum(raw - START, CENSORED), 0.0))
    ended = beyond & (raw <= START + CENSORED)
    flags = [(column, flag.astype(np.int64)) for column, flag in enumerate((known, beyond, ended))]
    sums, at = ledger.past(name, day, 4, [*flags, (3, excess)])
    rows, events, ends, length = sums.astype(np.float64).T
    rate = np.clip((events + PRIOR_EVENTS) / (rows * 10.0**-START + PRIOR_EVENTS), *RATE_RANGE)
    slope = np.clip((ends + PRIOR_EVENTS) / (length / FINE_UNIT * LN10 + PRIOR_EVENTS), *SLOPE_RANGE)
    return np.asarray(np.maximum(START - np.log10(rate), 0.1)[at]), np.asarray(slope[at])


def residual_dispersion(
    ledger: Ledger, name: str, day: Ints, counts: tuple[Floats, Floats], wanted: np.ndarray
) -> Floats:
    """φ of counts (units, means) around what was expected, by size of the mean, from the weeks before, by moments.

    Small means need a larger φ (who takes one of a rare product often takes two); each is shrunk to that of all.
    """
    units, means = counts
    capped = np.minimum(units, LEARNED_UNITS)
    place = np.clip(np.floor(np.log2(np.maximum(means, 1e-6))) + 9, 0, BINS - 1).astype(np.int64)
    over = to_fixed(np.where(wanted, (capped - means) ** 2 - capped, 0.0))
    weight = to_fixed(np.where(wanted, means**2, 0.0))
    sums, at = ledger.past(name, day, 2 * BINS, [(place, over), (place + BINS, weight)])
    seen = sums.reshape(-1, 2, BINS).astype(np.float64) / FINE_UNIT
    usual = np.maximum(seen[:, 0].sum(axis=1), 0.0) / np.maximum(seen[:, 1].sum(axis=1), 1e-9)
    prior = np.minimum(PRIOR_ROWS * 4.0 ** (np.arange(BINS) - 8.5), PRIOR_PAIRS)
    shrunk = np.maximum(seen[:, 0], 0.0) + prior * np.minimum(usual, USUAL_MOST)[:, None]
    dispersion = np.clip(shrunk / (seen[:, 1] + prior), *DISPERSION_RANGE)
    return np.asarray(rounded(dispersion)[at, place])
