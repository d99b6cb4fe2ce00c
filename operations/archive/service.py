"""The archive for screens, the API and commands: what lies in it, bringing back, sending away, verifying (A7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core.clock import Clock, local_days
from core.errors import AppError
from core.scope import Scope
from db.queries import archive as manifest
from db.queries import archive_holds, metric_findings
from db.queries import jobs as requests
from db.queries.archive_holds import Hold
from db.queries.metric_findings import Finding
from db.queries.scores import hotel_time_zone
from db.session import Database
from operations.archive.jobs import BRING, RETURN, VERIFY, ArchiveJobs
from operations.archive.ownership import Ownership
from operations.health import SIDECAR, is_alive
from operations.jobs.service import JobState, state_of

__all__ = ["BRING", "RETURN", "VERIFY", "ArchiveOverview", "ArchiveService", "Finding", "Hold", "Month", "Preview"]

KEPT_DAYS, MOST_KEPT_DAYS = 30, 365
SHOWN_FINDINGS = 200


@dataclass(frozen=True)
class Month:
    """The files of a hotel's month. ``verified_at``: of the file that was verified longest ago, None: one never was."""

    hotel_id: int
    month: date
    days: int
    files: int
    rows: int
    size_bytes: int
    stored_bytes: int
    first_at: datetime
    last_at: datetime
    verified_at: datetime | None
    faults: int

    @property
    def size_mb(self) -> float:
        return self.size_bytes / 1e6

    @property
    def ratio(self) -> float:
        """How much smaller the files are than the rows were in the database."""
        return self.stored_bytes / self.size_bytes


@dataclass(frozen=True)
class ArchiveOverview:
    """The newest month of each hotel first; ``findings``: of ``finding_count`` the newest."""

    months: list[Month]
    holds: list[Hold]
    findings: list[Finding]
    finding_count: int

    @property
    def rows(self) -> int:
        return sum(month.rows for month in self.months)

    @property
    def first_at(self) -> datetime | None:
        """Of the oldest row."""
        return min((month.first_at for month in self.months), default=None)

    @property
    def last_at(self) -> datetime | None:
        """Of the newest row."""
        return max((month.last_at for month in self.months), default=None)

    @property
    def size_bytes(self) -> int:
        return sum(month.size_bytes for month in self.months)

    @property
    def ratio(self) -> float | None:
        """None: nothing was archived yet."""
        return sum(month.stored_bytes for month in self.months) / self.size_bytes if self.months else None


@dataclass(frozen=True)
class Preview:
    """What bringing a period back would read; rows of a day that is archived in several files may count twice."""

    days: int
    files: int
    rows: int
    stored_bytes: int


