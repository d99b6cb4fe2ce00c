"""The Redis server as administrators watch it: now, over time, compared with before, and when it will be full (C5)."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pandas as pd
from redis import Redis

from core.clock import Clock
from core.scope import Scope
from db.queries import redis_samples as queries
from db.queries.redis_samples import SampleRow
from db.session import Database
from operations.periods import Period
from operations.redis import looking
from operations.redis.figures import Forecast, ServerFigures, forecast, lately
from operations.redis.looking import REASONS, Client, Look, SlowCommand
from operations.redis.survey import Change, Pattern, Survey, changes

__all__ = ["AGO", "PERIODS", "Comparison", "Look", "RedisService", "ServerStatus"]

SAMPLE_EVERY = timedelta(seconds=60)
PATTERNS_EVERY = timedelta(minutes=15)
TREND_OVER = timedelta(hours=24)
LATELY = timedelta(hours=1)
ANSWERING = ("up", "slow", "refusing")
STATES = (*ANSWERING, "down")
Answer = TypeVar("Answer")
AGO = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}


PERIODS = {
    "24h": Period(timedelta(hours=24), 300),
    "1h": Period(timedelta(hours=1), 60),
    "7d": Period(timedelta(days=7), 3600),
    "14d": Period(timedelta(days=14), 3600),
}


@dataclass(frozen=True)
class ServerStatus:
    """A look, and what the samples add. ``since``: the begin of its state; ``last``: the newest sample that answered.

    ``lately_ratio``: hits among the look-ups of about an hour, None without any or when the server is younger.
    """

    look: Look
    since: datetime | None
    last: SampleRow | None
    lately_ratio: float | None
    forecast: Forecast | None


@dataclass(frozen=True)
class Comparison:
    """Two times; ``before`` is None when no sample is that old, ``oldest_at`` is then the oldest one.

    ``restarted``: the server began anew in between, so its counters did too.
    """

    before_at: datetime | None
    before: ServerFigures | None
    now: ServerFigures | None
    patterns: Sequence[Change]
    restarted: bool
    oldest_at: datetime | None


@dataclass(frozen=True)
class RedisService:
    """``reader_url``: an account of the server that can change nothing, where there is one."""

    database: Database
    clock: Clock
    redis_url: str
    reader_url: str | None = None

    @property
    def address(self) -> str:
        """Where the server is, without user and password."""
        return urlsplit(self.redis_url).netloc.rpartition("@")[2]

    def newest_state(self, scope: Scope) -> str | None:
        """The state of the newest sample; cheap, for pages that wait for a change."""
        scope.require("redis.read")
        with self.database.reading() as connection:
            row = queries.newest(connection, STATES)
        return row.state if row else None

    def watch(self) -> None:
        """One look for the record; for the process that looks every few seconds."""
        self._keep(looking.look(self.redis_url, self.reader_url, with_details=False))

    def status(self, scope: Scope) -> ServerStatus:
        """The server now, with keys, slow commands and clients; takes about two seconds when it does not answer."""
        scope.require("redis.read")
        found = looking.look(self.redis_url, self.reader_url)
        self._keep(found)
        now, figures = self.clock.now(), found.figures
        with self.database.reading() as connection:
            since = queries.state_since(connection, found.state)
            last = queries.newest(connection, ANSWERING)
            if figures is None:
                return ServerStatus(found, since, last, None, None)
            started_at = now - timedelta(seconds=figures.uptime_seconds)
            memory = queries.memory(connection, now - TREND_OVER, figures.run_id)
            hour_ago = queries.oldest_of_run(connection, now - LATELY, figures.run_id)
        ratio = lately(_figures(hour_ago), figures) if hour_ago else None
        trend = forecast([*memory, (now, figures.used_bytes)], figures.limit_bytes)
        return ServerStatus(found, max(since or started_at, started_at), last, ratio, trend)

    def keys(self, scope: Scope) -> Survey:
        """Keys by pattern; raises ``redis_unavailable`` (503)."""
        return self._answered(scope, lambda: looking.keys_by_pattern(self.redis_url, self.reader_url))

    def slow_commands(self, scope: Scope) -> tuple[SlowCommand, ...]:
        """The newest entries of the slow log; raises ``redis_unavailable`` (503)."""
        return self._asked(scope, looking.slow_commands)

    def clients(self, scope: Scope) -> tuple[Client, ...]:
        """Who is connected; raises ``redis_unavailable`` (503)."""
        return self._asked(scope, looking.clients)

    def course(self, scope: Scope, period: str) -> pd.DataFrame:
        """at, used_bytes, limit_bytes, keys, was_down by steps of the period; NaN and None where nobody looked."""
        scope.require("redis.read")
        chosen, now = PERIODS[period], self.clock.now()
        since = chosen.begin(now)
        with self.database.reading() as connection:
            rows = queries.course(connection, since, chosen.step_seconds)
        frame = pd.DataFrame(rows, columns=["at", "used_bytes", "limit_bytes", "keys", "was_down"])
        steps = pd.DataFrame({"at": pd.date_range(since, now, freq=f"{chosen.step_seconds}s")})
        frame["at"] = pd.to_datetime(frame["at"], utc=True)
        numbers = dict.fromkeys(("used_bytes", "limit_bytes", "keys"), float)
        return steps.merge(frame, on="at", how="left").astype(numbers)

    def compare(self, scope: Scope, ago: str, found: Look | None = None) -> Comparison:
        """Now against the newest snapshot that is at least ``ago`` (a key of AGO) old."""
        scope.require("redis.read")
        now = found or looking.look(self.redis_url, self.reader_url)
        with self.database.reading() as connection:
            row = queries.newest_with_patterns(connection, self.clock.now() - AGO[ago])
            oldest_at = queries.oldest_at(connection)
        if row is None:
            return Comparison(None, None, now.figures, (), False, oldest_at)
        before = _figures(row)
        told = changes(_patterns(row), now.survey.patterns) if now.survey else ()
        restarted = now.figures is not None and now.figures.run_id != before.run_id
        return Comparison(row.sampled_at, before, now.figures, told, restarted, oldest_at)

    def _asked(self, scope: Scope, question: Callable[[Redis], Answer]) -> Answer:
        return self._answered(scope, lambda: looking.asked(self.redis_url, self.reader_url, question))

    def _answered(self, scope: Scope, question: Callable[[], Answer]) -> Answer:
        scope.require("redis.read")
        try:
            return question()
        except tuple(REASONS) as error:
            raise looking.unavailable(error) from error

    def _keep(self, found: Look) -> None:
        """A sample a minute, and one whenever the state changes; its patterns are looked at four times an hour."""
        now = self.clock.now()
        with self.database.reading() as connection:
            newest = queries.newest(connection, STATES)
            known = queries.newest_with_patterns(connection)
        if newest and newest.state == found.state and newest.sampled_at > now - SAMPLE_EVERY:
            return
        is_due = known is None or known.sampled_at <= now - PATTERNS_EVERY
        patterns = self._patterns(found) if is_due and found.figures else None
        row = SampleRow(
            now, found.state, found.reason, found.answer_seconds, asdict(found.figures) if found.figures else None,
            patterns,
        )  # fmt: skip
        with self.database.transaction() as connection:
            queries.add(connection, row, now - SAMPLE_EVERY)

    def _patterns(self, found: Look) -> list[dict[str, Any]] | None:
        try:
            seen = found.survey or looking.keys_by_pattern(self.redis_url, self.reader_url)
        except tuple(REASONS):  # it went away meanwhile: the next sample has them
            return None
        return [asdict(one) for one in seen.patterns]


def _figures(row: SampleRow) -> ServerFigures:
    return ServerFigures(**(row.figures or {}))


def _patterns(row: SampleRow) -> list[Pattern]:
    return [Pattern(**one) for one in row.patterns or ()]
