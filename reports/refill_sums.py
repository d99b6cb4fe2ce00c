"""Sums of refill times for exploring: pure functions on ``rows[staff_id, day, minutes, units, items, …]``."""

from itertools import pairwise

import numpy as np
import pandas as pd

from pipeline.alerts.peers import BAND, MIN_OBSERVATIONS, MIN_PEERS
from pipeline.detection.refills import LOADS
from reports.consumption_sums import COVERED_RATIO, STEPS

ROOMS_FROM = (1, 6, 11, 16, 21)  # rooms of an attendant and day: 1–5, 6–10 … 21 and more
ALPHABET = "aAbBcCçÇdDeEfFgGğĞhHıIiİjJkKlLmMnNoOöÖpPqQrRsSşŞtTuUüÜvVwWxXyYzZ"
FIGURES = ["mean", "median", "low", "high", "minutes_per_unit"]


def ranges(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """``by``, refills, mean, median, low to high (four fifths of the refills lie between), units_per_refill,
    minutes_per_unit; the figures of fewer than ``MIN_OBSERVATIONS`` refills are NaN, ``is_few`` says so."""
    grouped = rows.groupby(by)
    minutes = grouped["minutes"]
    found = pd.DataFrame({
        "refills": minutes.size(), "mean": minutes.mean(), "median": minutes.median(),
        "low": minutes.quantile(BAND[0]), "high": minutes.quantile(BAND[1]),
        "units_per_refill": grouped["units"].mean(), "minutes_per_unit": minutes.sum() / grouped["units"].sum(),
    })  # fmt: skip
    found["is_few"] = found["refills"] < MIN_OBSERVATIONS
    found[FIGURES] = found[FIGURES].astype(float).mask(found["is_few"])
    return found.reset_index()


def same_load(rows: pd.DataFrame) -> pd.DataFrame:
    """staff_id, expected (minutes), deviation_ratio: each attendant beside the others at the same load.

    A refill's load is its number of different products; what is usual for it is the median of the *other*
    attendants' refills of that load, known from ``MIN_PEERS`` of them on. ``expected`` is the median of what is usual
    for the attendant's refills, the ratio the median of minutes over usual, minus one; both NaN with fewer than
    ``MIN_OBSERVATIONS`` refills to compare. Medians, since one forgotten check must not move them.
    """
    load = rows["items"].clip(1, LOADS - 1).to_numpy(dtype=np.int64)
    staff, minutes = rows["staff_id"].to_numpy(dtype=np.int64), rows["minutes"].to_numpy(dtype=float)
    found = []
    for staff_id in np.unique(staff).tolist():
        own = staff == staff_id
        usual = np.array([_usual(minutes[~own & (load == one)]) for one in range(LOADS)])[load[own]]
        is_enough = np.isfinite(usual).sum() >= MIN_OBSERVATIONS
        ratio = np.nanmedian(minutes[own] / usual) - 1 if is_enough else np.nan
        found.append((staff_id, np.nanmedian(usual) if is_enough else np.nan, ratio))
    return pd.DataFrame(found, columns=["staff_id", "expected", "deviation_ratio"])


def _usual(minutes: np.ndarray) -> float:
    """The median of enough refills."""
    return float(np.median(minutes)) if minutes.size >= MIN_PEERS else float("nan")


def attendants(rows: pd.DataFrame) -> pd.DataFrame:
    """``ranges`` and ``same_load`` of each attendant."""
    return ranges(rows, "staff_id").merge(same_load(rows), on="staff_id", how="left")


def rooms_a_day(rows: pd.DataFrame) -> pd.Series:
    """For each refill the least number of rooms of its class: how many its attendant refilled on that day."""
    served = rows.groupby(["staff_id", "day"])["room_id"].transform("nunique")
    places = np.searchsorted(ROOMS_FROM, served.to_numpy(dtype=int), side="right") - 1
    return pd.Series(np.array(ROOMS_FROM)[np.maximum(places, 0)], index=rows.index, dtype="int64")


def by_rooms(rows: pd.DataFrame) -> pd.DataFrame:
    """``ranges`` by ``rooms_from``, with code, name ("6–10", the last "21+") and attendant_days, their number."""
    shifts = rows.drop_duplicates(["staff_id", "day"]).groupby("rooms_from").size().rename("attendant_days")
    names = {first: f"{first}–{after - 1}" for first, after in pairwise(ROOMS_FROM)}
    found = ranges(rows, "rooms_from").join(shifts, on="rooms_from")
    return found.assign(
        code=found["rooms_from"].astype(str), name=found["rooms_from"].map(names).fillna(f"{ROOMS_FROM[-1]}+")
    )


def trend(rows: pd.DataFrame, days: pd.DatetimeIndex, step: str) -> pd.DataFrame:
    """day (the first of the step), last_on, refills, mean and expected (minutes) of the refills of each step.

    ``mean`` is NaN without refills; ``expected`` unless it is stored for ``COVERED_RATIO`` of them.
    """
    kind = STEPS[step]
    spans = pd.DataFrame({"day": days}).groupby(days.to_period(kind))["day"].agg(day="min", last_on="max")
    grouped = rows.groupby(pd.DatetimeIndex(rows["day"]).to_period(kind))
    found = grouped.agg(
        refills=("minutes", "size"), mean=("minutes", "mean"), judged=("expected", "count"),
        expected=("expected", "mean"),
    )  # fmt: skip
    joined: pd.DataFrame = spans.join(found)
    joined["refills"] = joined["refills"].fillna(0)
    joined["expected"] = joined["expected"].where(joined.pop("judged") >= COVERED_RATIO * joined["refills"])
    return joined.reset_index(drop=True)


def deviation_ratio(rows: pd.DataFrame) -> float | None:
    """Minutes over what was expected, minus one; None unless it is stored for ``COVERED_RATIO`` of enough refills."""
    known = rows[rows["expected"].notna()]
    if len(known) < max(MIN_OBSERVATIONS, COVERED_RATIO * len(rows)):
        return None
    return float(known["minutes"].sum() / known["expected"].sum()) - 1


def name_order(name: str) -> list[int]:
    """A key that sorts names as the Turkish alphabet does, which holds the English one."""
    return [ALPHABET.find(letter) // 2 + 1 if letter in ALPHABET else ord(letter) - ord(" ") for letter in name]
