"""A simulated hotel without a database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from sources.simulation import premises
from sources.simulation.anomalies import PlantPlan
from sources.simulation.days import simulate
from sources.simulation.layout import Layout, build_layout
from sources.simulation.parameters import PROFILES
from sources.simulation.records import CUSTODY_TYPES, MOVEMENT_TYPES, Activity
from sources.simulation.stays import simulate_stays

STARTED_ON = date(2025, 9, 3)


@dataclass(frozen=True)
class Simulated:
    layout: Layout
    stays: pd.DataFrame
    activity: Activity
    days: int

    def table(self, name: str) -> pd.DataFrame:
        frame = self.activity.tables[name]
        names = {"movements": MOVEMENT_TYPES, "custody": CUSTODY_TYPES}.get(name)
        return frame.assign(type=np.asarray(names, dtype=object)[frame["type"]]) if names else frame


def sample_layout(count: int) -> Layout:
    rooms = premises.sample_rooms(count)
    codes = sorted(set(rooms["room_type"]))
    use = rooms["room_type"].value_counts().to_dict()
    products = premises.sample_products(use)
    par = premises.sample_par(codes)
    staff = premises.sample_staff(count)
    return build_layout(
        rooms.assign(id=rooms.index + 1, room_type_id=rooms["room_type"].map(codes.index)),
        products.assign(id=products.index + 1),
        par.assign(room_type_id=par["room_type"].map(codes.index), product_id=par["product"].str[1:].astype(int)),
        staff.assign(id=staff.index + 1),
    )


@lru_cache(maxsize=16)
def simulated_hotel(
    rooms: int = 120, days: int = 60, seed: int = 5, profile: str = "city", plan: PlantPlan | None = None
) -> Simulated:
    layout = sample_layout(rooms)
    stays = simulate_stays(PROFILES[profile], rooms, seed, STARTED_ON, days)
    return Simulated(layout, stays, simulate(layout, stays, seed, STARTED_ON, days, plan=plan), days)


@pytest.fixture(scope="session")
def hotel() -> Callable[..., Simulated]:
    return simulated_hotel


class FixedPlan(PlantPlan):
    """A plan that the cache of simulated hotels can hold as a key."""

    def __hash__(self) -> int:
        return hash((tuple(self.rates.items()), self.scheduled, self.first_day))


@pytest.fixture(scope="session")
def fixed_plan() -> Callable[..., PlantPlan]:
    """Anomalies of one type on given days, and at given rates."""

    def plan(kind: str, *days: int, rates: dict[str, float] | None = None) -> PlantPlan:
        return FixedPlan(rates or {}, tuple((kind, day) for day in days), 21)

    return plan
