"""The quality figures and their goals (SPEC P9); a figure that nothing was counted for is not measurable yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from db.queries.kpis import Share
from pipeline.detection.evaluation.intervals import wilson

MET, MISSED, UNKNOWN = "met", "missed", "unknown"


@dataclass(frozen=True)
class Goal:
    """What a figure should reach: at least, or at most."""

    limit: float
    at_least: bool
    unit: str  # ratio, count, seconds

    def state(self, value: float | None) -> str:
        """The specification says more than and less than; a goal of none (duplicates) is met by none."""
        if value is None:
            return UNKNOWN
        reached = value > self.limit if self.at_least else value < self.limit or value == self.limit == 0.0
        return MET if reached else MISSED


GOALS: Mapping[str, Goal] = {
    "collection": Goal(0.95, True, "ratio"),
    "features": Goal(0.90, True, "ratio"),
    "false_alarms": Goal(0.20, False, "ratio"),
    "nulls": Goal(0.05, False, "ratio"),
    "duplicates": Goal(0.0, False, "count"),
    "coverage": Goal(0.80, True, "ratio"),
    "freshness": Goal(3600.0, False, "seconds"),
    "model_loads": Goal(0.50, True, "ratio"),  # B9: more than half on a fall-back is critical
}


@dataclass(frozen=True)
class Kpi:
    """One figure of one hotel, of one metric type or ('') of all; ``sample`` is what it was counted from."""

    hotel_id: int
    name: str
    metric_type: str
    value: float | None
    sample: int
    measured_at: datetime
    interval: tuple[float, float] | None = None

    @property
    def goal(self) -> Goal:
        return GOALS[self.name]

    @property
    def state(self) -> str:
        return self.goal.state(self.value)


@dataclass(frozen=True)
class Measuring:
    """Whose figures are made, and when."""

    hotel_id: int
    at: datetime

    def of_share(self, name: str, share: Share) -> Kpi:
        interval = wilson(share.part, share.whole) if name == "false_alarms" else None
        return Kpi(self.hotel_id, name, share.metric_type, share.ratio, share.whole, self.at, interval)

    def of_shares(self, name: str, shares: Iterable[Share]) -> list[Kpi]:
        """The sum over metric types first, then each of them."""
        listed = list(shares)
        total = Share(sum(share.part for share in listed), sum(share.whole for share in listed))
        return [self.of_share(name, total), *(self.of_share(name, share) for share in listed)]

    def of_count(self, name: str, share: Share) -> Kpi:
        value = float(share.part) if share.whole else None
        return Kpi(self.hotel_id, name, "", value, share.whole, self.at)

    def of_ages(self, name: str, read_until: Mapping[str, datetime]) -> list[Kpi]:
        """Seconds since each metric type was collected; the oldest stands for the hotel."""
        ages = {kind: max((self.at - instant).total_seconds(), 0.0) for kind, instant in read_until.items()}
        oldest = Kpi(self.hotel_id, name, "", max(ages.values(), default=None), len(ages), self.at)
        return [oldest, *(Kpi(self.hotel_id, name, kind, age, 1, self.at) for kind, age in ages.items())]
