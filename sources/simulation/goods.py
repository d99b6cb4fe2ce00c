"""The goods side of a day: deliveries and issues in the morning, returns and the count in the evening."""

import numpy as np

from sources.simulation import anomalies, custody, store
from sources.simulation.anomalies import Label
from sources.simulation.house import House
from sources.simulation.parameters import COUNT_WEEKDAY, ISSUE_WEEKDAYS, REVIEW_WEEKDAYS
from sources.simulation.random import CUSTODY, STORE, Ints, stream
from sources.simulation.records import CUSTODY_TYPES, DAY_SECONDS, MOVEMENT_TYPES

HOUR = 3600
SPREE_UNITS = 10  # in hand before anybody writes much of it off


def book(house: House, day: int, hour: float, kind: str, quantity: Ints, *, attendant: Ints | int = -1) -> None:
    """Movements of the store by product, or by attendant × product; zeros are not written, except of a count."""
    amounts = np.atleast_2d(quantity)
    who = np.broadcast_to(np.asarray(attendant).reshape(-1, 1), amounts.shape)
    rows, products = np.nonzero(np.ones_like(amounts) if kind == "sayim" else amounts)
    house.records.add(
        "movements", product=products, attendant=who[rows, products], type=MOVEMENT_TYPES.index(kind),
        quantity=amounts[rows, products], at=day * DAY_SECONDS + int(hour * HOUR),
    )  # fmt: skip


def hand(house: House, day: int, hour: float, kind: str, quantity: Ints) -> None:
    """Custody movements by attendant × product; zeros are not written."""
    attendants, products = np.nonzero(quantity)
    house.records.add(
        "custody", attendant=attendants, product=products, type=CUSTODY_TYPES.index(kind), room=-1,
        quantity=quantity[attendants, products], at=day * DAY_SECONDS + int(hour * HOUR),
    )  # fmt: skip


def open_house(house: House) -> None:
    """The first morning: opening stock, then all minibars are filled from it."""
    layout, at = house.layout, 6 * HOUR
    fill = layout.par.sum(axis=0)
    book(house, 0, 5.0, "devir", house.store.shelf)
    book(house, 0, 5.4, "transfer", fill)
    house.store.shelf = house.store.shelf - fill
    rooms = np.flatnonzero(layout.par.sum(axis=1) > 0)
    house.looked_at[:] = at
    when = at + np.arange(len(rooms)) * (2 * HOUR) // max(len(rooms), 1)
    house.records.add("visits", key=rooms, room=rooms, attendant=layout.section[rooms], type=2, at=when)
    visit, product = np.nonzero(layout.par[rooms])
    units = layout.par[rooms][visit, product]
    house.records.add("lines", key=rooms[visit], product=product, consumed=0, refilled=units, available=when[visit])


def lose_goods(house: House, day: int) -> None:
    """Goods vanish from the shelf: a usual share, and slow losses that were planted."""
    planting, layout = house.planting, house.layout
    steady = np.flatnonzero((layout.daily_use() >= 1) & (planting.leak_until <= day))
    usual = np.maximum(np.round(layout.daily_use() * anomalies.SLOW_LOSS_SHARE), 1).astype(np.int64)
    for place in planting.take(anomalies.SLOW_LOSS, len(steady)):
        product, until = int(steady[place]), day + planting.lasting(anomalies.SLOW_LOSS)
        planting.leak_until[product] = until
        at = day * DAY_SECONDS + 6 * HOUR
        planting.labels.append(
            Label(anomalies.SLOW_LOSS, at, until * DAY_SECONDS, at, product=product, magnitude=float(usual[product]),
                  details={"units_per_day": int(usual[product])})
        )  # fmt: skip
    leaking = np.where(planting.leak_until > day, usual, 0)
    occupied = float((house.last_night(day) >= 0).mean())
    rng = stream(house.seed, STORE, 2 * day)
    house.vanished = house.vanished + store.lose(layout, house.store, occupied, leaking, rng)


def issue_goods(house: House, day: int) -> None:
    """Trolleys are filled from the store; wrong returns of yesterday are put right before."""
    weekday = house.weekday(day)
    for (attendant, product), units in house.overbooked.items():
        house.records.add(
            "custody", attendant=attendant, product=product, type=CUSTODY_TYPES.index("zimmet"), quantity=units,
            room=-1, at=day * DAY_SECONDS + 7 * HOUR,
        )  # fmt: skip
    house.overbooked = {}
    if weekday not in ISSUE_WEEKDAYS and day > 0:
        return
    issued = custody.issue(house.trolleys, house.store.pace, custody.days_covered(weekday), house.store.shelf)
    house.trolleys = house.trolleys + issued
    house.store.shelf = house.store.shelf - issued.sum(axis=0)
    book(house, day, 7.7, "cikis", issued, attendant=np.arange(len(issued)))
    hand(house, day, 7.7, "zimmet", issued)


