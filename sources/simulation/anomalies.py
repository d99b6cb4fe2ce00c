"""Which anomalies are planted, when and how strongly; drawn from streams of their own, day by day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from sources.simulation.random import LATER_PLANTING, PLANTING, Ints, stream

VACANT_THEFT = "vacant_theft"
TENFOLD_ENTRY = "tenfold_entry"
CASE_AS_PIECE = "case_as_piece"
SHORT_DELIVERY = "short_delivery"
ATTENDANT_SLOWING = "attendant_slowing"
STUCK_AT_ZERO = "stuck_at_zero"
SLOW_LOSS = "slow_loss"
DAY_IMPORTED_TWICE = "day_imported_twice"
NEGATIVE_CUSTODY = "negative_custody"
SLOW_ANSWERS = "slow_answers"
SCAN_FAILURES = "scan_failures"
WRITE_OFF_SPREE = "write_off_spree"

# {type: (metric type that shows it, entity type of the label)}
ANOMALY_TYPES: Mapping[str, tuple[str, str]] = MappingProxyType({
    VACANT_THEFT: ("tuketim_miktar", "room"),
    TENFOLD_ENTRY: ("tuketim_miktar", "minibar_slot"),
    CASE_AS_PIECE: ("stok_seviye", "product"),
    SHORT_DELIVERY: ("stok_seviye", "product"),
    ATTENDANT_SLOWING: ("dolum_sure", "staff"),
    STUCK_AT_ZERO: ("tuketim_miktar", "room"),
    SLOW_LOSS: ("stok_seviye", "product"),
    DAY_IMPORTED_TWICE: ("tuketim_miktar", "hotel"),
    NEGATIVE_CUSTODY: ("zimmet_kullanim", "staff"),
    SLOW_ANSWERS: ("talep_yanit_sure", "floor"),
    SCAN_FAILURES: ("qr_okutma_performans", "staff"),
    WRITE_OFF_SPREE: ("zimmet_fire", "staff"),
})  # fmt: skip

# Per 1,000 room-days: in 300 rooms and 120 days about ten thefts and entries and one or two of each of the others.
USUAL_RATES: Mapping[str, float] = MappingProxyType({
    VACANT_THEFT: 0.25, TENFOLD_ENTRY: 0.25, CASE_AS_PIECE: 0.06, SHORT_DELIVERY: 0.06, ATTENDANT_SLOWING: 0.04,
    STUCK_AT_ZERO: 0.04, SLOW_LOSS: 0.04, DAY_IMPORTED_TWICE: 0.03, NEGATIVE_CUSTODY: 0.05, SLOW_ANSWERS: 0.04,
    SCAN_FAILURES: 0.04, WRITE_OFF_SPREE: 0.04,
})  # fmt: skip
# (type, days before the last one): what a screen that is opened today should have something of.
LIVE = (
    (ATTENDANT_SLOWING, 11), (STUCK_AT_ZERO, 13), (SLOW_LOSS, 12), (CASE_AS_PIECE, 4), (TENFOLD_ENTRY, 2),
    (TENFOLD_ENTRY, 1), (VACANT_THEFT, 2), (VACANT_THEFT, 1), (NEGATIVE_CUSTODY, 1),
    (SLOW_ANSWERS, 6), (SCAN_FAILURES, 4), (WRITE_OFF_SPREE, 3),
)  # fmt: skip

# Drawn from a stream of their own, so that hotels planted before they existed stay as they were.
LATER_TYPES = (SLOW_ANSWERS, SCAN_FAILURES, WRITE_OFF_SPREE)

SLOWING_FACTOR = 1.4
ANSWER_FACTOR = 4.0  # guests of the floor wait so many times as long
SCAN_FAILURE_SHARE = 0.3  # of the attendant's scans that fail on top of the usual ones
WRITTEN_OFF_SHARE = 0.4  # of what is in the attendant's hands, each evening
LONG_DAYS = {  # shortest, longest
    ATTENDANT_SLOWING: (10, 20), STUCK_AT_ZERO: (10, 14), SLOW_LOSS: (14, 21), SLOW_ANSWERS: (7, 12),
    SCAN_FAILURES: (5, 9), WRITE_OFF_SPREE: (3, 5),
}  # fmt: skip
SLOW_LOSS_SHARE = 0.5  # of the product's usual daily use, at least one unit a day


@dataclass(frozen=True)
class PlantPlan:
    """Anomalies per 1,000 room-days by type, and those wanted on given days (counted from the first one).

    Nothing is planted before ``first_day``: nobody can tell what is unusual before something was usual. One that
    finds no opportunity on its day (no delivery, no empty room) waits for the next day that has one.
    """

    rates: Mapping[str, float] = field(default_factory=lambda: USUAL_RATES)
    scheduled: tuple[tuple[str, int], ...] = ()
    first_day: int = 21

    def as_json(self) -> dict[str, Any]:
        return {
            "rates": dict(self.rates),
            "scheduled": [list(one) for one in self.scheduled],
            "first_day": self.first_day,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "PlantPlan":
        scheduled = tuple((str(kind), int(day)) for kind, day in stored["scheduled"])
        return cls(dict(stored["rates"]), scheduled, int(stored["first_day"]))

    def with_live(self, days: int) -> "PlantPlan":
        """The same plan with a handful of anomalies in the last days of a history of ``days`` days."""
        wanted = tuple((kind, days - before) for kind, before in LIVE if days - before >= self.first_day)
        return PlantPlan(self.rates, self.scheduled + wanted, self.first_day)


@dataclass(frozen=True)
class Label:
    """One planted anomaly; indices are −1 where it has no such entity, times are seconds of local time since day 0."""

    anomaly_type: str
    started: int
    ended: int
    available: int  # from when on the data show it
    room: int = -1
    product: int = -1
    attendant: int = -1
    magnitude: float = 1.0
    details: dict[str, Any] = field(default_factory=dict)


class Planting:
    """What is planted and still lasts; one object for one simulation, asked day by day."""

    def __init__(
        self, plan: PlantPlan | None, seed: int, *, rooms: int, attendants: int, products: int, floors: int
    ) -> None:
        self.plan, self.seed, self.rooms = plan, seed, rooms
        self.waiting: list[str] = []
        self.labels: list[Label] = []
        self.slow_until = np.zeros(attendants, dtype=np.int64)
        self.stuck_attendant_until = np.zeros(attendants, dtype=np.int64)
        self.stuck_room_until = np.zeros(rooms, dtype=np.int64)
        self.leak_until = np.zeros(products, dtype=np.int64)
        self.slow_answers_until = np.zeros(floors, dtype=np.int64)
        self.scans_fail_until = np.zeros(attendants, dtype=np.int64)
        self.spree_until = np.zeros(attendants, dtype=np.int64)
        self.rng, self.later_rng = stream(seed, PLANTING, 0), stream(seed, LATER_PLANTING, 0)

    def begin_day(self, day: int) -> None:
        """Draw what becomes due today."""
        self.rng, self.later_rng = stream(self.seed, PLANTING, day), stream(self.seed, LATER_PLANTING, day)
        if self.plan is None or day < self.plan.first_day:
            return
        for kind in ANOMALY_TYPES:
            mean = self.plan.rates.get(kind, 0.0) * self.rooms / 1000
            self.waiting += [kind] * int(self.stream_of(kind).poisson(mean))
        self.waiting += [kind for kind, wanted in self.plan.scheduled if wanted == day]

    def stream_of(self, kind: str) -> np.random.Generator:
        return self.later_rng if kind in LATER_TYPES else self.rng

    def take(self, kind: str, opportunities: int) -> Ints:
        """Positions of the opportunities to use now: as many as wait, each once; the rest keeps waiting."""
        count = min(self.waiting.count(kind), opportunities)
        for _ in range(count):
            self.waiting.remove(kind)
        if not count:
            return np.zeros(0, dtype=np.int64)
        return np.asarray(self.stream_of(kind).choice(opportunities, count, replace=False), dtype=np.int64)

    def lasting(self, kind: str) -> int:
        """How many days an anomaly of a lasting type lasts."""
        low, high = LONG_DAYS[kind]
        return int(self.stream_of(kind).integers(low, high + 1))
