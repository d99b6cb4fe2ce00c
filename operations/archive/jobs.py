"""What runs of the archive's jobs do; they were asked for on the page, through the API or by a command."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from core.clock import Clock, local_days
from core.errors import AppError
from core.scope import SYSTEM
from core.stage import Progress, StageReport, silent
from db.queries import audit
from db.queries.archive_holds import NewHold
from db.queries.job_rows import RunRow
from db.queries.scores import hotel_time_zone
from db.session import Database
from operations.archive.bringing import Bringing, Brought, SentAway
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
        asked = tuple(JobDefinition(name, run_asked=work) for name, work in works.items())
        return (JobDefinition(VERIFY, of_hotel(self.verification.verify)), *asked)

    def bring_back(
        self, actor: str, hotel_id: int, days: tuple[date, date], kept_until: datetime, progress: Progress = silent
    ) -> Brought:
        """Rows of hotel-local days, the first and the last of them in it; it is noted in the audit log.

        Raises ``archive_kept_too_short`` where the request waited until its time was over, or like ``Bringing``.
        """
        if kept_until <= self.clock.now():
            raise AppError("archive_kept_too_short", 409, params={"until": kept_until})
        with self.database.reading() as connection:
            zone = hotel_time_zone(connection, hotel_id)
        since, until = local_days(*days, zone)
        hold = NewHold(hotel_id, since, until, kept_until, actor, self.clock.now())
        done = self.bringing.bring_back(hold, progress)
        told = {"first_on": str(days[0]), "last_on": str(days[1]), "kept_until": kept_until.isoformat()}
        self._note(actor, "archive_brought_back", hotel_id, told | asdict(done))
        return done

    def send_away(self, actor: str, hotel_id: int, hold_id: int, progress: Progress = silent) -> SentAway:
        """What was brought back leaves again; it is noted in the audit log."""
        done = self.bringing.send_away(hotel_id, hold_id, self.clock.now(), progress)
        self._note(actor, "archive_sent_away", hotel_id, {"hold": hold_id} | asdict(done))
        return done

    def _bring(self, run: RunRow, progress: Progress) -> StageReport:
        asked = run.arguments or {}
        days = date.fromisoformat(asked["first_on"]), date.fromisoformat(asked["last_on"])
        kept_until = datetime.fromisoformat(asked["kept_until"])
        done = self.bring_back(_actor(run), _of_hotel(run), days, kept_until, progress)
        return StageReport(done.rows, done.rows, asdict(done))

    def _return(self, run: RunRow, progress: Progress) -> StageReport:
        done = self.send_away(_actor(run), _of_hotel(run), int((run.arguments or {})["hold"]), progress)
        return StageReport(done.rows, done.rows, asdict(done))

    def _note(self, actor: str, action: str, hotel_id: int, details: dict[str, Any]) -> None:
        with self.database.transaction() as connection:
            audit.record(connection, actor, action, hotel_id=hotel_id, entity="archive", details=details)


def _actor(run: RunRow) -> str:
    return run.requested_by or SYSTEM.actor


def _of_hotel(run: RunRow) -> int:
    if run.hotel_id is None:
        raise AppError("hotel_wanted", params={"known": "–"})
    return run.hotel_id
