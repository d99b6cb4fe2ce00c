"""What many routes ask for in the address: hotels, a page of a list, a number of days."""

from typing import Annotated, Literal

from fastapi import Path, Query
from pydantic import BeforeValidator

from api.schemas.base import HotelNumber, Id, Words

HotelId = Annotated[HotelNumber, Query(description="One of `GET /hotels`.", examples=[1])]
HotelIds = Annotated[
    list[HotelNumber] | None, Query(alias="hotel_id", max_length=500, description="May be repeated; all when left out.")
]
Row = Annotated[Id, Path(examples=[17])]
MetricType = Annotated[Words, Query(examples=["tuketim_miktar"])]
Limit = Annotated[int, Query(ge=1, le=500, description="Rows of one page.")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next_cursor` of the page before.")]
# In an address every number is text, which a Literal of numbers would refuse.
Written = BeforeValidator(lambda value: int(value) if isinstance(value, str) and value.isdecimal() else value)
Period = Annotated[Literal[7, 30, 90, 365], Written, Query(description="Closed hotel-local days before today.")]
Code = Annotated[Words | None, Query(description="A code of the hotel's; all when left out.")]
FIRST_PAGE = 50
