"""Segments: rooms, floors, products, attendants … whose tests must bring more evidence than others."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.detection.contract import Family
from pipeline.detection.thresholds.settings import parse_segment
from pipeline.training.exact import Floats

# Where a test names the segment itself: its column, and the entity type whose id it is when the column is missing.
OWN = {"room": ("room_id", "room"), "product": ("product_id", "product"), "staff": ("staff_id", "staff")}
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Places:
    """What rooms and products belong to: {room_id: floor_id}, {room_id: room_type_id}, {product_id: group_id}."""

    floors: Mapping[int, int] = field(default_factory=dict)
    room_types: Mapping[int, int] = field(default_factory=dict)
    product_groups: Mapping[int, int] = field(default_factory=dict)


NOWHERE = Places()


def segment_evidence(family: Family, segments: Mapping[str, float], places: Places = NOWHERE) -> Floats:
    """Extra evidence (−log10 units) that each test of the family must bring: the largest of its segments, else 0."""
    tests = family.tests
    extra = np.full(len(tests), -np.inf)
    for dimensions, wanted in _grouped(family.name, segments).items():
        columns = [_dimension(family, name, places) for name in dimensions]
        keys = pd.MultiIndex.from_tuples(list(wanted))
        found = keys.get_indexer(pd.MultiIndex.from_arrays(columns))
        values = np.fromiter(wanted.values(), dtype=float)
        extra = np.maximum(extra, np.where(found >= 0, values[found], -np.inf))
    return np.where(np.isfinite(extra), extra, 0.0)


def _grouped(family: str, segments: Mapping[str, float]) -> dict[tuple[str, ...], dict[tuple[float | str, ...], float]]:
    """The family's segments by their dimensions: {(floor, product): {(3.0, 7.0): extra}}."""
    found: dict[tuple[str, ...], dict[tuple[float | str, ...], float]] = {}
    for key, extra in segments.items():
        name, values = parse_segment(key)
        if name == family:
            place = tuple(text if kind == "occupancy" else float(text) for kind, text in values.items())
            found.setdefault(tuple(values), {})[place] = extra
    return found


def _dimension(family: Family, name: str, places: Places) -> np.ndarray:
    """The tests' values of one dimension: ids as floats with NaN where unknown, the occupancy as text."""
    tests = family.tests
    if name == "occupancy":
        known = tests["occupancy"] if "occupancy" in tests else pd.Series(UNKNOWN, index=tests.index)
        return np.asarray(known.where(known.notna(), UNKNOWN), dtype=object)
    if name == "entity":
        return tests["entity_id"].to_numpy(dtype=float)
    if name in OWN:
        column, entity_type = OWN[name]
        if family.entity_type == entity_type:
            return tests["entity_id"].to_numpy(dtype=float)
        return tests[column].to_numpy(dtype=float) if column in tests else np.full(len(tests), np.nan)
    parent, table = {
        "floor": ("room", places.floors),
        "room_type": ("room", places.room_types),
        "product_group": ("product", places.product_groups),
    }[name]
    return pd.Series(_dimension(family, parent, places)).map({float(a): float(b) for a, b in table.items()}).to_numpy()
