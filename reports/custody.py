"""Custody for exploring: what each attendant was given, used, brought back and wrote off, and what is still out."""

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from core.clock import local_date
from core.scope import Scope
from db.queries import custody_pages as queries
from db.queries import overview, premises
from db.session import Database
from reports.consumption import PERIODS, hotel_of, window_of

MIN_MOVEMENTS = 20  # out of custody; a share of fewer says nothing about how somebody works


@dataclass(frozen=True)
class Custody:
    """``attendants``: name, issued, used, returned, written_off, balance, movements, write_off_share, by name.

    ``write_off_share``: written off over what left the custody; NaN where fewer than ``MIN_MOVEMENTS`` did.
    """

    as_of: datetime | None
    first_on: date
    attendants: pd.DataFrame

    @property
    def issued(self) -> float:
        return float(self.attendants["issued"].sum())

    @property
    def balance(self) -> float:
        return float(self.attendants["balance"].sum())

    @property
    def movements(self) -> int:
        """Those that took something out of custody."""
        return int(self.attendants["movements"].sum())

    @property
    def write_off_share(self) -> float | None:
        """Of the whole hotel; None where too few movements took something out of custody."""
        left = float(self.attendants[["used", "returned", "written_off"]].sum().sum())
        if self.movements < MIN_MOVEMENTS or left <= 0:
            return None
        return float(self.attendants["written_off"].sum()) / left


@dataclass(frozen=True)
class CustodyService:
    """Reads of the period's closed hotel-local days and of today so far."""

    database: Database

    def custody(self, scope: Scope, hotel_id: int, days: int, at: datetime) -> Custody:
        """The attendants who moved anything in the period or still hold something."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            hotel = hotel_of(premises.hotels(connection), hotel_id)
            window = window_of(hotel, local_date(at, hotel.time_zone), days)
            found = queries.attendants(connection, window, at)
            as_of = overview.known_at(connection, hotel.id)
        moved = found["issued"].ne(0) | found["movements"].ne(0) | found["balance"].ne(0)
        return Custody(as_of, window.first_on, with_shares(found[moved].reset_index(drop=True)))


def with_shares(found: pd.DataFrame) -> pd.DataFrame:
    """``found`` with ``write_off_share``, see ``Custody``."""
    left = found["used"] + found["returned"] + found["written_off"]
    is_enough = (found["movements"] >= MIN_MOVEMENTS) & (left > 0)
    return found.assign(write_off_share=(found["written_off"] / left).where(is_enough))


__all__ = ["MIN_MOVEMENTS", "PERIODS", "Custody", "CustodyService", "with_shares"]
