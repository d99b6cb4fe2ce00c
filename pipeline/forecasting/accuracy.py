"""Forecasts beside what happened (SPEC A4.5)."""

from dataclasses import dataclass

import pandas as pd

from pipeline.forecasting.distribution import QUANTILES, pinball

COMPARED_DAYS = 7


@dataclass(frozen=True)
class Accuracy:
    """How forecasts up to seven days ahead turned out; the figures are None where nothing can be measured yet.

    ``pinball`` and ``bias`` (forecast mean less units) are in units a day, ``coverage`` is the share of days within
    the 80 % band. ``days`` has a row each product, day made and day meant: product_id, made_on, target_on, model, mean,
    q10, q50, q90, units, pinball, is_inside, error. ``products`` sums them up by product_id.
    """

    observations: int
    pinball: float | None
    coverage: float | None
    bias: float | None
    days: pd.DataFrame
    products: pd.DataFrame


def compare(forecasts: pd.DataFrame, happened: pd.DataFrame) -> Accuracy:
    """``forecasts``: product_id, made_on, target_on, model, mean, q10, q50, q90; ``happened``: product_id, target_on,
    units of the days that were observed and are over. Days without an observation are left out: they are not zero."""
    days = forecasts.merge(happened.dropna(subset=["units"]), on=["product_id", "target_on"])
    units = days["units"].to_numpy(dtype=float)
    losses = [pinball(units, days[f"q{round(100 * level)}"].to_numpy(dtype=float), level) for level in QUANTILES]
    days = days.assign(
        pinball=sum(losses) / len(QUANTILES), is_inside=days["units"].between(days["q10"], days["q90"]),
        error=days["mean"] - days["units"],
    )  # fmt: skip
    grouped = days.groupby("product_id")
    means = grouped[["pinball", "is_inside", "error"]].mean()
    products = means.rename(columns={"is_inside": "coverage", "error": "bias"}).reset_index()
    products.insert(1, "observations", grouped.size().to_numpy())
    if days.empty:
        return Accuracy(0, None, None, None, days, products)
    loss, coverage, bias = (float(days[name].mean()) for name in ("pinball", "is_inside", "error"))
    return Accuracy(len(days), loss, coverage, bias, days, products)
