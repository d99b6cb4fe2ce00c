"""Which backups stay: the last ones, and of older ones one a day, a week and a month (grandfather, father, son)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from operations.backups.shelf import Backup

Period = Callable[[datetime], tuple[int, ...]]


@dataclass(frozen=True)
class Retention:
    """How many stay: the newest ``last``, then the newest of each of so many days, weeks (ISO) and months.

    Safety copies stay ``safety_days``; backups that somebody made by hand stay until somebody deletes them.
    """

    last: int = 3
    days: int = 7
    weeks: int = 4
    months: int = 12
    safety_days: int = 14

    def expired(self, backups: Iterable[Backup], now: datetime, time_zone: str = "UTC") -> list[Backup]:
        """Backups to delete. The newest proven one is never among them, whatever else is damaged."""
        known = sorted(
            ((one, one.label) for one in backups if one.label is not None),
            key=lambda pair: pair[1].made_at, reverse=True,
        )  # fmt: skip
        scheduled = [one for one, label in known if label.kind == "scheduled"]
        old = now - timedelta(days=self.safety_days)
        gone = [one for one, label in known if label.kind == "safety" and label.made_at < old]
        kept = self._kept(scheduled, ZoneInfo(time_zone))
        gone += [one for one in scheduled if one.name not in kept]
        spared = next((one.name for one, _ in known if one.state == "proven"), None)
        return [one for one in gone if one.name != spared]

    def _kept(self, newest_first: list[Backup], zone: ZoneInfo) -> set[str]:
        kept = {one.name for one in newest_first[: self.last]}
        periods: list[tuple[int, Period]] = [
            (self.days, lambda at: (at.year, at.month, at.day)),
            (self.weeks, lambda at: tuple(at.isocalendar()[:2])),
            (self.months, lambda at: (at.year, at.month)),
        ]
        # A damaged one stands for no day: the one before it does.
        whole = [one for one in newest_first if one.state != "damaged"]
        for count, period in periods:
            seen: set[tuple[int, ...]] = set()
            for one in whole:
                of = period(one.label.made_at.astimezone(zone)) if one.label else ()
                if of not in seen and len(seen) < count:
                    seen.add(of)
                    kept.add(one.name)
        return kept
