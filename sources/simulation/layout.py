"""The hotel as arrays: rooms, what their minibars hold, what guests choose, who looks after which rooms."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sources.simulation.parameters import ITEMS_PER_OCCUPIED_ROOM_NIGHT, OTHER_PRODUCT_SHARE, PRODUCTS, USUAL_OCCUPANCY
from sources.simulation.random import Floats, Ints


@dataclass(frozen=True)
class Layout:
    """N rooms, P products, K attendants; positions in these arrays are the indices of the whole simulation."""

    room_ids: Ints  # (N)
    product_ids: Ints  # (P)
    attendant_ids: Ints  # (K)
    keeper_id: int
    section: Ints  # (N): 0 … K−1, neighbouring rooms belong together
    par: Ints  # (N, P): units of a full minibar
    choice: Floats  # (N, P): cumulative probabilities of what a guest takes first
    case_size: Ints  # (P)
    product_codes: tuple[str, ...]
    floor: Ints  # (N): 0 … F−1
    floor_ids: Ints  # (F)

    @property
    def room_count(self) -> int:
        return len(self.room_ids)

    @property
    def floor_count(self) -> int:
        return len(self.floor_ids)

    @property
    def product_count(self) -> int:
        return len(self.product_ids)

    @property
    def attendant_count(self) -> int:
        return len(self.attendant_ids)

    def daily_use(self) -> Floats:
        """(P) units a day expected at the usual occupancy."""
        shares = np.diff(self.choice, axis=1, prepend=0.0)
        return np.asarray(shares.sum(axis=0) * ITEMS_PER_OCCUPIED_ROOM_NIGHT * USUAL_OCCUPANCY)


def choices(par: Ints, weights: Floats) -> Floats:
    """(N, P) cumulative choice probabilities: the products' shares among those that the room's minibar holds."""
    held: Floats = np.where(par > 0, weights, 0.0)
    total = held.sum(axis=1, keepdims=True)
    return np.asarray(np.cumsum(np.divide(held, total, out=np.zeros_like(held), where=total > 0), axis=1))


def rows_of_floors(rooms: pd.DataFrame) -> Ints:
    """Floor ids of rooms; where only floor numbers are known, those."""
    return rooms["floor_id" if "floor_id" in rooms else "floor_number"].to_numpy(dtype=np.int64)


def build_layout(rooms: pd.DataFrame, products: pd.DataFrame, par: pd.DataFrame, staff: pd.DataFrame) -> Layout:
    """The layout of a stored hotel.

    ``rooms``: id, room_type_id, floor_number, floor_id (optional); ``products``: id, code, case_size; ``par``:
    room_type_id, product_id, par_level; ``staff``: id, role. Rows are taken in the order of their ids, so that rooms
    added later come last.
    """
    rooms, products = rooms.sort_values("id", ignore_index=True), products.sort_values("id", ignore_index=True)
    attendants = np.sort(staff.loc[staff["role"] == "kat_sorumlusu", "id"].to_numpy(dtype=np.int64))
    keepers = np.sort(staff.loc[staff["role"] == "depo_sorumlusu", "id"].to_numpy(dtype=np.int64))
    by_type = par.pivot_table(index="room_type_id", columns="product_id", values="par_level", fill_value=0)
    held = by_type.reindex(index=rooms["room_type_id"], columns=products["id"], fill_value=0).to_numpy(dtype=np.int64)
    known = {product.code: product.share for product in PRODUCTS}
    weights: Floats = np.asarray([known.get(code, OTHER_PRODUCT_SHARE) for code in products["code"]])
    floor_ids, floor = np.unique(rows_of_floors(rooms), return_inverse=True)
    place = np.argsort(np.lexsort((rooms["id"], rooms["floor_number"])))
    return Layout(
        room_ids=rooms["id"].to_numpy(dtype=np.int64),
        product_ids=products["id"].to_numpy(dtype=np.int64),
        attendant_ids=attendants,
        keeper_id=int(keepers[0]),
        section=place * len(attendants) // len(rooms),
        par=held,
        choice=choices(held, weights),
        case_size=np.maximum(products["case_size"].to_numpy(dtype=np.int64), 1),
        product_codes=tuple(products["code"]),
        floor=np.asarray(floor, dtype=np.int64),
        floor_ids=floor_ids,
    )