def planted_deliveries(house: House, day: int, units: Ints) -> tuple[Ints, Ints]:
    """(booked, arrived) of a delivery after what is planted in it: cases booked as pieces, units that never came."""
    planting, booked, arrived = house.planting, units.copy(), units.copy()
    at, ended = day * DAY_SECONDS + 11 * HOUR, house.next_count(day)
    candidates = np.flatnonzero((units > 0) & (house.layout.case_size > 1))
    for place in planting.take(anomalies.CASE_AS_PIECE, len(candidates)):
        product = int(candidates[place])
        booked[product] = units[product] // house.layout.case_size[product]
        details = {"booked": int(booked[product]), "arrived": int(units[product])}
        planting.labels.append(
            Label(anomalies.CASE_AS_PIECE, at, ended, at, product=product, details=details,
                  magnitude=float(units[product] - booked[product]))
        )  # fmt: skip
    candidates = np.flatnonzero((units > 1) & (booked == units))
    for place in planting.take(anomalies.SHORT_DELIVERY, len(candidates)):
        product = int(candidates[place])
        arrived[product] = units[product] // 2
        details = {"booked": int(units[product]), "arrived": int(arrived[product])}
        planting.labels.append(
            Label(anomalies.SHORT_DELIVERY, at, ended, at, product=product, details=details,
                  magnitude=float(units[product] - arrived[product]))
        )  # fmt: skip
    return booked, arrived


def order_and_receive(house: House, day: int) -> None:
    if house.weekday(day) in REVIEW_WEEKDAYS:
        store.order(house.layout, house.store, day)
    cases = store.arriving_cases(house.store, day, stream(house.seed, STORE, 2 * day + 1))
    booked, arrived = planted_deliveries(house, day, cases * house.layout.case_size)
    book(house, day, 11.0, "giris", booked)
    house.store.shelf = house.store.shelf + arrived
    house.vanished = house.vanished + np.maximum(booked - arrived, 0)


def close_day(house: House, day: int, booked_balance: Ints) -> None:
    """Evening: a wrong return now and then; on Sunday breakages, returns, expired goods and the count."""
    plant_negative_custody(house, day, booked_balance)
    write_off_sprees(house, day)
    if house.weekday(day) != COUNT_WEEKDAY:
        return
    rng = stream(house.seed, CUSTODY, day)
    broken = custody.breakages(house.trolleys, rng)
    hand(house, day, 16.95, "fire", broken)
    back = house.trolleys - broken
    hand(house, day, 17.0, "iade", back)
    book(house, day, 17.0, "transfer", -back, attendant=np.arange(len(back)))
    house.trolleys = np.zeros_like(back)
    house.store.shelf = house.store.shelf + back.sum(axis=0)
    book(house, day, 17.5, "fire", store.expired(house.store, rng))
    book(house, day, 18.0, "sayim", house.store.shelf)


def plant_negative_custody(house: House, day: int, booked_balance: Ints) -> None:
    """A return is booked of more than the attendant ever had; the next morning it is put right.

    ``booked_balance`` (K, P): units each attendant carries according to the records.
    """
    planting = house.planting
    for attendant in planting.take(anomalies.NEGATIVE_CUSTODY, house.layout.attendant_count):
        product = int(np.argmax(booked_balance[attendant]))
        units = int(max(booked_balance[attendant].sum(), 0) + planting.rng.integers(5, 16))
        at = day * DAY_SECONDS + int(16.5 * HOUR)
        house.overbooked[int(attendant), product] = units
        house.records.add(
            "custody", attendant=attendant, product=product, type=CUSTODY_TYPES.index("iade"), quantity=units,
            room=-1, at=at,
        )  # fmt: skip
        planting.labels.append(
            Label(anomalies.NEGATIVE_CUSTODY, at, (day + 1) * DAY_SECONDS + 7 * HOUR, at, attendant=int(attendant),
                  product=product, magnitude=float(units), details={"returned": units})
        )  # fmt: skip


def write_off_sprees(house: House, day: int) -> None:
    """An attendant writes off a large part of what is in hand, evening after evening; the goods are really gone."""
    planting, at = house.planting, day * DAY_SECONDS + int(16.9 * HOUR)
    able = np.flatnonzero((planting.spree_until <= day) & (house.trolleys.sum(axis=1) >= SPREE_UNITS))
    for chosen in planting.take(anomalies.WRITE_OFF_SPREE, len(able)):
        attendant, until = int(able[chosen]), day + planting.lasting(anomalies.WRITE_OFF_SPREE)
        planting.spree_until[attendant] = until
        planting.labels.append(
            Label(anomalies.WRITE_OFF_SPREE, at, until * DAY_SECONDS, at, attendant=attendant,
                  magnitude=anomalies.WRITTEN_OFF_SHARE)
        )  # fmt: skip
    gone = np.zeros_like(house.trolleys)
    for place in np.flatnonzero(planting.spree_until > day):
        gone[place] = planting.later_rng.binomial(house.trolleys[place], anomalies.WRITTEN_OFF_SHARE)
    hand(house, day, 16.9, "fire", gone)
    house.trolleys = house.trolleys - gone
