"""The central store and the goods that attendants carry: orders, deliveries in cases, counts, losses, late bookings."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tests.benchmarks.other_hotel.plan import CUSTODY, STOCK, Event, Plan, wanted, warm_up
from tests.benchmarks.other_hotel.shape import PRODUCTS, Floats, Hotel

CASE = np.array([product[3] for product in PRODUCTS])
COUNT_EVERY = 14
Row = tuple[str, int, int, pd.Timestamp, str]  # type, product, quantity, local time, person


@dataclass
class Books:
    """Movements of the store and of custody as booked: (type, product, quantity, local time, person)."""

    store: list[Row] = field(default_factory=list)
    custody: list[Row] = field(default_factory=list)
    doubled_days: list[int] = field(default_factory=list)

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        names = ["type", "product", "quantity", "at", "staff"]
        return pd.DataFrame(self.store, columns=names), pd.DataFrame(self.custody, columns=names)


@dataclass
class Mishaps:
    """What happens in the store: which delivery goes wrong, how much leaks, when bookings wait. Days × products."""

    leak: Floats
    wrong: dict[int, tuple[str, int]] = field(default_factory=dict)  # product → (kind, first day it may happen)
    delayed: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))


def used_units(hotel: Hotel, visits: pd.DataFrame, lines: pd.DataFrame) -> Floats:
    """Units put in as written down, days × staff × products."""
    known = visits[visits["type"] != "ilk_dolum"]
    joined = lines.merge(known[["visit", "staff", "at"]], on="visit")
    day = (joined["at"].dt.normalize() - hotel.days[0]).dt.days.to_numpy()
    used = np.zeros((hotel.shape.days, len(hotel.staff), len(PRODUCTS)))
    np.add.at(
        used, (day, joined["staff"].to_numpy(int), joined["product"].to_numpy(int)), joined["refilled"].to_numpy()
    )
    return used


def carry(hotel: Hotel, plan: Plan, used: Floats, put_in: Floats, books: Books) -> tuple[Floats, Floats]:
    """Custody by what was ``put_in``; returns what left the store and what came back, days × products."""
    rng = hotel.shape.rng(8)
    staff, products = len(hotel.staff), len(PRODUCTS)
    weekly = rng.random(staff) < 0.25
    mean = np.maximum(put_in[: hotel.shape.days].mean(axis=0), 0.02)
    target = np.ceil(mean * np.where(weekly, 11.0, 5.0)[:, None] + 3)
    cart = np.zeros((staff, products))
    issued, returned = np.zeros((2, hotel.shape.days, products))
    for day in range(hotel.shape.days):
        date = hotel.days[day]
        due = np.where(weekly, date.day_of_week == 0, date.day_of_week in (0, 2, 4))[:, None] | (cart < put_in[day])
        due &= ~hotel.closed[day].all()
        issue = np.where(due & (cart < 0.7 * target), np.ceil(np.maximum(target - cart, put_in[day]) / 2) * 2, 0)
        leak = rng.binomial(np.maximum(put_in[day], 0).astype(int), plan.leak[day][:, None])
        lost = np.where(plan.leak[day][:, None] > 0, leak, 0)
        back = np.where((date.day_of_week == 6) & (rng.random((staff, products)) < 0.12), np.floor(cart / 2), 0)
        broken = (rng.random((staff, products)) < 0.002) & (cart > 2)
        cart = np.maximum(cart + issue - put_in[day] - lost - back - broken, 0)
        _book_custody(hotel, books, day, {"zimmet": issue, "kullanim": used[day], "iade": back, "fire": broken}, rng)
        issued[day], returned[day] = issue.sum(axis=0), back.sum(axis=0)
    return issued, returned


def _book_custody(hotel: Hotel, books: Books, day: int, amounts: dict[str, Floats], rng: np.random.Generator) -> None:
    hours = {"zimmet": 8.2, "kullanim": 16.6, "iade": 17.0, "fire": 16.8}
    for kind, units in amounts.items():
        for person, product in np.argwhere(units > 0).tolist():
            quantity = int(units[person, product])
            at = hotel.days[day] + pd.Timedelta(minutes=round(hours[kind] * 60 + person * 3 + rng.random() * 2))
            code = str(hotel.staff["code"].iloc[person])
            books.custody.append((kind, product, quantity, at, code))
            if kind in ("zimmet", "iade"):
                books.store.append(("transfer", product, quantity if kind == "zimmet" else -quantity, at, code))


def mishaps(hotel: Hotel, plan: Plan) -> Mishaps:
    """Store events on different products as far as there are enough of them."""
    rng = hotel.shape.rng(9)
    days = hotel.shape.days
    found = Mishaps(np.zeros((days, len(PRODUCTS))), delayed=np.zeros((days, len(PRODUCTS)), dtype=bool))
    order = rng.permutation(len(PRODUCTS) - 1).tolist()
    for kind in ("slow_stock_loss", "negative_stock", "case_as_piece", "short_delivery"):
        for _ in range(wanted(hotel, kind)):
            if not order:
                return found
            product = order.pop()
            first = int(rng.integers(warm_up(days), max(warm_up(days) + 1, days - 30)))
            if kind == "slow_stock_loss":
                last = min(first + int(rng.integers(20, 45)), days - 2)
                found.leak[first : last + 1, product] = rng.uniform(0.15, 0.5)
                plan.events.append(
                    Event(kind, first, min(last + COUNT_EVERY, days - 1), float(found.leak[first, product]), (STOCK,),
                          ("product",), products=(product,), grace_days=2.0)
                )  # fmt: skip
            elif kind == "negative_stock":
                found.delayed[first : first + 14, product] = True
                counted = min(_next_count(first + 14), days - 1)  # the count after the last late booking
                plan.events.append(Event(kind, first, counted, 0.0, (STOCK,), ("product",), products=(product,)))
            else:
                found.wrong[product] = (kind, first)
    return found


def keep_store(hotel: Hotel, plan: Plan, issued: Floats, returned: Floats, books: Books) -> None:
    """Deliveries, waste and counts around what leaves the store."""
    rng, trouble = hotel.shape.rng(10), mishaps(hotel, plan)
    mean = np.maximum((issued - returned).mean(axis=0), 0.3)
    physical = np.ceil(mean * 20 / CASE) * CASE
    for product, quantity in enumerate(physical.astype(int).tolist()):
        books.store.append(("devir", product, quantity, hotel.days[0] + pd.Timedelta(hours=6), ""))
    coming: list[tuple[int, int, int]] = []  # day, product, units
    waiting: list[tuple[int, int, int]] = []  # delivered, not booked yet
    for day in range(hotel.shape.days):
        _run_to_the_shop(hotel, books, day, np.maximum(issued[day] - physical, 0), physical, rng)
        physical -= issued[day]
        coming = _deliver(hotel, plan, trouble, books, day, coming, waiting, physical, rng)
        stolen = rng.binomial(issued[day].astype(int), trouble.leak[day])
        wasted = np.minimum((rng.random(mean.size) < 0.015) * rng.integers(1, 4, mean.size), physical)
        broken = rng.random(mean.size) < 0.04
        for product in np.flatnonzero(wasted).tolist():
            books.store.append(("fire", product, int(wasted[product]), _at(hotel, day, 15.5, product), ""))
        physical = np.maximum(physical + returned[day] - wasted - stolen - broken, 0)
        coming += _ordered(hotel, day, physical, mean, coming, rng)
        if day % COUNT_EVERY == COUNT_EVERY - 1:
            for product in range(mean.size):
                books.store.append(("sayim", product, int(physical[product]), _at(hotel, day, 18.0, product), ""))
    _double_a_day(hotel, plan, books)


def _run_to_the_shop(
    hotel: Hotel, books: Books, day: int, short: Floats, physical: Floats, rng: np.random.Generator
) -> None:
    """What the store cannot give is bought around the corner, in no particular quantity."""
    for product in np.flatnonzero(short).tolist():
        quantity = int(np.ceil(short[product] / 6) * 6 + rng.integers(0, 6))
        physical[product] += quantity
        books.store.append(("giris", product, quantity, _at(hotel, day, 8.0, product), ""))


def _next_count(day: int) -> int:
    return day + COUNT_EVERY - 1 - day % COUNT_EVERY


def _at(hotel: Hotel, day: int, hour: float, product: int) -> pd.Timestamp:
    return hotel.days[day] + pd.Timedelta(minutes=round(hour * 60) + product)


def _ordered(
    hotel: Hotel, day: int, physical: Floats, mean: Floats, coming: list[tuple[int, int, int]], rng: np.random.Generator
) -> list[tuple[int, int, int]]:
    """Review on about two days a week, up to about two weeks' need, in cases; now and then in two parts."""
    if rng.random() > (0.85 if hotel.days[day].day_of_week in (0, 3) else 0.05):
        return []
    on_the_way = np.zeros(mean.size)
    for _, product, units in coming:
        on_the_way[product] += units
    wanted_units = mean * rng.uniform(12, 18) - physical - on_the_way
    made = []
    for product in np.flatnonzero(wanted_units > 0.4 * CASE).tolist():
        cases = int(np.ceil(wanted_units[product] / CASE[product]))
        lead = int(rng.integers(1, 5))
        first = cases if cases < 2 or rng.random() > 0.15 else cases // 2
        made.append((day + lead, product, first * int(CASE[product])))
        if cases > first:
            made.append((day + lead + int(rng.integers(2, 7)), product, (cases - first) * int(CASE[product])))
    return made


