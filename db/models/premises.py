"""The hotel as a building and a team: floors, rooms, what a minibar holds, staff."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, HotelKey, Key, Name, Now, Simulated


class Hotel(Base):
    __tablename__ = "hotels"
    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    time_zone: Mapped[Code] = mapped_column(server_default="Europe/Istanbul")
    currency: Mapped[str] = mapped_column(server_default="EUR")
    simulated: Mapped[Simulated]
    created_at: Mapped[Now]


class Floor(Base):
    __tablename__ = "floors"
    __table_args__ = (UniqueConstraint("hotel_id", "number"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    number: Mapped[int]
    name: Mapped[Name]


class RoomType(Base):
    __tablename__ = "room_types"
    __table_args__ = (UniqueConstraint("hotel_id", "code"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    code: Mapped[Code]
    name: Mapped[Name]


class Room(Base):
    __tablename__ = "rooms"
    __table_args__ = (UniqueConstraint("hotel_id", "number"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    floor_id: Mapped[int] = mapped_column(ForeignKey("floors.id"))
    room_type_id: Mapped[int] = mapped_column(ForeignKey("room_types.id"))
    number: Mapped[Code]
    is_active: Mapped[bool] = mapped_column(server_default="true")


class ParTemplate(Base):
    """How many units of a product the minibar of a room type holds when full."""

    __tablename__ = "par_templates"
    __table_args__ = (UniqueConstraint("room_type_id", "product_id"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    room_type_id: Mapped[int] = mapped_column(ForeignKey("room_types.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    par_level: Mapped[int]


class MinibarSlot(Base):
    """One product in one room's minibar: the entity ``minibar_slot`` of the consumption metrics."""

    __tablename__ = "minibar_slots"
    __table_args__ = (UniqueConstraint("room_id", "product_id"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))


class Staff(Base):
    """People who record: ``kat_sorumlusu`` (floor attendants), ``depo_sorumlusu`` (storekeepers)."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("hotel_id", "code"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    code: Mapped[Code]
    full_name: Mapped[Name]
    role: Mapped[Code] = mapped_column(server_default="kat_sorumlusu")
    is_active: Mapped[bool] = mapped_column(server_default="true")
