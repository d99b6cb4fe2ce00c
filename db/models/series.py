"""Custom metrics: any series of numbers that a hotel wants watched (SPEC P1)."""

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, PrimaryKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, HotelKey, Key, Now, RecordedAt


class CustomSeries(Base):
    """One watched series: a metric of the hotel's own, of one entity ('' where it has none)."""

    __tablename__ = "custom_series"
    __table_args__ = (UniqueConstraint("hotel_id", "metric_code", "entity"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    metric_code: Mapped[Code]
    entity: Mapped[str] = mapped_column(String(128), server_default="")
    unit: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[Now]


class CustomPoint(Base):
    """One observation of a custom series; a corrected value gets a new ``recorded_at``."""

    __tablename__ = "custom_points"
    __table_args__ = (
        PrimaryKeyConstraint("series_id", "occurred_at"),
        Index("ix_custom_points_recorded_at", "recorded_at", postgresql_using="brin"),
    )
    series_id: Mapped[int] = mapped_column(ForeignKey("custom_series.id", ondelete="CASCADE"))
    occurred_at: Mapped[datetime]
    value: Mapped[float] = mapped_column(Float(53))
    recorded_at: Mapped[RecordedAt]