def _deliver(
    hotel: Hotel, plan: Plan, trouble: Mishaps, books: Books, day: int, coming: list[tuple[int, int, int]],
    waiting: list[tuple[int, int, int]], physical: Floats, rng: np.random.Generator,
) -> list[tuple[int, int, int]]:  # fmt: skip
    for due, product, units in coming:
        if due != day:
            continue
        kind, first = trouble.wrong.get(product, ("", 0))
        booked, real = units, units
        if kind and day >= first:
            del trouble.wrong[product]
            booked = units // int(CASE[product]) if kind == "case_as_piece" else units
            real = units if kind == "case_as_piece" else int(units * rng.uniform(0.4, 0.8))
            counted = _next_count(day)
            plan.events.append(
                Event(kind, day, min(counted, hotel.shape.days - 1), float(units), (STOCK,), ("product",),
                      products=(product,), grace_days=1.5)
            )  # fmt: skip
        physical[product] += real
        if trouble.delayed[day, product]:
            waiting.append((day, product, booked))
        else:
            books.store.append(("giris", product, booked, _at(hotel, day, 10.0 + rng.random(), product), ""))
    for entry in [one for one in waiting if not trouble.delayed[day, one[1]]]:
        waiting.remove(entry)
        books.store.append(("giris", entry[1], entry[2], _at(hotel, day, 14.0, entry[1]), ""))
    return [one for one in coming if one[0] != day]


def _double_a_day(hotel: Hotel, plan: Plan, books: Books) -> None:
    """One day of movements, of the store and of custody, under new numbers."""
    rng = hotel.shape.rng(11)
    busy = np.flatnonzero(~hotel.closed.all(axis=1))
    busy = busy[(busy >= warm_up(hotel.shape.days)) & (busy < hotel.shape.days - 2)]
    for day in rng.choice(busy, wanted(hotel, "movements_twice"), replace=False).tolist():
        date = hotel.days[day]
        for rows in (books.store, books.custody):
            rows += [row for row in rows if row[3].normalize() == date and row[0] != "sayim"]
        plan.events.append(Event("movements_twice", day, _next_count(day), 0.0, (STOCK, CUSTODY), ()))
