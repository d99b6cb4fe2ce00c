"""What a minibar sells."""

from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Code, HotelKey, Key, Name


class ProductGroup(Base):
    __tablename__ = "product_groups"
    __table_args__ = (UniqueConstraint("hotel_id", "code"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    code: Mapped[Code]
    name: Mapped[Name]


class Product(Base):
    """Cost and price are per unit in the hotel's currency; ``critical_level`` is in units of the store."""

    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("hotel_id", "code"),)
    id: Mapped[Key]
    hotel_id: Mapped[HotelKey]
    product_group_id: Mapped[int] = mapped_column(ForeignKey("product_groups.id"))
    code: Mapped[Code]
    name: Mapped[Name]
    unit: Mapped[Code] = mapped_column(server_default="adet")
    cost: Mapped[Decimal] = mapped_column(Numeric(12, 2), server_default="0")
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2), server_default="0")
    critical_level: Mapped[int] = mapped_column(server_default="0")
    case_size: Mapped[int] = mapped_column(server_default="1")
    is_active: Mapped[bool] = mapped_column(server_default="true")
