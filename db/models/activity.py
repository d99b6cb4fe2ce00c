"""What the hotel records every day: movements, visits, checks, custody, stays, requests, scans."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, ExternalId, HotelKey, Key, RecordedAt, Simulated

MOVEMENT_TYPES = ("giris", "cikis", "transfer", "devir", "sayim", "fire")
CUSTODY_MOVEMENT_TYPES = ("zimmet", "kullanim", "iade", "fire")


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def source_keys(*columns: str) -> tuple[UniqueConstraint, Index, Index]:
    """The constraint that makes imports idempotent and the indexes that collection reads by."""
    return (
        UniqueConstraint("hotel_id", "external_id"),
        Index(None, "hotel_id", "recorded_at"),
        Index(None, "hotel_id", *columns),
    )


class StockMovement(Base):
    """A movement of the hotel's central store; the sign rule is ``sources.ledger.signed_quantity``."""

    __tablename__ = "stock_movements"
    __table_args__ = (*source_keys("product_id", "occurred_at"), one_of("movement_type", MOVEMENT_TYPES))
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    movement_type: Mapped[Code]
    quantity: Mapped[int]
    occurred_at: Mapped[datetime]
    document_number: Mapped[str | None]
    note: Mapped[str | None]
    external_id: Mapped[ExternalId]
    simulated: Mapped[Simulated]
    recorded_at: Mapped[RecordedAt]


class Visit(Base):
    """One transaction at one minibar; ``visit_type`` is classified in ``sources.visit_types``."""

    __tablename__ = "visits"
    __table_args__ = source_keys("room_id", "occurred_at")
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    visit_type: Mapped[Code]
    occurred_at: Mapped[datetime]
    note: Mapped[str | None]
    external_id: Mapped[ExternalId]
    simulated: Mapped[Simulated]
    recorded_at: Mapped[RecordedAt]


class VisitLine(Base):
    """Units of one product found missing and put in during a visit."""

    __tablename__ = "visit_lines"
    __table_args__ = (UniqueConstraint("visit_id", "product_id"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    consumed_quantity: Mapped[int] = mapped_column(server_default="0")
    refilled_quantity: Mapped[int] = mapped_column(server_default="0")


class RoomCheck(Base):
    """Start and end of one attendant's work at one room; ``visit_id`` when it recorded a transaction."""

    __tablename__ = "room_checks"
    __table_args__ = (
        *source_keys("room_id", "started_at"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ends_after_start"),
    )
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id", ondelete="SET NULL"), index=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Code] = mapped_column(server_default="tamamlandi")
    external_id: Mapped[ExternalId]
    simulated: Mapped[Simulated]
    recorded_at: Mapped[RecordedAt]


class CustodyMovement(Base):
    """Goods in an attendant's hands: issued (zimmet), used, returned, written off; quantities are positive."""

    __tablename__ = "custody_movements"
    __table_args__ = (*source_keys("staff_id", "occurred_at"), one_of("movement_type", CUSTODY_MOVEMENT_TYPES))
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    movement_type: Mapped[Code]
    quantity: Mapped[int]
    occurred_at: Mapped[datetime]
    external_id: Mapped[ExternalId]
    simulated: Mapped[Simulated]
    recorded_at: Mapped[RecordedAt]


class Stay(Base):
    """A half-open interval of hotel-local days: arrival_on ≤ day < departure_on."""

    __tablename__ = "stays"
    __table_args__ = (
        *source_keys("room_id", "arrival_on"),
        CheckConstraint("departure_on > arrival_on", name="leaves_after_arrival"),
        CheckConstraint("adults >= 0 AND children >= 0", name="guests_not_negative"),
    )
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    arrival_on: Mapped[date]
    departure_on: Mapped[date]
    adults: Mapped[int]
    children: Mapped[int] = mapped_column(server_default="0")
    segment: Mapped[str | None]
    external_id: Mapped[ExternalId]
    simulated: Mapped[Simulated]
    recorded_at: Mapped[RecordedAt]


class RefillRequest(Base):
    __tablename__ = "refill_requests"
    __table_args__ = source_keys("room_id", "requested_at")
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    requested_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    external_id: Mapped[ExternalId]
    simulated: Mapped[Simulated]
    recorded_at: Mapped[RecordedAt]


class DoNotDisturb(Base):
    """A visit that could not take place: the room is not observed then, which is not zero."""

    __tablename__ = "do_not_disturb"
    __table_args__ = source_keys("room_id", "occurred_at")
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    occurred_at: Mapped[datetime]
    external_id: Mapped[ExternalId]
    simulated: Mapped[Simulated]
    recorded_at: Mapped[RecordedAt]


class QrScan(Base):
    __tablename__ = "qr_scans"
    __table_args__ = source_keys("room_id", "scanned_at")
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    scanned_at: Mapped[datetime]
    succeeded: Mapped[bool] = mapped_column(server_default="true")
    external_id: Mapped[ExternalId]
    simulated: Mapped[Simulated]
    recorded_at: Mapped[RecordedAt]
