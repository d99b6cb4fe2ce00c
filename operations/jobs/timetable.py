"""What is due: computed from the last starts, so that a run missed while nobody watched is made up once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from db.queries.job_rows import JobHotel, RunKey
from operations.jobs.definitions import Every, TimedJob


@dataclass
class Timetable:
    """Remembers when each job last started in each hotel and says which are due."""

    jobs: tuple[TimedJob, ...]
    last_start: dict[RunKey, datetime] = field(default_factory=dict)
    repeated: set[RunKey] = field(default_factory=set)
    _again: set[RunKey] = field(default_factory=set)

    def remember(self, done: dict[RunKey, datetime]) -> None:
        """Continue where the last leader stopped: runs that ended well count, and those that a person cancelled."""
        self.last_start = dict(done)

    def due(self, hotels: Iterable[JobHotel], now: datetime) -> list[tuple[TimedJob, JobHotel]]:
        """Jobs to start now, in the order of the job table; several missed times are one run."""
        known = list(hotels)
        return [(job, hotel) for job in self.jobs for hotel in known if self._is_due(job, hotel, now)]

    def started(self, job_name: str, hotel_id: int | None, at: datetime) -> None:
        self.last_start[job_name, hotel_id] = at
        self._again.discard((job_name, hotel_id))

    def ended(self, job_name: str, hotel_id: int | None, state: str) -> None:
        """A run whose process was killed is repeated once at once; twice in a row waits for its next time."""
        key = (job_name, hotel_id)
        if state == "lost" and key not in self.repeated:
            self.repeated.add(key)
            self._again.add(key)
        elif state != "lost":
            self.repeated.discard(key)

    def _is_due(self, job: TimedJob, hotel: JobHotel, now: datetime) -> bool:
        if job.of_installation != (hotel.id is None) or (job.only_simulated and not hotel.simulated):
            return False
        key = (job.name, hotel.id)
        if key in self._again:
            return True
        last = self.last_start.get(key)
        if last is None:
            if isinstance(job.cadence, Every):
                return True
            last = hotel.created_at
        return job.cadence.first_after(last, hotel.time_zone) <= now
