"""What people ask of the audit log, and the entry that only doors write: somebody was refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from core.errors import AppError
from core.logs import logger
from core.request_context import current_request
from core.scope import Scope
from db.queries import audit, audit_chain, audit_pages, jobs
from db.queries.audit_pages import AuditFilters, AuditRow
from db.session import Database
from identity.audit.chain import Finding, Head, Walk
from identity.audit.changes import Change, changes

__all__ = [
    "AuditFilters", "AuditPage", "AuditRow", "AuditService", "Change", "Finding", "Head", "Proof",
    "Verification", "changes",
]  # fmt: skip

CHAIN_ROWS = 5_000
JOB, UNBROKEN = "audit_verification", {"findings": 0}
STRANGER = "anonymous"
ATTEMPT_LASTS = timedelta(minutes=1)  # a page runs again at each click: the same refusal is told once

log = logger(__name__)


@dataclass(frozen=True)
class AuditPage:
    """Entries, newest first, and whether there are newer and older ones."""

    rows: list[AuditRow]
    has_newer: bool
    has_older: bool


@dataclass(frozen=True)
class Proof:
    """What going through the whole chain showed."""

    head: Head
    findings: list[Finding]


@dataclass(frozen=True)
class Verification:
    """How a nightly verification ended: the chain's end then, which is the number of entries, and what was wrong."""

    at: datetime
    head: Head
    findings: int

    @property
    def entries(self) -> int:
        return self.head.position


@dataclass(frozen=True)
class AuditService:
    """Who sees every hotel sees every entry; others see those of their hotels."""

    database: Database
    clock: Clock

    def page(
        self, scope: Scope, filters: AuditFilters, limit: int, *, before: int | None = None, after: int | None = None
    ) -> AuditPage:
        """The newest entries, or those older or newer than an entry."""
        scope.require("audit.read")
        hotels = scope.hotel_filter(None if filters.hotel_id is None else [filters.hotel_id])
        with self.database.reading() as connection:
            rows = audit_pages.page(connection, filters, hotels, limit + 1, before=before, after=after)
        has_more = len(rows) > limit
        if after is not None:
            return AuditPage(rows[-limit:], has_more, True)
        return AuditPage(rows[:limit], before is not None, has_more)

    def entry(self, scope: Scope, entry_id: int) -> AuditRow | None:
        """One entry; None when there is none that the caller may see."""
        scope.require("audit.read")
        with self.database.reading() as connection:
            return audit_pages.entry(connection, entry_id, scope.hotel_filter())

    def actors_and_actions(self, scope: Scope) -> tuple[list[str], list[str]]:
        """Who did anything, and what was done: the values that entries can be filtered by."""
        scope.require("audit.read")
        with self.database.reading() as connection:
            actors = audit_pages.distinct(connection, "actor", scope.hotel_filter())
            return actors, audit_pages.distinct(connection, "action", scope.hotel_filter())

    def head(self, scope: Scope) -> Head:
        """The end of the chain, to keep where the database's administrators cannot reach it."""
        scope.require("audit.verify")
        with self.database.reading() as connection:
            link = audit_chain.head(connection)
        return Head(link.position, link.chain_sha256) if link else Walk().head

    def verify(self, scope: Scope, kept: Head | None = None) -> Proof:
        """Every entry and link, as of one instant; with a ``kept`` head also that the chain still leads through it."""
        scope.require("audit.verify")
        findings: list[Finding] = []
        walk, at_kept = Walk(), Walk().head
        with self.database.reading() as connection:
            while links := audit_chain.links(connection, walk.head.position, CHAIN_ROWS):
                findings += walk.along(links)
                if kept is not None:
                    same = (Head(link.position, link.chain_sha256) for link in links if link.position == kept.position)
                    at_kept = next(same, at_kept)
            findings += [Finding("inserted", None, entry_id) for entry_id in audit_chain.unlinked(connection)]
        if kept is not None and kept.position > walk.head.position:
            findings.append(Finding("cut_off", kept.position, None))
        elif kept is not None and kept != at_kept:
            findings.append(Finding("rewritten", kept.position, None))
        return Proof(walk.head, findings)

    def last_verification(self, scope: Scope, *, is_unbroken: bool = False) -> Verification | None:
        """The newest of the job ``audit_verification``, perhaps the newest that found nothing wrong."""
        scope.require("audit.read")
        with self.database.reading() as connection:
            run = jobs.last_success(connection, JOB, UNBROKEN if is_unbroken else None)
        if run is None or run.result is None:
            return None
        return Verification(run.finished_at or run.started_at, Head.parse(run.result["head"]), run.result["findings"])

    def note_denial(self, error: AppError) -> None:
        """Whoever makes the request at hand was refused; for doors, which tell the person so themselves."""
        if not error.is_denial:
            return
        what: Any = error.params.get("permission") or error.params.get("what")
        try:
            with self.database.transaction() as connection:
                audit.record(
                    connection, current_request().actor or STRANGER, "access_denied", entity=str(what),
                    details={"code": error.code}, unless_within=ATTEMPT_LASTS,
                )  # fmt: skip
        except AppError as failure:  # the refusal itself must reach the person
            log.exception("denial_not_recorded", reason=str(failure), denied=str(error))
