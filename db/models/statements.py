"""What statements of the database took, hour by hour, and the log of single ones (C2)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, Key


class StatementText(Base):
    """A statement without its values, by the server's own number for it."""

    __tablename__ = "statement_texts"
    __table_args__ = (Index(None, "seen_at"),)
    queryid: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    text: Mapped[str]
    seen_at: Mapped[datetime]


class StatementReading(Base):
    """The server's counters of an entry when they were last read: what came since is the difference to them."""

    __tablename__ = "statement_readings"
    entry: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    calls: Mapped[int]
    total_seconds: Mapped[float]
    rows: Mapped[int]
    read_at: Mapped[datetime]


class StatementRollup(Base):
    """What was added within an hour."""

    __tablename__ = "statement_rollups"
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    queryid: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    calls: Mapped[int]
    total_seconds: Mapped[float]
    rows: Mapped[int]


class LoggedStatement(Base):
    """One statement of a process, its values not in it."""

    __tablename__ = "statement_log"
    __table_args__ = (Index(None, "ended_at"), Index(None, "kept_for", "id"))
    id: Mapped[Key]
    ended_at: Mapped[datetime]
    seconds: Mapped[float]
    text: Mapped[str]
    process: Mapped[Code]  # operations.queries.statement_log.PROCESSES
    process_id: Mapped[int]
    host: Mapped[str]
    place: Mapped[str | None] = mapped_column(comment="the page, route or run that it worked for")
    actor: Mapped[str | None]
    request_id: Mapped[str | None]
    has_failed: Mapped[bool]
    kept_for: Mapped[Code]  # db.recent.ROOM


class LockEpisode(Base):
    """One transaction for which others waited; ``waiting_…``: of those the first that was seen."""

    __tablename__ = "lock_episodes"
    __table_args__ = (
        Index(None, "began_at"),
        Index("ix_lock_episodes_open", "id", postgresql_where=text("ended_at IS NULL")),
    )
    id: Mapped[Key]
    blocking_pid: Mapped[int]
    blocking_since: Mapped[datetime | None]
    blocking_application: Mapped[str | None]
    blocking_role: Mapped[str | None]
    blocking_state: Mapped[str | None]
    blocking_text: Mapped[str | None]
    waiting_pid: Mapped[int]
    waiting_application: Mapped[str]
    waiting_role: Mapped[str | None]
    waiting_text: Mapped[str]
    kind: Mapped[str | None]
    relation: Mapped[str | None]
    mode: Mapped[str | None]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    longest_seconds: Mapped[float]
    waiters: Mapped[int] = mapped_column(comment="the most at one time")


class StatementPlan(Base):
    """The plan of one statement as somebody kept it; statement and conditions without their values."""

    __tablename__ = "statement_plans"
    __table_args__ = (Index(None, "made_at"), Index(None, "fingerprint", "id"))
    id: Mapped[Key]
    made_at: Mapped[datetime]
    fingerprint: Mapped[Code]  # operations.queries.sql_text.fingerprint
    text: Mapped[str]
    total_cost: Mapped[float]
    steps: Mapped[list[Any]] = mapped_column(comment="operations.queries.plan.Step")
    actor: Mapped[str]
