"""What runs of the archive's jobs do; they were asked for on the page, through the API or by a command."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core.clock import Clock, local_midnight
from core.errors import AppError
from core.stage import Progress, StageReport
from db.queries import audit
from db.queries.archive_holds import NewHold
from db.queries.job_rows import RunRow
from db.queries.scores import hotel_time_zone
from db.session import Database
from operations.archive.bringing import Bringing
from operations.archive.verification import Verification
from operations.jobs.definitions import ARCHIVE_JOB_NAMES, JobDefinition, of_hotel

BRING, RETURN = ARCHIVE_JOB_NAMES
VERIFY = "metric_verification"


@dataclass(frozen=True)
class ArchiveJobs:
    """Verification is a job of the timetable too; the other two know from their request what to do."""

    database: Database
    clock: Clock
    bringing: Bringing
    verification: Verification

    def definitions(self) -> tuple[JobDefinition, ...]:
        """Of the jobs that people ask for, and of the verification."""
        works = {BRING: self._bring, RETURN: self._return}
        asked = tuple(JobDefinition(name, _unasked, work) for name, work in works.items())
        return (JobDefinition(VERIFY, of_hotel(self.verification.verify)), *asked)

    def _bring(self, run: RunRow, progress: Progress) -> StageReport:
        hotel_id, asked = _of_hotel(run), run.arguments or {}
        with self.database.reading() as connection:
            zone = hotel_time_zone(connection, hotel_id)
        first_on, last_on = date.fromisoformat(asked["first_on"]), date.fromisoformat(asked["last_on"])
        hold = NewHold(
            hotel_id, local_midnight(first_on, zone), local_midnight(last_on + timedelta(days=1), zone),
            datetime.fromisoformat(asked["kept_until"]), run.requested_by or "system", self.clock.now(),
        )  # fmt: skip
        done = self.bringing.bring_back(hold, progress)
        self._note(hold.brought_by, "archive_brought_back", hotel_id, asked | asdict(done))
        return StageReport(done.rows, done.rows, asdict(done))

    def _return(self, run: RunRow, progress: Progress) -> StageReport:
        hotel_id, hold_id = _of_hotel(run), int((run.arguments or {})["hold"])
        done = self.bringing.send_away(hotel_id, hold_id, self.clock.now(), progress)
        self._note(run.requested_by or "system", "archive_sent_away", hotel_id, {"hold": hold_id} | asdict(done))
        return StageReport(done.rows, done.rows, asdict(done))

    def _note(self, actor: str, action: str, hotel_id: int, details: dict[str, Any]) -> None:
        with self.database.transaction() as connection:
            audit.record(connection, actor, action, hotel_id=hotel_id, entity="archive", details=details)


def _of_hotel(run: RunRow) -> int:
    if run.hotel_id is None:
        raise AppError("hotel_wanted", params={"known": "–"})
    return run.hotel_id


def _unasked(hotel_id: int | None, at: datetime, progress: Progress) -> StageReport:
    raise AppError("unknown_job", params={"job": BRING})
