"""The sample hotel on the database: created, continued, or laid on top of imported stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.clock import local_date, local_midnight
from core.errors import AppError
from core.scope import Scope
from core.stage import Progress, silent
from db.queries import simulation as queries
from db.queries import versions
from db.queries.simulation import StoredSimulation
from db.session import Database
from sources.simulation.anomalies import PlantPlan
from sources.simulation.building import add_rooms, complete_building
from sources.simulation.cold_room import temperatures
from sources.simulation.days import simulate
from sources.simulation.layout import Layout, build_layout
from sources.simulation.parameters import GIVEN_STAYS, PROFILES
from sources.simulation.records import LocalTime
from sources.simulation.rows import RowWriter, Window
from sources.simulation.stays import simulate_stays

LIMITS = {"hotels": (1, 100), "rooms": (10, 5000), "days": (1, 1500)}
NOTE_WRITING = "simulation.progress.writing"


@dataclass(frozen=True)
class SimulationService:
    """Makes and continues simulated hotels; every row it writes of what happened is marked as simulated."""

    database: Database

    def create(
        self,
        scope: Scope,
        hotels: int = 1,
        rooms: int | Sequence[int] = 180,
        days: int = 120,
        *,
        seed: int,
        until: datetime,
        plant: PlantPlan | None = None,
        progress: Progress = silent,
    ) -> list[int]:
        """New hotels SAMPLE-n with ``days`` days of history before the day of ``until``; their ids.

        ``rooms`` may differ by hotel. Nothing that happens after ``until`` is written. City and resort hotels take
        turns. Raises ``simulation_size_wrong``.
        """
        scope.require("data.import")
        sizes = [rooms] * hotels if isinstance(rooms, int) else list(rooms)
        check_size("hotels", hotels)
        check_size("days", days)
        for size in sizes:
            check_size("rooms", size)
        if len(sizes) != hotels:
            check_size("hotels", hotels, (len(sizes), len(sizes)))
        return [
            self._create_one(
                sizes[place], days, seeds(seed, place), until=until, plant=plant, progress=part(progress, place, hotels)
            )
            for place in range(hotels)
        ]

    def extend(self, scope: Scope, hotel_id: int, until: datetime, progress: Progress = silent) -> int:
        """Continue a simulated hotel up to ``until``; returns the rows written, 0 when it reaches as far already.

        The history is generated again from the stored seed and only rows that became known since are written. Raises
        ``simulation_unknown`` (404) for a hotel that is not simulated.
        """
        scope.require("data.import")
        scope.require_hotel(hotel_id)
        with self.database.transaction() as connection:
            stored = queries.lock_simulation(connection, hotel_id)
            if stored is None:
                raise AppError("simulation_unknown", 404, params={"hotel": hotel_id})
            if until <= stored.simulated_until:
                return 0
            rows = write(connection, stored, stored.simulated_until, until, progress)
            queries.advance_simulation(connection, hotel_id, until)
            return rows

    def on_stays(
        self,
        scope: Scope,
        hotel_id: int,
        *,
        seed: int,
        until: datetime | None = None,
        days: int | None = None,
        plant: PlantPlan | None = None,
        progress: Progress = silent,
    ) -> int:
        """Everything but the stays, for a hotel whose stays were imported; returns the rows written.

        It lasts from the first arrival, or the last ``days`` days, to ``until`` or else the last departure. Raises
        ``simulation_exists`` (409) when the hotel has simulated or recorded activity, ``simulation_no_stays`` (409).
        """
        scope.require("data.import")
        scope.require_hotel(hotel_id)
        if days is not None:
            check_size("days", days)
        with self.database.transaction() as connection:
            stays = queries.read_stays(connection, hotel_id)
            if stays.empty:
                raise AppError("simulation_no_stays", 409, params={"hotel": hotel_id})
            if queries.lock_simulation(connection, hotel_id) or queries.has_activity(connection, hotel_id):
                raise AppError("simulation_exists", 409, params={"hotel": hotel_id})
            building = complete_building(connection, hotel_id)
            started_on, end = period(stays, building.time_zone, until, days)
            stored = StoredSimulation(
                hotel_id, building.time_zone, GIVEN_STAYS, seeds(seed, 0), len(building.rooms), started_on, end,
                plan_json(plant),
            )  # fmt: skip
            queries.store_simulation(connection, stored)
            return write(connection, stored, None, end, progress)

    def _create_one(
        self, rooms: int, days: int, seed: int, *, until: datetime, plant: PlantPlan | None, progress: Progress
    ) -> int:
        with self.database.transaction() as connection:
            number = queries.next_sample_number(connection)
            profile = list(PROFILES.values())[(number - 1) % len(PROFILES)]
            hotel_id = queries.insert_hotel(connection, number, f"{profile.hotel_name} {number}")
            add_rooms(connection, hotel_id, rooms)
            building = complete_building(connection, hotel_id)
            started_on = local_date(until, building.time_zone) - timedelta(days=days)
            stored = StoredSimulation(
                hotel_id, building.time_zone, profile.code, seed, rooms, started_on, until, plan_json(plant)
            )
            queries.store_simulation(connection, stored)
            write(connection, stored, None, until, progress)
            return hotel_id


def check_size(field: str, value: int, limits: tuple[int, int] | None = None) -> None:
    low, high = limits or LIMITS[field]
    if not low <= value <= high:
        raise AppError("simulation_size_wrong", params={"field": field, "value": value, "low": low, "high": high})


def seeds(seed: int, place: int) -> int:
    """The seed of the hotel at one place of a creation: unlike the others', the same every time."""
    return int(np.random.SeedSequence([seed, place]).generate_state(1, np.uint32)[0])


