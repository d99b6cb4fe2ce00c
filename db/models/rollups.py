"""Daily sums that screens read instead of the metric rows (A8.1); kept by ``db.queries.consumption_days``."""

from datetime import date

from sqlalchemy import Float, ForeignKey, Integer, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code


class LookDay(Base):
    """Looks into one room on one hotel-local day, by what the room was like: occupied, vacated, vacant, unknown."""

    __tablename__ = "look_days"
    __table_args__ = (PrimaryKeyConstraint("hotel_id", "day", "room_id", "occupancy"),)
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    day: Mapped[date]
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    occupancy: Mapped[Code]
    looks: Mapped[int] = mapped_column(Integer)
    slots: Mapped[int] = mapped_column(Integer)  # that were looked at
    judged: Mapped[int] = mapped_column(Integer)  # of those, whose expected value is stored
    expected: Mapped[float] = mapped_column(Float(53))  # the sum of these values, in units


class ConsumptionDay(Base):
    """Units that were found missing in one room; a product that was looked at and complete has no row."""

    __tablename__ = "consumption_days"
    __table_args__ = (PrimaryKeyConstraint("hotel_id", "day", "room_id", "product_id", "occupancy"),)
    hotel_id: Mapped[int] = mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"))
    day: Mapped[date]
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    occupancy: Mapped[Code]
    units: Mapped[float] = mapped_column(Float(53))
