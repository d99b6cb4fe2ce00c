"""Who stays where, and how thirsty they are: stays, groups, guests who never drink and a few who empty the minibar."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.benchmarks.other_hotel.shape import GROUPS, PRODUCTS, Floats, Hotel

# share of stays, chance of a use a night for two guests, mean further items of a use
DRINKERS = ((0.35, 0.0, 0.0), (0.42, 0.34, 0.6), (0.19, 0.62, 0.9), (0.04, 0.8, 2.2))
EMPTIES_IT = 0.004


@dataclass(frozen=True)
class Guests:
    """``stays``: room, arrival, departure (day positions), adults, children, segment; ``of_room``: stay or −1."""

    stays: pd.DataFrame
    of_room: np.ndarray  # days × rooms
    use: Floats
    items: Floats
    taste: Floats  # stays × products
    empties_on: np.ndarray  # day position, −1 for never


def invite(hotel: Hotel) -> Guests:
    """Fill the hotel day by day to its wanted occupancy."""
    rng = hotel.shape.rng(2)
    count, days = len(hotel.rooms), hotel.shape.days
    free_from = np.zeros(count, dtype=int)
    rows: list[tuple[int, int, int, int, int, str]] = []
    for day in range(days):
        free = np.flatnonzero((free_from <= day) & ~hotel.closed[day])
        wanted = int(hotel.occupancy[day] * count) - int((free_from > day).sum())
        wanted = min(max(wanted + int(rng.normal(0, 0.02 * count)), 0), free.size)
        chosen = rng.permutation(free)[:wanted]
        group = rng.random() < 0.06 and wanted >= 8
        party = chosen[: int(wanted * rng.uniform(0.3, 0.8))] if group else chosen[:0]
        nights = int(rng.integers(1, 4))
        for room in chosen.tolist():
            in_party = room in party
            length = nights if in_party else _length(rng, bool(hotel.conference[day]))
            departure = _until_closed(hotel, day, room, length)
            adults = 2 if in_party else int(rng.choice((1, 2, 3), p=(0.35, 0.55, 0.1)))
            children = int(rng.choice((1, 2))) if hotel.kind[room] == 2 and rng.random() < 0.7 else 0
            segment = "group" if in_party else "direct" if rng.random() < 0.5 else "online"
            rows.append((room, day, departure, adults, children, segment))
            free_from[room] = departure
        if party.size:
            hotel.benign.append({"kind": "group", "day": day, "rooms": party.tolist()})
    stays = pd.DataFrame(rows, columns=["room", "arrival", "departure", "adults", "children", "segment"])
    return _with_tastes(hotel, stays)


def _length(rng: np.random.Generator, is_conference: bool) -> int:
    return int(rng.integers(1, 3)) if is_conference else int(min(1 + rng.geometric(0.42) - rng.integers(0, 2), 21)) or 1


def _until_closed(hotel: Hotel, day: int, room: int, length: int) -> int:
    shut = np.flatnonzero(hotel.closed[day : day + length, room])
    return day + (int(shut[0]) if shut.size else length)


def _with_tastes(hotel: Hotel, stays: pd.DataFrame) -> Guests:
    rng = hotel.shape.rng(3)
    count = len(stays)
    drinker = rng.choice(len(DRINKERS), count, p=[kind[0] for kind in DRINKERS])
    people = (stays["adults"] + 0.5 * stays["children"]).to_numpy() / 2
    use = np.array([kind[1] for kind in DRINKERS])[drinker] * people**0.6
    use *= np.exp(rng.normal(0, 0.3, count)) * np.array([1.0, 1.05, 1.3, 1.25])[hotel.kind[stays["room"].to_numpy()]]
    use *= np.where(stays["segment"] == "group", 0.7, 1.0) * hotel.shape.thirst
    room_effect = np.exp(rng.normal(0, 0.15, len(hotel.rooms)))
    use *= room_effect[stays["room"].to_numpy()]
    groups = np.array([GROUPS.index(product[2]) for product in PRODUCTS])
    liking = rng.gamma(0.6, 1 / 0.6, (count, len(GROUPS)))[:, groups] * rng.gamma(1.0, 1.0, (count, len(PRODUCTS)))
    taste = liking * np.array([product[6] for product in PRODUCTS]) + 1e-9
    of_room = np.full((hotel.shape.days, len(hotel.rooms)), -1)
    for stay, (room, first, last) in enumerate(stays[["room", "arrival", "departure"]].itertuples(index=False)):
        of_room[first:last, room] = stay
    nights = (stays["departure"] - stays["arrival"]).to_numpy()
    on = stays["arrival"].to_numpy() + (rng.random(count) * nights).astype(int)
    empties = np.where((rng.random(count) < EMPTIES_IT) & (hotel.shape.thirst > 0), on, -1)
    for stay in np.flatnonzero(empties >= 0).tolist():
        hotel.benign.append(
            {"kind": "emptied minibar", "day": int(empties[stay]), "rooms": [int(stays["room"].iloc[stay])]}
        )
    return Guests(stays, of_room, np.clip(use, 0, 0.97), np.array([k[2] for k in DRINKERS])[drinker], taste, empties)


def consumed(guests: Guests, hotel: Hotel, day: int, content: Floats, more: Floats, rng: np.random.Generator) -> Floats:
    """Units taken in the night of ``day``, rooms × products, never more than is there. ``more``: factor by room."""
    stay = guests.of_room[day]
    there = np.flatnonzero(stay >= 0)
    taken = np.zeros_like(content)
    mean_appetite = float(hotel.appetite[day].mean())
    chance = guests.use[stay[there]] * mean_appetite
    uses = (rng.random(there.size) < chance).astype(int)
    extra = more[there] - 1
    uses += (rng.random(there.size) < chance * np.minimum(extra, 1)) * (extra > 0)
    uses += (rng.random(there.size) < chance * (extra - 1)) * (extra > 1)
    items = uses + rng.negative_binomial(1.2, 1.2 / (1.2 + np.maximum(guests.items[stay[there]], 1e-6))) * (uses > 0)
    who = np.repeat(there, items)
    weights = np.cumsum(guests.taste[stay[who]] * hotel.appetite[day], axis=1)
    drawn = rng.random(who.size) * weights[:, -1]
    np.add.at(taken, (who, (weights < drawn[:, None]).sum(axis=1)), 1)
    emptying = there[guests.empties_on[stay[there]] == day]
    taken[emptying] = rng.binomial(content[emptying].astype(int), 0.85)
    return np.minimum(taken, content)
