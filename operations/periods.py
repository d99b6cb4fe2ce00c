"""How far back the console looks, and the steps of its charts."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Period:
    """How far back, and the step of the chart."""

    length: timedelta
    step_seconds: int

    def begin(self, now: datetime) -> datetime:
        """Of the first step: a full step, so that a span never lies in two of them."""
        first = (now - self.length).timestamp()
        return datetime.fromtimestamp(first // self.step_seconds * self.step_seconds, UTC)


PERIODS = {  # by the word in the address; the first is what readers see unless they choose
    "24h": Period(timedelta(hours=24), 15 * 60),
    "1h": Period(timedelta(hours=1), 60),
    "7d": Period(timedelta(days=7), 3_600),
    "30d": Period(timedelta(days=30), 6 * 3_600),
}