def plan_json(plan: PlantPlan | None) -> dict[str, Any] | None:
    return None if plan is None else plan.as_json()


def part(progress: Progress, place: int, count: int) -> Progress:
    """The progress of one of several hotels."""
    return lambda ratio, note: progress((place + ratio) / count, note)


def period(stays: pd.DataFrame, time_zone: str, until: datetime | None, days: int | None) -> tuple[date, datetime]:
    """(first day, end) of a simulation on given stays."""
    first, last = stays["arrival_on"].min().date(), stays["departure_on"].max().date()
    end = local_midnight(last, time_zone) if until is None else until
    end_on = local_date(end, time_zone)
    started_on = first if days is None else max(first, end_on - timedelta(days=days))
    if started_on >= end_on:
        raise AppError("simulation_no_stays", 409, params={"hotel": str(end_on)})
    check_size("days", (end_on - started_on).days)
    return started_on, end


def given_stays(connection: Any, stored: StoredSimulation, layout: Layout, last_day: int) -> pd.DataFrame:
    """The hotel's own stays as the simulation wants them: room indices, days since the first one."""
    stays = queries.read_stays(connection, stored.hotel_id)
    first = pd.Timestamp(stored.started_on)
    position = pd.Series(np.arange(layout.room_count), index=layout.room_ids)
    frame = pd.DataFrame({
        "room": stays["room_id"].map(position),
        "arrival": (stays["arrival_on"] - first).dt.days,
        "departure": (stays["departure_on"] - first).dt.days,
        "adults": stays["adults"], "children": stays["children"],
    })  # fmt: skip
    wanted = frame["room"].notna() & (frame["departure"] > 0) & (frame["arrival"] <= last_day)
    return frame[wanted].astype("int64").reset_index(drop=True)


def write(
    connection: Any, stored: StoredSimulation, after: datetime | None, until: datetime, progress: Progress
) -> int:
    """Simulate up to ``until`` and insert what became known in (after, until]; the rows written."""
    building = queries.read_building(connection, stored.hotel_id)
    layout = build_layout(building.rooms.head(stored.rooms), building.products, building.par, building.staff)
    time = LocalTime(stored.started_on, stored.time_zone)
    window = Window(None if after is None else time.seconds(after), time.seconds(until))
    last_day = (local_date(until, stored.time_zone) - stored.started_on).days
    given = stored.profile == GIVEN_STAYS
    stays = (
        given_stays(connection, stored, layout, last_day)
        if given
        else simulate_stays(PROFILES[stored.profile], stored.rooms, stored.seed, stored.started_on, last_day)
    )
    plan = None if stored.planted is None else PlantPlan.from_json(stored.planted)
    activity = simulate(
        layout, stays, stored.seed, stored.started_on, last_day,
        plan=plan, progress=lambda ratio, note: progress(0.3 * ratio, note),
    )  # fmt: skip
    rows = RowWriter(stored.hotel_id, layout, time, activity, window)
    written = insert(connection, rows, own_stays=not given, progress=progress)
    degrees = temperatures(stored.seed, stored.started_on, stored.time_zone, after, until)
    written += queries.insert_points(connection, stored.hotel_id, degrees)
    versions.bump(connection, stored.hotel_id, "sources")
    progress(1.0, NOTE_WRITING)
    return written


def insert(connection: Any, rows: RowWriter, own_stays: bool, progress: Progress) -> int:
    """Insert all tables; lines and checks get the ids that their visits were given."""
    tables = ({"stays": rows.stays()} if own_stays else {}) | rows.tables()
    visit_ids = pd.Series(dtype="int64")
    for number, (table, frame) in enumerate(tables.items()):
        progress(0.3 + 0.7 * number / len(tables), NOTE_WRITING)
        if table == "visits":
            ids = queries.insert_numbered(connection, table, frame.drop(columns="key"))
            visit_ids = pd.Series(ids, index=frame["key"])
        elif "key" in frame:
            queries.insert_numbered(
                connection, table, frame.assign(visit_id=frame["key"].map(visit_ids)).drop(columns="key")
            )
        else:
            queries.insert_numbered(connection, table, frame)
    queries.insert_labels(connection, rows.labels())
    return sum(len(frame) for frame in tables.values())
