"""From rows as they are read to the records that models learn from, and from forecasts to rows that are stored."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from pipeline.forecasting.backtest import MIN_DAYS, Track, mean_known
from pipeline.forecasting.demand import Ints
from pipeline.forecasting.forecast import Forecast
from pipeline.forecasting.history import Records, units_by_day
from pipeline.forecasting.models import NAMES
from sources.ledger import OUTFLOWS, SIGNS


def daily_flows(movements: pd.DataFrame) -> pd.DataFrame:
    """product_id, moved_on, outflow, returned, delivered by hotel-local day.

    ``movements``: product_id, moved_on, movement_type, is_negative, quantity. The ledger's rule signs them; a count
    moves nothing. What comes back under a type that leaves the store is a return, ``giris`` is a delivery.
    """
    signs = movements["movement_type"].map(SIGNS).fillna(0).to_numpy(dtype=float)
    change = signs * movements["quantity"].to_numpy(dtype=float)
    leaves = movements["movement_type"].isin(OUTFLOWS).to_numpy()
    flows = movements[["product_id", "moved_on"]].assign(
        outflow=np.maximum(-change, 0.0),
        returned=np.where(leaves, np.maximum(change, 0.0), 0.0),
        delivered=np.where((movements["movement_type"] == "giris").to_numpy(), np.maximum(change, 0.0), 0.0),
    )
    return flows.groupby(["product_id", "moved_on"], as_index=False).sum()


def known_before(stays: pd.DataFrame, made_on: date) -> pd.DataFrame:
    """Stays that were read as known on the morning of ``made_on`` stand in that morning's books."""
    day_before = pd.Timestamp(made_on) - pd.Timedelta(days=1)
    return stays.assign(known_on=stays["known_on"].where(stays["known_on"] < day_before, day_before))


def forecast_rows(forecast: Forecast, hotel_id: int, made_on: date) -> pd.DataFrame:
    """Rows of stock_forecasts; products that are still learnt have none."""
    known = np.flatnonzero(forecast.is_known)
    horizon = forecast.mean.shape[1]
    targets = [made_on + timedelta(days=day) for day in range(horizon)]
    by_day = {"mean": forecast.mean, "q10": forecast.low, "q50": forecast.middle, "q90": forecast.high,
              "variance": forecast.variance}  # fmt: skip
    return pd.DataFrame({
        "hotel_id": hotel_id,
        "product_id": np.repeat(forecast.product_ids[known], horizon),
        "made_on": made_on,
        "target_on": targets * len(known),
        "model": np.repeat(np.asarray(NAMES, dtype=object)[forecast.model[known]], horizon),
        **{name: values[known].ravel() for name, values in by_day.items()},
        "shared_variance": np.repeat(forecast.shared[known], horizon),
    })  # fmt: skip


def backtest_rows(
    tracks: dict[str, Track], chosen: Ints, product_ids: Ints, *, hotel_id: int, at: datetime, span: tuple[date, date]
) -> pd.DataFrame:
    """Rows of forecast_backtests, for the products that could be judged."""
    parts = []
    for place, name in enumerate(NAMES):
        track = tracks[name]
        of_days = (track.loss, track.inside, (0, 2))
        of_weeks = (track.loss_week, track.inside_week, 0)
        for horizon, (loss, inside, axis) in ((1, of_days), (7, of_weeks)):
            judged = np.isfinite(loss).sum(axis=axis)
            per_day = 7.0 if horizon == 1 else 1.0
            parts.append(pd.DataFrame({
                "hotel_id": hotel_id, "product_id": product_ids, "model": name, "measured_at": at,
                "since_on": span[0], "until_on": span[1], "horizon_days": horizon, "observations": judged,
                "pinball": mean_known(loss, axis), "coverage": mean_known(inside, axis),
                "bias": mean_known(track.expected - track.total, 0) / per_day, "is_chosen": chosen == place,
            }))  # fmt: skip
    rows = pd.concat(parts, ignore_index=True)
    return rows[(rows["observations"] > 0) & rows["bias"].notna()].reset_index(drop=True)


def stored_choice(backtests: pd.DataFrame, product_ids: Ints) -> Ints:
    """The place in ``NAMES`` of each product's stored choice; −1 where there is none."""
    chosen = backtests[backtests["is_chosen"].astype(bool) & backtests["model"].isin(NAMES)]
    chosen = chosen.drop_duplicates("product_id")
    places = np.array([NAMES.index(model) for model in chosen["model"]], dtype=np.int64)
    row = pd.Index(chosen["product_id"]).get_indexer(pd.Index(product_ids))
    return np.where(row >= 0, np.append(places, -1)[row], -1)


def judgeable(observed_days: Ints) -> np.ndarray:
    """Products whose history holds at least one week that a back-test can judge."""
    return np.asarray(observed_days >= MIN_DAYS + 7)


def observed_units(records: Records, since: date, until: date) -> pd.DataFrame:
    """product_id, target_on, units of the observed days ``since`` … ``until`` before the last one with any record,
    which may not be over."""
    newest = records.active_on.max()
    end = until if pd.isna(newest) else min(until, newest.date() - timedelta(days=1))
    if pd.isna(newest) or end < since:
        return pd.DataFrame({"product_id": [], "target_on": pd.Series(dtype="datetime64[us]"), "units": []})
    units = units_by_day(records, since, end + timedelta(days=1))
    days = pd.date_range(pd.Timestamp(since), periods=units.shape[1], unit="us")
    return pd.DataFrame({
        "product_id": np.repeat(records.product_ids, len(days)),
        "target_on": np.tile(days, len(records.product_ids)),
        "units": units.ravel(),
    })  # fmt: skip
