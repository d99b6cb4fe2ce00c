"""Refill times for exploring: key figures, trend, attendants, floors and rooms a day of a hotel (A3.3 to A3.5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import pandas as pd

from core.clock import local_date
from core.errors import AppError
from core.scope import Scope
from db.queries import consumption, overview, premises
from db.queries import refill_times as queries
from db.queries.consumption import Place
from db.session import Database
from pipeline.metrics.archive.service import MetricHistory
from reports import refill_sums as sums
from reports.archived_refills import refills
from reports.consumption import COMPARABLE_RATIO, PERIODS, hotel_of, window_of
from reports.consumption_sums import SMALL_RATIO

__all__ = ["PERIODS", "RefillFilters", "RefillPlaces", "RefillTimes", "RefillTimesService", "RefillTotals"]


@dataclass(frozen=True)
class RefillFilters:
    """What a reader asked for; codes as they stand in the address, None means all."""

    hotel_id: int
    days: int = PERIODS[0]
    floor: str | None = None
    attendant: str | None = None

    @property
    def is_compared(self) -> bool:
        """A year stands beside nothing: the one before it would be as many files of the archive again."""
        return self.days < max(PERIODS)


@dataclass(frozen=True)
class RefillPlaces:
    """What readers can filter by; attendants by name."""

    floors: list[Place]
    attendants: list[Place]


@dataclass(frozen=True)
class RefillTotals:
    """One period; minutes are None without refills."""

    refills: int
    units: float
    days: int  # with refills
    mean_minutes: float | None
    median_minutes: float | None


@dataclass(frozen=True)
class RefillTimes:
    """Everything of the page in one snapshot; the frames are described in ``reports.refill_sums``.

    ``before``: the period of equal length before it, None when it has refills on too few days to compare with, or when
    it was not looked at (``filters.is_compared``).
    ``attendants`` (by name) are those of the chosen floor, whichever of them is chosen; each frame has ``code`` and,
    of attendants and floors, ``name``.
    """

    filters: RefillFilters
    as_of: datetime | None
    first_on: date
    last_on: date
    totals: RefillTotals
    before: RefillTotals | None
    refills: pd.DataFrame
    attendants: pd.DataFrame
    floors: pd.DataFrame
    rooms: pd.DataFrame
    deviation_ratio: float | None
    faults: Mapping[str, str] = field(default_factory=dict)  # files of the archive that are not as they were written

    @property
    def is_as_expected(self) -> bool:
        """Whether the deviation is too small to be a finding."""
        return self.deviation_ratio is not None and abs(self.deviation_ratio) < SMALL_RATIO

    def change(self, what: str) -> float | None:
        """A figure of the totals against the period before, as a ratio."""
        now, then = getattr(self.totals, what), getattr(self.before, what, None)
        return now / then - 1 if now is not None and then else None

    def trend(self, step: str) -> pd.DataFrame:
        """By week, month or day: see ``refill_sums.trend``."""
        return sums.trend(self.refills, pd.date_range(self.first_on, self.last_on), step)


@dataclass(frozen=True)
class RefillTimesService:
    """Reads of closed hotel-local days; a refill belongs to the day on which it ended."""

    database: Database
    history: MetricHistory

    def places(self, scope: Scope, hotel_id: int) -> RefillPlaces:
        """The floors of a hotel and the attendants with a stored refill."""
        scope.require("metrics.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            floors = consumption.places(connection, hotel_id, "floors")
            people = queries.attendants(connection, hotel_id)
        return RefillPlaces(floors, _by_name(people))

    def explore(self, scope: Scope, filters: RefillFilters, at: datetime) -> RefillTimes:
        """Refills of the ``days`` closed days before ``at``; those past their retention come from the archive."""
        places = self.places(scope, filters.hotel_id)
        floor_id, staff_id = _id(filters.floor, places.floors), _id(filters.attendant, places.attendants)
        with self.database.reading() as connection:
            hotel = hotel_of(premises.hotels(connection), filters.hotel_id)
            window = window_of(hotel, local_date(at, hotel.time_zone), filters.days)
            earlier = window_of(hotel, window.first_on, filters.days) if filters.is_compared else window
            faults = dict[str, str]()
            found = refills(connection, self.history, replace(window, since=earlier.since), faults)
            known = {place.id for place in places.attendants}
            gone = queries.people(connection, hotel.id, set(found["staff_id"].tolist()) - known)
            as_of = overview.known_at(connection, hotel.id)
        # Rooms of a day are counted before floors are chosen: a day is not short because half of it was elsewhere.
        counted = found.assign(rooms_from=sums.rooms_a_day(found))
        of_floor = counted if floor_id is None else counted[counted["floor_id"] == floor_id]
        is_now = of_floor["day"] >= pd.Timestamp(window.first_on)
        is_chosen = pd.Series(True, of_floor.index) if staff_id is None else of_floor["staff_id"] == staff_id
        chosen = of_floor[is_now & is_chosen]
        totals, before = _totals(chosen), _totals(of_floor[~is_now & is_chosen])
        return RefillTimes(
            filters=filters, as_of=as_of, first_on=window.first_on, last_on=window.last_on, totals=totals,
            before=before if before.days and before.days >= COMPARABLE_RATIO * totals.days else None, refills=chosen,
            attendants=_named(sums.attendants(of_floor[is_now]), "staff_id", _by_name([*places.attendants, *gone])),
            floors=_named(sums.ranges(chosen, "floor_id"), "floor_id", places.floors),
            rooms=sums.by_rooms(chosen), deviation_ratio=sums.deviation_ratio(chosen), faults=faults,
        )  # fmt: skip


def _by_name(people: list[Place]) -> list[Place]:
    return sorted(people, key=lambda one: (sums.name_order(one.name), one.code))


def _id(code: str | None, places: list[Place]) -> int | None:
    if code is None:
        return None
    for place in places:
        if place.code == code:
            return place.id
    raise AppError("not_found", 404, params={"what": code})


def _totals(rows: pd.DataFrame) -> RefillTotals:
    return RefillTotals(
        refills=len(rows),
        units=float(rows["units"].sum()),
        days=int(rows["day"].nunique()),
        mean_minutes=float(rows["minutes"].mean()) if len(rows) else None,
        median_minutes=float(rows["minutes"].median()) if len(rows) else None,
    )


def _named(found: pd.DataFrame, by: str, places: list[Place]) -> pd.DataFrame:
    """With code and name, in the order of ``places``."""
    names = pd.DataFrame([vars(place) for place in places], columns=["id", "code", "name"])
    return names.merge(found, left_on="id", right_on=by).drop(columns="id")
