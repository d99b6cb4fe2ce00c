"""The building, goods and team of a new sample hotel, or what an imported hotel lacks of them."""

import numpy as np
import pandas as pd

from sources.simulation.parameters import (
    ATTENDANT_NAMES,
    CASE_SIZES,
    COST_SHARE,
    CRITICAL_DAYS,
    ITEMS_PER_OCCUPIED_ROOM_NIGHT,
    PRODUCTS,
    ROOM_TYPES,
    ROOMS_PER_ATTENDANT,
    ROOMS_PER_FLOOR,
    STOREKEEPER_NAME,
    USUAL_OCCUPANCY,
)

GOLDEN_RATIO = 0.6180339887  # spreads the room types evenly over the floors
OWN_PRODUCTS_HELD = 12


def sample_rooms(count: int) -> pd.DataFrame:
    """number, floor_number, room_type (code) of ``count`` rooms."""
    place = np.arange(count)
    bounds = np.cumsum([kind.share for kind in ROOM_TYPES])[:-1]
    types = np.searchsorted(bounds, place * GOLDEN_RATIO % 1, side="right")
    floors = place // ROOMS_PER_FLOOR + 1
    return pd.DataFrame({
        "number": [f"{floor}{place + 1:02d}" for floor, place in zip(floors, place % ROOMS_PER_FLOOR, strict=True)],
        "floor_number": floors,
        "room_type": np.asarray([kind.code for kind in ROOM_TYPES], dtype=object)[types],
    })  # fmt: skip


def assortment_of(types: list[str]) -> dict[str, int]:
    """{room type: position in ROOM_TYPES}: sample types are themselves, others take turns by their codes."""
    known = {kind.code: place for place, kind in enumerate(ROOM_TYPES)}
    return {code: known.get(code, turn % len(ROOM_TYPES)) for turn, code in enumerate(sorted(types))}


def expected_daily_use(rooms_by_type: dict[str, int]) -> dict[str, float]:
    """Units a day of each product code, given how many rooms there are of each type."""
    share = {product.code: product.share for product in PRODUCTS}
    use = dict.fromkeys(share, 0.0)
    for code, place in assortment_of(list(rooms_by_type)).items():
        held = ROOM_TYPES[place].products
        total = sum(share[product] for product in held)
        for product in held:
            use[product] += rooms_by_type[code] * share[product] / total
    return {code: units * ITEMS_PER_OCCUPIED_ROOM_NIGHT * USUAL_OCCUPANCY for code, units in use.items()}


def sample_products(rooms_by_type: dict[str, int]) -> pd.DataFrame:
    """code, name, product_group (code), cost, price, critical_level, case_size of the 27 products."""
    use = expected_daily_use(rooms_by_type)
    return pd.DataFrame([
        {
            "code": product.code, "name": product.name, "product_group": product.group,
            "cost": round(product.price * COST_SHARE, 2), "price": product.price,
            "critical_level": int(np.ceil(CRITICAL_DAYS * use[product.code])), "case_size": CASE_SIZES[product.group],
        }
        for product in PRODUCTS
    ])  # fmt: skip


def sample_par(types: list[str]) -> pd.DataFrame:
    """room_type, product (codes), par_level: what the minibars of these room types hold when full."""
    par = {product.code: product.par for product in PRODUCTS}
    rows = [
        (code, product, par[product])
        for code, place in assortment_of(types).items()
        for product in ROOM_TYPES[place].products
    ]
    return pd.DataFrame(rows, columns=["room_type", "product", "par_level"])


def own_par(types: list[str], products: list[str]) -> pd.DataFrame:
    """The same for a hotel with products of its own and no templates: one unit each of its first products."""
    rows = [(code, product, 1) for code in types for product in products[:OWN_PRODUCTS_HELD]]
    return pd.DataFrame(rows, columns=["room_type", "product", "par_level"])


def sample_staff(rooms: int) -> pd.DataFrame:
    """code, full_name, role: floor attendants for so many rooms (at least two), and a storekeeper."""
    count = max(2, round(rooms / ROOMS_PER_ATTENDANT))
    attendants = [
        (f"SIM-KS-{number + 1:02d}", attendant_name(number), "kat_sorumlusu") for number in range(count)
    ]  # fmt: skip
    keeper = ("SIM-DS-01", STOREKEEPER_NAME, "depo_sorumlusu")
    return pd.DataFrame([*attendants, keeper], columns=["code", "full_name", "role"])


def attendant_name(number: int) -> str:
    """Names repeat in large teams, with a number."""
    name, again = ATTENDANT_NAMES[number % len(ATTENDANT_NAMES)], number // len(ATTENDANT_NAMES)
    return f"{name} {again + 1}" if again else name
