"""What left ``ml_metrics`` for files, what was brought back for a while, and what is not as it was written."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, HotelKey, Key, Now


class ArchivePartition(Base):
    """The manifest: one Parquet file of a hotel's local day; rows that came late, or were changed, make a further one.

    Of a row that lies in two files the newer one's counts.
    """

    __tablename__ = "archive_partitions"
    __table_args__ = (UniqueConstraint("path"), Index(None, "hotel_id", "last_at"))
    id: Mapped[Key]
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    day: Mapped[date]
    path: Mapped[str]  # under the archive's folder
    row_count: Mapped[int]
    size_bytes: Mapped[int]  # of the file
    stored_bytes: Mapped[int]  # that the rows took in the database
    sha256: Mapped[str]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    metric_types: Mapped[dict[str, Any]]  # rows of each
    schema_version: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[Now]
    verified_at: Mapped[datetime | None]
    fault: Mapped[str | None] = mapped_column(String(64))  # of the last verification


class ArchiveMark(Base):
    """The one row says which folder is this database's: the folder has the same mark."""

    __tablename__ = "archive_mark"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    mark: Mapped[str]


class ArchiveHold(Base):
    """Rows with ``since <= timestamp < until`` were brought back and stay until ``kept_until``."""

    __tablename__ = "archive_holds"
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    since: Mapped[datetime]
    until: Mapped[datetime]
    kept_until: Mapped[datetime]
    row_count: Mapped[int]
    brought_by: Mapped[str]
    brought_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class MetricFinding(Base):
    """A row, or a file of the archive, that is not as it was written; ``subject`` says which, once a hotel."""

    __tablename__ = "metric_findings"
    __table_args__ = (UniqueConstraint("hotel_id", "subject"),)
    id: Mapped[Key]
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    subject: Mapped[str]
    fault: Mapped[Code]
    path: Mapped[str | None]  # of the file; NULL: the row stands in the database
    metric_type: Mapped[str | None] = mapped_column(String(64))
    entity_type: Mapped[str | None] = mapped_column(String(64))
    entity_id: Mapped[int | None]
    timestamp: Mapped[datetime | None]
    metric_value: Mapped[float | None] = mapped_column(Float(53))  # as it stands now
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
