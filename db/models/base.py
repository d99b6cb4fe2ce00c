"""The declarative base and the column types that every table shares."""

from datetime import date, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, Identity, MetaData, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables of Barometer."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        date: Date,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        int: BigInteger,
    }


Key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
HotelKey = Annotated[int, mapped_column(ForeignKey("hotels.id", ondelete="CASCADE"), index=True)]
Code = Annotated[str, mapped_column(String(64))]
Name = Annotated[str, mapped_column(String(200))]
# Where a row came from: unique per hotel, so that the same file twice changes nothing.
ExternalId = Annotated[str | None, mapped_column(String(128))]
Simulated = Annotated[bool, mapped_column(server_default="false")]
# When Barometer learned of the row (a trigger renews it on update); the watermark of incremental collection.
RecordedAt = Annotated[datetime, mapped_column(server_default=func.clock_timestamp())]
Now = Annotated[datetime, mapped_column(server_default=func.now())]
