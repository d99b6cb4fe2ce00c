"""Backups as jobs: asked for on screens and through the API, run by the keeper, who signs in as the tables' owner."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.stage import Progress, StageReport
from db.queries import jobs as queries
from db.queries import keeper
from db.queries.job_rows import RunRow
from db.session import Database
from operations.backups.parts.service import PartsService, Wanted
from operations.backups.service import Backup, BackupService, Restored, confirmed
from operations.health import is_alive
from operations.jobs.definitions import KEEPER_JOB_NAMES, NEEDED, JobDefinition, keeper_jobs
from operations.jobs.service import JobState
from operations.sidecar import KEEPER

BACKUP, PROOF, RESTORE, UNDO, PREVIEW, PARTS = KEEPER_JOB_NAMES
PREVIEW_LASTS = timedelta(hours=1)


@dataclass(frozen=True)
class BackupJobs:
    """One piece of work at a time, whoever asks for it: others get ``backup_busy``."""

    database: Database
    clock: Clock
    backups: BackupService
    parts: PartsService

    def create(self, scope: Scope) -> int:
        """Ask for a backup; the id of the request."""
        return self._ask(scope, BACKUP, None)

    def prove(self, scope: Scope, name: str) -> int:
        return self._ask(scope, PROOF, self.backups.one(scope, name).name)

    def restore(self, scope: Scope, name: str, confirmation: str) -> int:
        """Ask for a restore; ``confirmation`` is the name once more, else ``backup_confirmation_wrong``."""
        scope.require_everywhere(NEEDED[RESTORE])
        self.backups.one(scope, name)
        confirmed(name, confirmation)
        return self._ask(scope, RESTORE, name)

    def undo(self, scope: Scope) -> int:
        """Ask for the state before the last restore; raises ``nothing_to_undo``."""
        scope.require_everywhere(NEEDED[UNDO])
        if self.backups.listed(scope).undoable is None:
            raise AppError("nothing_to_undo", 409)
        return self._ask(scope, UNDO, None)

    def preview_parts(self, scope: Scope, name: str, wanted: Wanted) -> int:
        """Ask what putting parts of a backup back would change; ``compared`` has the answer."""
        self.parts.require(scope, wanted)
        return self._ask(scope, PREVIEW, self.backups.one(scope, name).name, wanted)

    def restore_parts(self, scope: Scope, name: str, wanted: Wanted, confirmation: str, mark: str | None = None) -> int:
        """Ask for parts of a backup; ``mark``: of the comparison that was looked at, see ``PartsService.restore``."""
        self.parts.require(scope, wanted)
        self.backups.one(scope, name)
        confirmed(name, confirmation)
        return self._ask(scope, PARTS, name, wanted, mark)

    def compared(self, scope: Scope) -> RunRow | None:
        """The last comparison of parts, in its run's result; None when nobody asked lately, or it was made use of."""
        scope.require_everywhere("backups.restore")
        with self.database.reading() as connection:
            _, runs = keeper.of_installation(connection, (PREVIEW, PARTS, RESTORE, UNDO), 1)
        run = next(iter(runs), None)
        is_fresh = run is not None and self.clock.now() - run.started_at < PREVIEW_LASTS
        return run if is_fresh and run is not None and (run.job_name, run.state) == (PREVIEW, "succeeded") else None

    def state(self, scope: Scope) -> JobState:
        """What is asked for or running, and how the last one ended; ``is_served``: the keeper lives."""
        scope.require_everywhere("backups.read")
        with self.database.reading() as connection:
            asked, runs = keeper.of_installation(connection, KEEPER_JOB_NAMES)
            is_served = is_alive(connection, KEEPER, self.clock.now())
        running = next((run for run in runs if run.state == "running"), None)
        last = next((run for run in runs if run.state != "running"), None)
        return JobState(asked, running, last, is_served)

    def next_at(self, scope: Scope) -> datetime:
        """When the next backup is due by itself."""
        scope.require_everywhere("backups.read")
        [timed] = keeper_jobs(self.backups.settings)
        with self.database.reading() as connection:
            zone = queries.installation(connection).time_zone
        return timed.cadence.first_after(self.clock.now(), zone)

    def definitions(self) -> tuple[JobDefinition, ...]:
        """What runs of these jobs call."""
        works = {
            BACKUP: self._run_backup, PROOF: self._run_proof, RESTORE: self._run_restore, UNDO: self._run_undo,
            PREVIEW: self._run_preview, PARTS: self._run_parts,
        }  # fmt: skip
        return tuple(JobDefinition(name, run_asked=work) for name, work in works.items())

    def _ask(
        self, scope: Scope, job: str, name: str | None, wanted: Wanted | None = None, mark: str | None = None
    ) -> int:
        scope.require_everywhere(NEEDED[job])
        arguments: dict[str, Any] = {} if name is None else {"backup": name}
        if wanted is not None:
            hotel_ids = None if wanted.hotel_ids is None else list(wanted.hotel_ids)
            arguments |= {"parts": list(wanted.parts), "hotel_ids": hotel_ids, "mark": mark}
        with self.database.transaction() as connection:
            keeper.take_turns(connection)
            asked, runs = keeper.of_installation(connection, KEEPER_JOB_NAMES)
            if asked is not None or any(run.state == "running" for run in runs):
                raise AppError("backup_busy", 409)
            return queries.ask(connection, scope.actor, job, None, at=self.clock.now(), arguments=arguments)

    def _run_backup(self, run: RunRow, progress: Progress) -> StageReport:
        """By the timetable also what the retention does not keep is deleted."""
        if run.trigger != "schedule":
            return _made(self.backups.create(_on_behalf(run), progress))
        made = self.backups.create(SYSTEM, progress, "scheduled")
        with self.database.reading() as connection:
            zone = queries.installation(connection).time_zone
        return _made(made) + StageReport(details={"deleted": self.backups.prune(SYSTEM, zone)})

    def _run_proof(self, run: RunRow, progress: Progress) -> StageReport:
        return _made(self.backups.prove(_on_behalf(run), _wanted(run), progress))

    def _run_restore(self, run: RunRow, progress: Progress) -> StageReport:
        return _restored(self.backups.restore(_on_behalf(run), _wanted(run), progress, run.id))

    def _run_undo(self, run: RunRow, progress: Progress) -> StageReport:
        return _restored(self.backups.undo(_on_behalf(run), progress, run.id))

    def _run_preview(self, run: RunRow, progress: Progress) -> StageReport:
        name, wanted = _wanted(run), _wanted_parts(run)
        found = self.parts.preview(_on_behalf(run), name, wanted, progress)
        return StageReport(len(found.changes), 0, found.document(name, wanted))

    def _run_parts(self, run: RunRow, progress: Progress) -> StageReport:
        mark = (run.arguments or {}).get("mark")
        done = self.parts.restore(_on_behalf(run), _wanted(run), _wanted_parts(run), progress, mark)
        return StageReport(done.changed, done.changed, {"backup": done.backup, "safety": done.safety,
                                                        "parts": list(done.parts), "counts": done.counts})  # fmt: skip


def _on_behalf(run: RunRow) -> Scope:
    """Whoever asked was allowed to when they asked; the run acts in their name."""
    return Scope(run.requested_by or SYSTEM.actor, SYSTEM.permissions, None)


def _wanted(run: RunRow) -> str:
    return str((run.arguments or {}).get("backup"))


def _wanted_parts(run: RunRow) -> Wanted:
    asked = run.arguments or {}
    return Wanted.of(asked.get("parts") or [], asked.get("hotel_ids"))


def _made(backup: Backup) -> StageReport:
    proof = backup.proof
    rows = proof.rows if proof else 0
    seconds = round(proof.restore_seconds, 2) if proof else None
    return StageReport(rows, rows, {"backup": backup.name, "bytes": backup.size_bytes, "restore_seconds": seconds})


def _restored(done: Restored) -> StageReport:
    details = {"backup": done.name, "safety": done.safety, "restore_seconds": round(done.restore_seconds, 2)}
    return StageReport(done.rows, done.rows, details | asdict(done.carried))
