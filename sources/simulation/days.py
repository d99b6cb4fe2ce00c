"""The simulation itself: one day after another, each from what the day before left and its own random numbers."""

from datetime import date

import numpy as np
import pandas as pd

from core.stage import Progress, silent
from sources.simulation.anomalies import Planting, PlantPlan
from sources.simulation.consumption import taken_in_night
from sources.simulation.goods import close_day, issue_goods, lose_goods, open_house, order_and_receive
from sources.simulation.house import House
from sources.simulation.layout import Layout
from sources.simulation.random import CONSUMPTION, Floats, Ints, stream
from sources.simulation.records import CUSTODY_TYPES, TABLES, Activity, Records
from sources.simulation.stays import guest_traits, occupancy_grid
from sources.simulation.store import opening_store
from sources.simulation.visits import walk_round

SHOWN_DAYS = 10  # progress is told every so many days


def new_house(
    layout: Layout, stays: pd.DataFrame, seed: int, started_on: date, *, days: int, plan: PlantPlan | None
) -> House:
    rooms, products, attendants = layout.room_count, layout.product_count, layout.attendant_count
    return House(
        layout=layout,
        seed=seed,
        started_on=started_on,
        grid=occupancy_grid(stays, rooms, days),
        store=opening_store(layout, layout.par.sum(axis=0)),
        missing=np.zeros_like(layout.par),
        noted=np.zeros_like(layout.par),
        trolleys=np.zeros((attendants, products), dtype=np.int64),
        looked_at=np.zeros(rooms, dtype=np.int64),
        overbooked={},
        vanished=np.zeros(products, dtype=np.int64),
        records=Records(),
        planting=Planting(plan, seed, rooms=rooms, attendants=attendants, products=products, floors=layout.floor_count),
    )


def sleep(house: House, day: int, users: Ints, thirst: Floats) -> None:
    """The night: guests take from what the minibars hold."""
    tonight = house.tonight(day)
    somebody = tonight >= 0
    here = np.where(somebody, users[tonight], 0) if len(users) else np.zeros_like(tonight)
    want = np.where(somebody, thirst[tonight], 0.0) if len(users) else np.zeros(len(tonight))
    rng = stream(house.seed, CONSUMPTION, day)
    content = house.layout.par - house.missing
    house.missing += taken_in_night(house.layout, here, want, house.weekday(day), content=content, rng=rng)


def booked_balance(house: House, since: int) -> Ints:
    """(K, P) units that each attendant carries according to the records; ``since`` skips parts already summed."""
    balance = np.zeros_like(house.trolleys)
    signs = {"zimmet": 1, "kullanim": -1, "iade": -1, "fire": -1}
    names = TABLES["custody"]
    for part in house.records.parts["custody"][since:]:
        column = dict(zip(names, part, strict=True))
        sign = np.asarray([signs[kind] for kind in CUSTODY_TYPES])[column["type"]]
        np.add.at(balance, (column["attendant"], column["product"]), sign * column["quantity"])
    return balance


def simulate(
    layout: Layout,
    stays: pd.DataFrame,
    seed: int,
    started_on: date,
    last_day: int,
    *,
    plan: PlantPlan | None = None,
    progress: Progress = silent,
) -> Activity:
    """Everything recorded on days 0 to ``last_day``; the same whatever ``last_day`` is, as far as both reach.

    ``stays`` as ``stays.simulate_stays`` returns them. Method: a stochastic simulation in days of the hotel's
    material flow (guests → minibars → trolleys → store → supplier) in which losses and mistakes are separate from
    what is written down; all randomness is keyed by (seed, purpose, day).
    """
    house = new_house(layout, stays, seed, started_on, days=last_day + 1, plan=plan)
    users, thirst = guest_traits(stays, seed)
    balance, summed = np.zeros_like(house.trolleys), 0
    for day in range(last_day + 1):
        house.planting.begin_day(day)
        if day == 0:
            open_house(house)
        lose_goods(house, day)
        issue_goods(house, day)
        order_and_receive(house, day)
        if day > 0:
            house.store.remember(walk_round(house, day))
        balance, summed = balance + booked_balance(house, summed), len(house.records.parts["custody"])
        close_day(house, day, balance)
        sleep(house, day, users, thirst)
        if day % SHOWN_DAYS == 0:
            progress(day / (last_day + 1), "simulation.progress.days")
    tables = {table: house.records.frame(table) for table in TABLES}
    return Activity(tables, stays, house.planting.labels, house.store.shelf, house.vanished)
