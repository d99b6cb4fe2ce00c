"""What a silence is, and what it may be: it names a hotel, perhaps a type, a floor or an entity, and it ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import AppError

LONGEST = timedelta(days=366)
MINUTES_OF_A_DAY = 24 * 60


@dataclass(frozen=True)
class Silence:
    """Alerts last seen between ``starts_at`` and ``ends_at`` are not shown; None means any.

    ``weekdays`` are ISO numbers (1 Monday); minutes are of the hotel-local day, ``until_minute`` before
    ``from_minute`` goes over midnight and belongs to the day it begins on.
    """

    starts_at: datetime
    ends_at: datetime
    reason: str
    alert_type: str | None = None
    floor_id: int | None = None
    room_id: int | None = None
    product_id: int | None = None
    weekdays: tuple[int, ...] = ()
    from_minute: int | None = None
    until_minute: int | None = None

    def check(self) -> None:
        """Raise ``silence_wrong`` naming the rule that is broken."""
        rules = {
            "reason": bool(self.reason.strip()),
            "end": self.starts_at < self.ends_at <= self.starts_at + LONGEST,
            "weekdays": all(1 <= day <= 7 for day in self.weekdays),
            "window": (self.from_minute is None) == (self.until_minute is None),
            "minutes": all(0 <= minute < MINUTES_OF_A_DAY for minute in self._minutes()),
            "empty_window": self.from_minute is None or self.from_minute != self.until_minute,
            "entities": self.room_id is None or self.product_id is None,
        }
        for rule, holds in rules.items():
            if not holds:
                raise AppError("silence_wrong", message_id=f"error.silence_{rule}")

    def _minutes(self) -> list[int]:
        return [minute for minute in (self.from_minute, self.until_minute) if minute is not None]
