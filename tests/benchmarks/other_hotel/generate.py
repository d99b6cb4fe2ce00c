"""The other hotel as import files and, apart from them, the table of what was planted."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from sources.ledger import levels
from tests.benchmarks.other_hotel.entries import tenfold, twice
from tests.benchmarks.other_hotel.guests import Guests, invite
from tests.benchmarks.other_hotel.plan import Event, Plan, plant
from tests.benchmarks.other_hotel.rounds import live
from tests.benchmarks.other_hotel.shape import PRODUCTS, ROOM_TYPES, Hotel, Shape, build
from tests.benchmarks.other_hotel.store import Books, carry, keep_store, used_units

NOT_IN_FILE = 0.0015  # stays that the file of stays does not know
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Records:
    """``files``: kind → rows in the import format; ``truth``: planted events; ``benign``: odd but honest days."""

    shape: Shape
    files: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    benign: pd.DataFrame

    def write(self, folder: Path) -> dict[str, Path]:
        """The files as Parquet, in the order of their import."""
        paths = {kind: folder / f"{kind}.parquet" for kind in self.files}
        for kind, path in paths.items():
            self.files[kind].to_parquet(path, index=False)
        return paths


def generate(shape: Shape) -> Records:
    """All records of a hotel; the same shape gives the same records."""
    hotel = build(shape)
    guests = invite(hotel)
    plan = plant(hotel, guests)
    visits, lines = live(hotel, guests, plan).tables()
    put_in = used_units(hotel, visits, lines)
    lines = tenfold(hotel, plan, visits, lines)
    used = used_units(hotel, visits, lines)
    books = Books()
    issued, returned = carry(hotel, plan, used, put_in, books)
    visits, lines = twice(hotel, plan, visits, lines) if shape.density > 0 else (visits, lines)
    keep_store(hotel, plan, issued, returned, books)
    store, custody = books.tables()
    _date_negative_stock(plan, store)
    files = _catalogue(hotel) | _activity(hotel, visits, lines)
    files["stays"] = _stays(hotel, guests)
    files["movements"], files["custody"] = _movements(store, "M"), _movements(custody, "C").dropna(subset=["staff"])
    order = ("rooms", "staff", "products", "par_levels", "stays", "movements", "visits", "checks", "custody")
    return Records(shape, {kind: files[kind] for kind in order}, _truth(hotel, plan), _benign(hotel))


def _benign(hotel: Hotel) -> pd.DataFrame:
    """Honest oddities with the numbers of their rooms; no rooms: the whole hotel."""
    frame = pd.DataFrame(hotel.benign, columns=["kind", "day", "until", "rooms"])
    numbers = hotel.rooms["number"].to_numpy()
    named = [numbers[rooms].tolist() if isinstance(rooms, list) else None for rooms in frame["rooms"]]
    return frame.assign(rooms=pd.Series(named, dtype=object))


def _codes() -> np.ndarray:
    return np.array([product[0] for product in PRODUCTS])


def _catalogue(hotel: Hotel) -> dict[str, pd.DataFrame]:
    names = ["code", "name", "group", "case_size", "cost", "price"]
    products = pd.DataFrame([product[:6] for product in PRODUCTS], columns=names)
    levels_of = [
        (kind, product[0], product[7][at]) for at, kind in enumerate(ROOM_TYPES) for product in PRODUCTS
        if (hotel.kind == at).any()
    ]  # fmt: skip
    staff = pd.DataFrame({"code": hotel.staff["code"], "full_name": "Attendant " + hotel.staff["code"]})
    return {
        "rooms": hotel.rooms,
        "staff": staff,
        "products": products,
        "par_levels": pd.DataFrame(levels_of, columns=["room_type", "product", "par_level"]),
    }


def _stays(hotel: Hotel, guests: Guests) -> pd.DataFrame:
    stays = guests.stays
    lost = hotel.shape.rng(12).random(len(stays)) < NOT_IN_FILE
    for row in stays[lost].itertuples(index=False):
        hotel.benign.append(
            {"kind": "stay not in the file", "day": int(row.arrival), "until": int(row.departure) + 1,
             "rooms": [int(row.room)]}
        )  # fmt: skip
    numbers = hotel.rooms["number"].to_numpy()[stays["room"].to_numpy(int)]
    start = pd.Timestamp(hotel.shape.first_on)
    frame = pd.DataFrame(
        {
            "room": numbers,
            "arrival_on": _dates(start, stays["arrival"]),
            "departure_on": _dates(start, stays["departure"]),
            "adults": stays["adults"],
            "children": stays["children"],
            "segment": stays["segment"],
            "external_id": [f"S{i}" for i in range(len(stays))],
        }
    )
    return frame[~lost].reset_index(drop=True)


def _dates(start: pd.Timestamp, days: pd.Series) -> list[date]:
    return (start + pd.to_timedelta(days.to_numpy(int), unit="D")).date.tolist()


def _activity(hotel: Hotel, visits: pd.DataFrame, lines: pd.DataFrame) -> dict[str, pd.DataFrame]:
    codes = hotel.staff["code"].to_numpy()
    numbered = pd.DataFrame(
        {
            "visit": visits["visit"],
            "room": hotel.rooms["number"].to_numpy()[visits["room"].to_numpy(int)],
            "visit_type": visits["type"],
            "occurred_at": visits["at"].dt.floor("s"),
            "staff": codes[visits["staff"].to_numpy(int)],
            "external_id": "V" + visits["visit"].astype(str),
        }
    )
    rows = numbered.merge(lines, on="visit", how="left")
    rows["product"] = rows["product"].map(dict(enumerate(_codes().tolist())))
    rows["consumed_quantity"] = rows.pop("consumed").fillna(0).astype(int)
    rows["refilled_quantity"] = rows.pop("refilled").fillna(0).astype(int)
    kept = visits["started"].notna() & (visits["type"] != "ilk_dolum")
    checks = numbered[kept.to_numpy()].assign(
        started_at=visits.loc[kept, "started"].dt.floor("s"), ended_at=visits.loc[kept, "ended"].dt.floor("s")
    )
    checks = checks[["room", "staff", "started_at", "ended_at"]].drop_duplicates(["room", "staff", "started_at"])
    return {"visits": rows.drop(columns="visit"), "checks": checks.assign(external_id=_ids("R", len(checks)))}


def _movements(rows: pd.DataFrame, prefix: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "product": _codes()[rows["product"].to_numpy(int)],
            "movement_type": rows["type"],
            "quantity": rows["quantity"].astype(int),
            "occurred_at": rows["at"],
            "staff": rows["staff"].replace("", None),
            "external_id": _ids(prefix, len(rows)),
        }
    )


def _ids(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{i}" for i in range(count)]


def _date_negative_stock(plan: Plan, store: pd.DataFrame) -> None:
    """Late bookings: the event begins when the book first goes below zero; where it never does, it is another kind."""
    book = store.rename(columns={"product": "product_id", "at": "occurred_at", "type": "movement_type"})
    book = levels(book.assign(id=np.arange(len(book))))
    for event in [one for one in plan.events if one.kind == "negative_stock"]:
        mine = book[book["product_id"] == event.products[0]]
        midnight = mine["occurred_at"].min().normalize()
        inside = (mine["occurred_at"] >= midnight + event.first * DAY) & (
            mine["occurred_at"] <= midnight + event.last * DAY
        )
        below = mine[inside & (mine["level"] < 0)]
        if below.empty:
            event.kind = "late_booking"
            continue
        event.began, event.size = below["occurred_at"].iloc[0] - DAY / 24, float(-below["level"].min())


def _truth(hotel: Hotel, plan: Plan) -> pd.DataFrame:
    return pd.DataFrame([_described(hotel, event) for event in plan.events], columns=TRUTH)


TRUTH = ["event", "size", "metrics", "must", "rooms", "products", "staff", "floor", "started_at", "ended_at", "last_at"]


def _described(hotel: Hotel, event: Event) -> dict[str, object]:
    """The event in the codes of the files; ``last_at``: the latest moment at which an alert still tells of it."""
    midnight = pd.Timestamp(hotel.shape.first_on)
    began = (midnight + event.first * DAY) if event.began is None else event.began
    ended = (midnight + (event.last + 1) * DAY) if event.ended is None else event.ended
    zone = hotel.shape.time_zone
    floors = {int(hotel.floor[room]) + 1 for room in event.rooms}
    return {
        "event": event.kind,
        "size": event.size,
        "metrics": event.metrics,
        "must": event.must,
        "rooms": tuple(hotel.rooms["number"].iloc[list(event.rooms)].tolist()),
        "products": tuple(_codes()[list(event.products)].tolist()),
        "staff": tuple(hotel.staff["code"].iloc[list(event.staff)].tolist()),
        "floor": floors.pop() if len(floors) == 1 and len(event.rooms) > 1 else None,
        "started_at": began.tz_localize(zone).tz_convert("UTC"),
        "ended_at": ended.tz_localize(zone).tz_convert("UTC"),
        "last_at": (ended + event.grace_days * DAY).tz_localize(zone).tz_convert("UTC"),
    }
