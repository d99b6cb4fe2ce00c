"""The hotel as it really is during a simulated day, beside what it writes down."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from sources.simulation.anomalies import Planting
from sources.simulation.layout import Layout
from sources.simulation.random import Ints
from sources.simulation.records import DAY_SECONDS, Records
from sources.simulation.store import Store


@dataclass
class House:
    """State that one day hands to the next."""

    layout: Layout
    seed: int
    started_on: date
    grid: Ints  # stays by night and room, see ``stays.occupancy_grid``
    store: Store
    missing: Ints  # (N, P) units that are gone from each minibar
    noted: Ints  # (N, P) those of them that a visit has written down
    trolleys: Ints  # (K, P) units that attendants really carry
    looked_at: Ints  # (N) when each room was last visited, seconds since day 0
    overbooked: dict[tuple[int, int], int]  # {(attendant, product): units} of a wrong return, put right next morning
    vanished: Ints  # (P) units that left the store without a record so far
    records: Records
    planting: Planting

    def weekday(self, day: int) -> int:
        return (self.started_on.toordinal() - 1 + day) % 7

    def week(self, day: int) -> int:
        """Weeks counted over Mondays, so that everybody changes section on one."""
        return (self.started_on.toordinal() - 1 + day) // 7

    def last_night(self, day: int) -> Ints:
        return np.asarray(self.grid[day])

    def tonight(self, day: int) -> Ints:
        return np.asarray(self.grid[day + 1])

    def next_count(self, day: int) -> int:
        """When the store is counted next, seconds since day 0."""
        return (day + (6 - self.weekday(day)) % 7) * DAY_SECONDS + 18 * 3600
