"""The archive of metric rows: what lies in it, what is not as it was written, a metric by day, bringing back."""

import datetime as dt

from pydantic import Field

from api.schemas.base import Answer, Asked, Day, Faults, HotelNumber, Id, Instant, Words
from api.schemas.failures import ErrorBody
from db.queries.metric_values import Wanted
from operations.archive.service import KEPT_DAYS, MOST_KEPT_DAYS


class Month(Answer):
    """The files of one hotel's month."""

    hotel_id: int
    month: dt.date = Field(description="its first day")
    days: int
    files: int
    rows: int
    size_bytes: int
    stored_bytes: int = Field(description="that the rows took in the database")
    ratio: float
    first_at: dt.datetime
    last_at: dt.datetime
    verified_at: dt.datetime | None = Field(description="of the file verified longest ago; null: one never was")
    faults: int = Field(description="files that are not as they were written")


class Hold(Answer):
    """Rows that were brought back and stay for a while."""

    id: int
    hotel_id: int
    since: dt.datetime
    until: dt.datetime = Field(description="not in it any more")
    kept_until: dt.datetime
    row_count: int = Field(description="rows of the archive that stand in the database again")
    brought_by: str
    brought_at: dt.datetime
    overlapping: int = Field(description="others that keep some of the same days; those stay until they end too")


class Finding(Answer):
    """A row or (without a metric type) a file that is not as it was written."""

    id: int
    hotel_id: int
    fault: str = Field(examples=["row_changed"])
    path: str | None = Field(description="of the archive's file; null: the row stands in the database")
    metric_type: str | None = Field(examples=["stok_seviye"])
    entity_type: str | None
    entity_id: int | None
    entity_name: str | None
    timestamp: dt.datetime | None
    metric_value: float | None = Field(description="as it stands now")
    found_at: dt.datetime
    seen_at: dt.datetime


class Archive(Answer):
    """Of the caller's hotels, the newest month of each first; ``findings``: of ``finding_count`` the newest."""

    months: list[Month]
    holds: list[Hold]
    findings: list[Finding]
    finding_count: int
    folder_fault: ErrorBody | None = Field(
        None, description="why nothing can be written to the archive's folder; null: it can", examples=[None]
    )


class AskedDays(Asked):
    """A metric by day, of one entity or of the whole hotel."""

    hotel_id: HotelNumber
    metric_type: Words = Field(examples=["tuketim_miktar"])
    since: Instant = Field(examples=["2026-01-01T00:00:00Z"])
    until: Instant = Field(description="not in it any more", examples=["2026-03-02T00:00:00Z"])
    entity_id: Id | None = Field(None, description="all when left out")

    def wanted(self) -> Wanted:
        return Wanted(self.hotel_id, self.metric_type, self.since, self.until, self.entity_id)


class MetricDay(Answer):
    day: dt.date
    value: float | None
    expected: float | None = Field(description="null: not every row of the day was judged")
    is_archived: bool


class MetricDays(Answer):
    """``is_sum``: values are sums of the day's rows, else their means."""

    items: list[MetricDay]
    is_sum: bool
    faults: Faults


class AskedPeriod(Asked):
    hotel_id: HotelNumber
    first_on: Day = Field(examples=["2025-10-01"])
    last_on: Day = Field(examples=["2025-10-07"])


class Preview(Answer):
    """What bringing back would read."""

    days: int
    files: int
    rows: int
    stored_bytes: int


class BringBack(AskedPeriod):
    kept_days: int = Field(KEPT_DAYS, ge=1, le=MOST_KEPT_DAYS, description="how long the rows stay")


class Verify(Asked):
    hotel_id: HotelNumber
