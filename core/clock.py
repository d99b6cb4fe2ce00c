"""The only place that reads the wall clock; everything else is handed a Clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Tells the present instant, always in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands still until a test or a replay moves it."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def advance(self, step: timedelta) -> None:
        self.at += step


def local_date(instant: datetime, time_zone: str) -> date:
    """The hotel-local calendar day of a UTC instant."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def local_midnight(day: date, time_zone: str) -> datetime:
    """The UTC instant at which a hotel-local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def last_days(now: datetime, days: int, time_zone: str) -> tuple[datetime, datetime]:
    """The UTC instants between which today and the ``days`` hotel-local days before it lie."""
    today = local_date(now, time_zone)
    return local_days(today - timedelta(days=days), today, time_zone)


def local_days(first_on: date, last_on: date, time_zone: str) -> tuple[datetime, datetime]:
    """The UTC instants between which hotel-local days lie, both in: the begin of the first, the end of the last."""
    return local_midnight(first_on, time_zone), local_midnight(last_on + timedelta(days=1), time_zone)
