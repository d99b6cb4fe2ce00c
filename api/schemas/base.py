"""What the shapes of every topic are made of: checked words, ids and instants coming in, finite numbers going out."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

import pandas as pd
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator

YEARS = range(2000, 2201)  # beyond them an instant is a mistake, and calendars overflow


def _printed(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain NUL")
    return value


AnyDay = TypeVar("AnyDay", bound=date)


def _plausible(value: AnyDay) -> AnyDay:
    if value.year not in YEARS:
        raise ValueError(f"must be between {YEARS.start} and {YEARS.stop - 1}")
    return value


Words = Annotated[str, Field(max_length=200), AfterValidator(_printed)]
Note = Annotated[str, Field(max_length=2_000), AfterValidator(_printed)]
Id = Annotated[int, Field(ge=1, le=2**53 - 1)]  # what every JSON reader holds exactly
HotelNumber = Annotated[int, Field(ge=1, le=2**31 - 1, examples=[1])]  # locks are keyed by it
Instant = Annotated[AwareDatetime, AfterValidator(_plausible)]
Day = Annotated[date, AfterValidator(_plausible)]
Faults = Annotated[
    dict[str, str],
    Field(
        description="files of the archive that are not as they were written, and why; what they hold is missing",
        examples=[{}],
    ),
]


class Asked(BaseModel):
    """A request body: unknown fields are refused, since a misspelt one would silently do nothing."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Answer(BaseModel):
    """An answer made of a service's dataclass: what is not known is null, never NaN."""

    model_config = ConfigDict(from_attributes=True)

    @field_validator("*", mode="before")
    @classmethod
    def _known(cls, value: Any) -> Any:
        if value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
            return None
        return value


Item = TypeVar("Item", bound=BaseModel)


class ListPage(Answer, Generic[Item]):
    """One page of a list; ``next_cursor`` leads to the next one and is null on the last."""

    items: list[Item]
    next_cursor: str | None = Field(None, examples=["WzMsIjIwMjYtMDMtMDJUMDU6MDA6MDArMDA6MDAiLDE3XQ"])


class Waiting(Answer):
    """The request that whoever does such work takes next."""

    request_id: int


class Made(Answer):
    """The id of what was made or changed."""

    id: int


Row = TypeVar("Row", bound=Answer)


def rows_of(frame: pd.DataFrame, shape: type[Row]) -> list[Row]:
    """The rows of a frame, its columns by name; what the shape does not name is left out."""
    known = [name for name in shape.model_fields if name in frame]
    records: Sequence[dict[Any, Any]] = frame[known].to_dict(orient="records")
    return [shape.model_validate(record) for record in records]
