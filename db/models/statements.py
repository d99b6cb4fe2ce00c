"""What statements of the database took, hour by hour (C2)."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base


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
