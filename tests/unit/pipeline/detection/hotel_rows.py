"""Small made-up hotels for the tests of detectors: metric rows as ``read_metrics`` returns them."""

import numpy as np
import pandas as pd

START = pd.Timestamp("2026-01-01", tz="UTC")
RATES = np.array([0.08, 0.05, 0.04, 0.03])


def consumption(rooms: int = 12, days: int = 50, seed: int = 1) -> pd.DataFrame:
    """One check a room and day at 07:00–08:00 UTC; zeros stored; four products, 24 negative-binomial guests' taste."""
    rng = np.random.default_rng(seed)
    occupied = rng.random((rooms, days + 1)) < 0.7
    blocks = []
    for day in range(1, days + 1):
        room = np.repeat(np.arange(rooms), RATES.size)
        product = np.tile(np.arange(RATES.size), rooms)
        state = np.where(occupied[:, day], "occupied", np.where(occupied[:, day - 1], "vacated", "vacant"))[room]
        guests = np.where(state == "vacant", 0, 2)
        mean = RATES[product] * guests
        units = rng.poisson(mean * rng.gamma(1.5, 1 / 1.5, mean.size))
        at = START + pd.Timedelta(days=day, hours=7) + pd.to_timedelta(room, unit="min")
        blocks.append(
            pd.DataFrame(
                {
                    "entity_id": room * 10 + product + 1, "interval_start": at - pd.Timedelta(days=1), "timestamp": at,
                    "metric_value": units.astype(float), "exposure": guests.astype(float), "occupancy": state,
                    "guests": guests, "nights": 1, "visit_id": day * 1000 + room, "room_id": room + 1,
                    "product_id": product + 1, "floor_id": 1, "room_type_id": 1,
                }
            )
        )  # fmt: skip
    return pd.concat(blocks, ignore_index=True)


def stock(products: int = 3, days: int = 40, seed: int = 2) -> pd.DataFrame:
    """Hourly levels: issues every morning, a delivery every Monday."""
    rng = np.random.default_rng(seed)
    hours = pd.date_range(START, periods=days * 24, freq="h") + pd.Timedelta(hours=1)
    blocks = []
    for product in range(products):
        outflow = np.where(hours.hour == 6, rng.poisson(20, hours.size), 0)
        inflow = np.where((hours.hour == 9) & (hours.day_of_week == 0), 140, 0)
        level = 400 + np.cumsum(inflow - outflow)
        blocks.append(
            pd.DataFrame(
                {
                    "entity_id": product + 1, "interval_start": hours - pd.Timedelta(hours=1), "timestamp": hours,
                    "metric_value": level.astype(float), "exposure": np.nan, "outflow": outflow, "inflow": inflow,
                    "count_correction": 0,
                }
            )
        )  # fmt: skip
    return pd.concat(blocks, ignore_index=True)


def refills(staff: int = 3, days: int = 40, seed: int = 3) -> pd.DataFrame:
    """Eight refills an attendant and day, log-normal around 1.7 + 0.55 minutes a unit."""
    rng = np.random.default_rng(seed)
    count = staff * days * 8
    day, who = np.repeat(np.arange(days), staff * 8), np.tile(np.repeat(np.arange(staff), 8), days)
    order = np.tile(np.arange(8), staff * days)
    items = rng.integers(1, 6, count)
    minutes = (1.7 + 0.55 * items) * np.exp(rng.normal(0, 0.37, count))
    began = START + pd.to_timedelta(day, unit="D") + pd.to_timedelta(6 * 60 + order * 20 + who, unit="min")
    return pd.DataFrame(
        {
            "entity_id": who + 1, "interval_start": began, "timestamp": began + pd.to_timedelta(minutes, unit="min"),
            "metric_value": minutes, "exposure": items.astype(float), "room_id": order + 1, "floor_id": 1,
            "items": items,
        }
    ).sort_values(["entity_id", "timestamp"], ignore_index=True)  # fmt: skip


def custody(staff: int = 3, days: int = 60, seed: int = 4) -> pd.DataFrame:
    """One row an attendant and local day (Istanbul), closed at midnight."""
    rng = np.random.default_rng(seed)
    blocks = []
    for who in range(staff):
        ends = pd.date_range(START - pd.Timedelta(hours=3), periods=days, freq="D") + pd.Timedelta(days=1)
        used = rng.poisson(16, days)
        blocks.append(
            pd.DataFrame(
                {
                    "entity_id": who + 1, "interval_start": ends - pd.Timedelta(days=1), "timestamp": ends,
                    "metric_value": used.astype(float), "exposure": 20.0, "issued": 20, "returned": 20 - used,
                    "written_off": 0, "balance": 4,
                }
            )
        )  # fmt: skip
    return pd.concat(blocks, ignore_index=True)
