"""Sums of consumption for exploring: pure functions on frames of looks, expected values and nights.

Zero is not missing: a day or floor that nobody looked into is NaN, never 0.
"""

import numpy as np
import pandas as pd

COVERED_RATIO = 0.95  # of the looked-at slots must have an expected value before a sum is compared with them
SMALL_RATIO = 0.05  # a deviation of all units below it is called "about as expected"
FINDING_RATIO = 0.2  # of a floor, to be named in a title
FINDING_DEVIATIONS = 3.0  # of a Poisson count: what a floor must differ by to be named in a title
HALF = 0.5
STEPS = {"day": "D", "week": "W-SUN", "month": "M"}
OCCUPANCIES = ("occupied", "vacated", "vacant", "unknown")
SUMS = ["looks", "slots", "units", "revenue", "judged", "expected"]


def by_day(cells: pd.DataFrame, days: pd.DatetimeIndex) -> pd.DataFrame:
    """day, looks, slots, units, revenue, expected for every one of ``days``, NaN where nobody looked.

    ``expected`` is NaN where it is not stored for ``COVERED_RATIO`` of the slots that were looked at.
    """
    return _covered(cells.groupby("day")[SUMS].sum().reindex(days)).rename_axis("day").reset_index()


def by_floor_and_day(cells: pd.DataFrame) -> pd.DataFrame:
    """floor_id, day, units, expected of the floors and days that were looked at."""
    return _covered(cells)[["floor_id", "day", "units", "expected"]]


def _covered(sums: pd.DataFrame) -> pd.DataFrame:
    is_covered = sums["judged"] >= COVERED_RATIO * sums["slots"]
    return sums.assign(expected=sums["expected"].where(is_covered)).drop(columns="judged")


def trend(days: pd.DataFrame, step: str) -> pd.DataFrame:
    """day (the first of the step), last_on, observed (days looked at), units (their sum), mean and expected a day.

    A mean a day, so that a week or month that the period cuts off compares with whole ones. ``expected`` is NaN
    unless it is known on every observed day. ``step``: day, week (from Monday) or month.
    """
    span = days["day"].to_numpy() if step == "day" else days["day"].dt.to_period(STEPS[step]).astype("int64").to_numpy()
    first = np.flatnonzero(np.r_[True, span[1:] != span[:-1]]) if len(days) else np.array([], int)
    units, expected = days["units"].to_numpy(float), days["expected"].to_numpy(float)
    is_observed, is_judged = ~np.isnan(units), ~np.isnan(units + expected)
    observed, judged, all_units, all_expected = (
        np.add.reduceat(values, first)
        for values in (is_observed.astype(int), is_judged.astype(int), np.nan_to_num(units), np.nan_to_num(expected))
    )
    divisor = np.where(observed > 0, observed, np.nan)
    last = np.r_[first[1:], len(days)] - 1
    return pd.DataFrame({
        "day": days["day"].to_numpy()[first], "last_on": days["day"].to_numpy()[last], "observed": observed,
        "units": np.where(observed > 0, all_units, np.nan), "mean": all_units / divisor,
        "expected": np.where(judged == observed, all_expected / divisor, np.nan),
    })  # fmt: skip


def pareto(products: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """product_id, code, name, units, revenue, share and cumulative (shares of all units), the most used first.

    ``names``: product_id, code, name. Shares are NaN when nothing was consumed at all.
    """
    found = products.merge(names, on="product_id").sort_values(["units", "name"], ascending=[False, True])
    total = found["units"].sum()
    found["share"] = found["units"] / total if total else float("nan")
    found["cumulative"] = found["share"].cumsum()
    return found.reset_index(drop=True)


def few_that_make_half(products: pd.DataFrame) -> int | None:
    """How many products make half of all units; None when nothing was consumed."""
    if not products["units"].sum():
        return None
    return int((products["cumulative"] < HALF).sum()) + 1


def segments(cells: pd.DataFrame) -> pd.DataFrame:
    """occupancy, looks, units, per_look of the occupancies that were met."""
    found = cells.groupby("occupancy")[["looks", "units"]].sum().reindex(list(OCCUPANCIES)).dropna().reset_index()
    return found.assign(per_look=found["units"] / found["looks"])


def per_night(cells: pd.DataFrame, nights: pd.DataFrame, known: pd.DataFrame, types: pd.DataFrame) -> pd.DataFrame:
    """room_type_id, room_type, rooms, units, revenue, nights, units_per_night, revenue_per_night.

    Units and revenue are of all days; the rates are of the days on which the stays are known, and NaN without them.
    """
    of_type = types.set_index("room_type_id")
    all_days = cells.groupby("room_type_id")[["units", "revenue"]].sum()
    counted = cells[cells["day"].isin(known["day"])].groupby("room_type_id")[["units", "revenue"]].sum()
    stayed = nights[nights["day"].isin(known["day"])].groupby("room_type_id")["nights"].sum()
    found = of_type.join(all_days).join(stayed).join(counted.add_suffix("_known"))
    if len(known):
        found["nights"] = found["nights"].fillna(0)
    divisor = found["nights"].where(found["nights"] > 0)
    for what in ("units", "revenue"):
        found[f"{what}_per_night"] = found.pop(f"{what}_known") / divisor
    return found.reset_index().sort_values("units_per_night", ascending=False, na_position="last", ignore_index=True)


def deviation_ratio(frame: pd.DataFrame) -> float | None:
    """Units over what was expected, minus one, of the rows whose expected value is known; None without such rows."""
    known = frame[frame["expected"].notna() & frame["units"].notna()]
    wanted = float(known["expected"].sum())
    return float(known["units"].sum()) / wanted - 1 if wanted > 0 else None


def floor_that_stands_out(floor_days: pd.DataFrame) -> tuple[int, float] | None:
    """(floor_id, deviation ratio) of the floor furthest from what was expected of it; None when none is far."""
    known = floor_days[floor_days["expected"].notna()].groupby("floor_id")[["units", "expected"]].sum()
    gap = known["units"] - known["expected"]
    is_far = (gap.abs() >= FINDING_RATIO * known["expected"]) & (
        gap.abs() >= FINDING_DEVIATIONS * known["expected"] ** 0.5
    )
    far = (gap / known["expected"])[is_far & (known["expected"] > 0)]
    if far.empty:
        return None
    place = int(far.abs().to_numpy().argmax())
    return int(far.index[place]), float(far.iloc[place])