@dataclass(frozen=True)
class ArchiveService:
    """Of the hotels in the caller's scope; the work itself is done by jobs."""

    database: Database
    clock: Clock
    jobs: ArchiveJobs

    def overview(self, scope: Scope, hotel_ids: list[int] | None = None) -> ArchiveOverview:
        """Of some hotels, or of all that the caller sees."""
        scope.require("archive.read")
        hotels = scope.hotel_filter(hotel_ids)
        with self.database.reading() as connection:
            return ArchiveOverview(
                [Month(**row) for row in manifest.totals(connection, hotels)],
                archive_holds.standing(connection, hotels, self.clock.now()),
                metric_findings.listed(connection, hotels, SHOWN_FINDINGS),
                metric_findings.count(connection, hotels),
            )

    def work(self, scope: Scope, hotel_id: int) -> dict[str, JobState]:
        """Each job of the archive in a hotel, as it stands now."""
        scope.require("archive.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            pending = requests.pending_requests(connection, [hotel_id])
            runs = {name: requests.newest_runs(connection, name, hotel_id) for name in (VERIFY, BRING, RETURN)}
            is_served = is_alive(connection, SIDECAR, self.clock.now())
        return {name: state_of(name, pending, found, is_served) for name, found in runs.items()}

    def preview(self, scope: Scope, hotel_id: int, first_on: date, last_on: date) -> Preview:
        """Of whole days, both in.

        Raises ``period_wrong``, ``nothing_archived`` (404) where there is no file, and ``archive_no_room``.
        """
        scope.require("archive.read")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            since, until = _bounds(connection, hotel_id, first_on, last_on)
            files = manifest.partitions(connection, hotel_id, since, until)
        if not files:
            raise AppError("nothing_archived", 404, params={"first": first_on, "last": last_on})
        self.jobs.bringing.require_room(files)
        return Preview(
            len({one.day for one in files}), len(files), sum(one.row_count for one in files),
            sum(one.stored_bytes for one in files),
        )  # fmt: skip

    def bring_back(self, scope: Scope, hotel_id: int, first_on: date, last_on: date, kept_days: int = KEPT_DAYS) -> int:
        """Ask for the rows of these days, both in, to come back and stay so many days; the id of the request.

        Raises ``kept_days_wrong`` and like ``preview``.
        """
        scope.require("archive.write")
        kept_until = self.kept_until(kept_days)
        self.preview(scope, hotel_id, first_on, last_on)
        asked = {"first_on": str(first_on), "last_on": str(last_on), "kept_until": kept_until.isoformat()}
        return self._ask(scope, BRING, hotel_id, asked)

    def kept_until(self, kept_days: int) -> datetime:
        """When what comes back now leaves again; raises ``kept_days_wrong``."""
        if not 1 <= kept_days <= MOST_KEPT_DAYS:
            raise AppError("kept_days_wrong", params={"most": MOST_KEPT_DAYS})
        return self.clock.now() + timedelta(days=kept_days)

    def send_away(self, scope: Scope, hold_id: int) -> int:
        """Ask for what was brought back to leave again; the id of the request. Raises ``not_found``."""
        scope.require("archive.write")
        return self._ask(scope, RETURN, self.hold(scope, hold_id).hotel_id, {"hold": hold_id})

    def hold(self, scope: Scope, hold_id: int) -> Hold:
        """What was brought back and stays still; raises ``not_found`` (404)."""
        scope.require("archive.read")
        with self.database.reading() as connection:
            standing = archive_holds.standing(connection, scope.hotel_filter(), self.clock.now())
        for hold in standing:
            if hold.id == hold_id:
                return hold
        raise AppError("not_found", 404, params={"what": f"hold {hold_id}"})

    def verify(self, scope: Scope, hotel_id: int) -> int:
        """Ask for every row and file of a hotel to be compared with what was written; the id of the request."""
        scope.require("archive.write")
        scope.require_hotel(hotel_id)
        return self._ask(scope, VERIFY, hotel_id, {})

    def folder_fault(self, scope: Scope) -> AppError | None:
        """Why nothing can be written to the archive's folder: it is another installation's, or is not there."""
        scope.require("archive.read")
        return self._ownership.fault()

    def adopt(self, scope: Scope) -> None:
        """Make the folder this installation's, as it is; who wrote to it before is refused from now on.

        It is noted in the audit log. Raises ``archive_folder_ours`` where it is ours already.
        """
        scope.require_everywhere("archive.write")
        self._ownership.adopt(scope.actor)

    @property
    def _ownership(self) -> Ownership:
        return self.jobs.bringing.archiving.ownership

    def _ask(self, scope: Scope, job: str, hotel_id: int, arguments: dict[str, Any]) -> int:
        with self.database.transaction() as connection:
            return requests.ask(connection, scope.actor, job, hotel_id, at=self.clock.now(), arguments=arguments)


def newest_of(states: Mapping[str, JobState]) -> tuple[str, JobState]:
    """The job of the archive that is active, else the one that ran last; verification before any ran."""
    began = {name: one.last.started_at.timestamp() if one.last else 0.0 for name, one in states.items()}
    name = max(states, key=lambda one: (states[one].is_active, began[one]))
    return name, states[name]


def _bounds(connection: Any, hotel_id: int, first_on: date, last_on: date) -> tuple[datetime, datetime]:
    """The instants that bound hotel-local days."""
    if last_on < first_on:
        raise AppError("period_wrong", params={"since": first_on, "until": last_on})
    zone = hotel_time_zone(connection, hotel_id)
    return local_days(first_on, last_on, zone)
