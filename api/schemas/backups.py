"""Backups: what there is, what a restore would change, and asking for work."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.schemas.base import Answer, Asked, Words
from api.schemas.jobs import Request, Run
from operations.backups.service import Backup

NAME = "barometer-20260302T053000-scheduled"


class Proof(Answer):
    """What restoring it into a scratch database showed; the last four are faults that were saved along."""

    proven_at: datetime
    restore_seconds: float
    rows: int
    tables: int
    files: int
    error_code: str | None = Field(description="null when everything was as it was written")
    audit_findings: int
    models_missing: int
    keys_missing: int
    rows_missing: int


class BackupAnswer(Answer):
    """Without the fields from ``kind`` on where the label of the file cannot be read."""

    name: str = Field(examples=[NAME])
    state: Literal["proven", "unproven", "damaged"]
    size_bytes: int
    kind: Literal["manual", "scheduled", "safety"] | None
    made_at: datetime | None
    made_by: str | None
    app_version: str | None
    schema_revision: str | None
    postgres_major: int | None
    proof: Proof | None

    @classmethod
    def of(cls, found: Backup) -> "BackupAnswer":
        label, proof = found.label, found.proof
        return cls(
            name=found.name, state=found.state, size_bytes=found.size_bytes,
            kind=label.kind if label else None,
            made_at=label.made_at if label else None, made_by=label.made_by if label else None,
            app_version=label.app_version if label else None, schema_revision=label.schema if label else None,
            postgres_major=label.postgres if label else None, proof=Proof.model_validate(proof) if proof else None,
        )  # fmt: skip


class Undoable(Answer):
    """The last restore (or the last undoing of one), which can be undone until then."""

    restored: str | None
    undone: str | None
    by: str
    at: datetime
    until: datetime


class Backups(Answer):
    """The newest first."""

    items: list[BackupAnswer]
    size_bytes: int
    free_bytes: int
    next_at: datetime = Field(description="when the next one is due by itself")
    undoable: Undoable | None


class Difference(Answer):
    """One table now and in the backup; ``lost``: how many more rows there are now."""

    table: str = Field(examples=["visit_lines"])
    rows_now: int
    rows_then: int
    lost: int
    gained: int
    has_changed: bool


class Differences(Answer):
    """The largest loss first; tables that did not change come last."""

    items: list[Difference]


class Work(Answer):
    """What waits, runs and ended last; ``is_served``: the keeper, which does it, has shown a sign of life lately."""

    request: Request | None
    running: Run | None
    last: Run | None
    is_served: bool


class Confirmed(Asked):
    confirmation: Words = Field(examples=[NAME], description="the name of the backup once more")


class Gone(Answer):
    name: str = Field(examples=[NAME])
