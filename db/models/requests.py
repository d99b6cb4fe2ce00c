"""Requests of the API and runs of pages: counts with histograms of durations, and the newest of each endpoint (C3)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, PrimaryKeyConstraint, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, Key, Name


class RequestCount(Base):
    """One endpoint in one minute or hour; all processes add to it. ``buckets`` and ``counts`` belong together."""

    __tablename__ = "request_counts"
    __table_args__ = (PrimaryKeyConstraint("span_seconds", "started_at", "kind", "method", "route"),)
    span_seconds: Mapped[int] = mapped_column(SmallInteger)
    started_at: Mapped[datetime]
    kind: Mapped[Code]  # 'api', 'page', 'fragment'
    method: Mapped[Code]
    route: Mapped[Name]  # a template, never an address
    requests: Mapped[int]
    client_errors: Mapped[int]
    server_errors: Mapped[int]
    seconds: Mapped[float]
    longest_seconds: Mapped[float]
    bytes_in: Mapped[int]
    bytes_out: Mapped[int]
    buckets: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    counts: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    error_codes: Mapped[dict[str, Any]]


class RecentRequest(Base):
    """One of the newest requests of an endpoint, without query string, body or token."""

    __tablename__ = "recent_requests"
    __table_args__ = (Index(None, "kind", "method", "route", "ended_at"),)
    id: Mapped[Key]
    kind: Mapped[Code]
    method: Mapped[Code]
    route: Mapped[Name]
    ended_at: Mapped[datetime]
    seconds: Mapped[float]
    status: Mapped[int] = mapped_column(SmallInteger)
    actor: Mapped[str | None]
    request_id: Mapped[str | None]
    error_code: Mapped[str | None]
    bytes_in: Mapped[int]
    bytes_out: Mapped[int]
