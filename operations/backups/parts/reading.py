"""One side of a comparison: what people decided, as the archived database or the present one holds it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from db.queries import backup_parts as queries
from db.queries import configuration as versions
from db.queries import premises, thresholds
from db.queries.configuration import VersionRow
from db.queries.premises import HotelRow

Names = Mapping[tuple[str, int], str]


@dataclass(frozen=True)
class HotelSide:
    """``thresholds``: every version, newest first; ``judged``: every alert with its verdict."""

    hotel: HotelRow
    names: Names
    thresholds: list[Mapping[str, Any]] = field(default_factory=list, repr=False)
    judged: list[Mapping[str, Any]] = field(default_factory=list, repr=False)

    def ids(self) -> dict[tuple[str, str], int]:
        return {(kind, name): entity_id for (kind, entity_id), name in self.names.items()}


@dataclass(frozen=True)
class Side:
    """``hotels`` by their code; ``configuration``: the newest version; ``has_configuration``: there is such a table."""

    hotels: Mapping[str, HotelSide]
    configuration: VersionRow | None = None
    has_configuration: bool = True


def read(connection: Any, parts: Collection[str], codes: Collection[str] | None = None) -> Side:
    """``codes``: of the hotels that matter; None: all."""
    found = {}
    for hotel in premises.hotels(connection) if {"thresholds", "verdicts"} & set(parts) else []:
        if codes is None or hotel.code in codes:
            found[hotel.code] = HotelSide(
                hotel, queries.names(connection, hotel.id),
                thresholds.versions(connection, hotel.id) if "thresholds" in parts else [],
                queries.judged(connection, hotel.id) if "verdicts" in parts else [],
            )  # fmt: skip
    if "configuration" not in parts or not versions.exists(connection):
        return Side(found, None, has_configuration=False)
    newest = versions.newest(connection, 1)
    return Side(found, newest[0] if newest else None)
