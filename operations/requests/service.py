"""Requests as administrators watch them: written every ten seconds, added up over processes and restarts (SPEC C3)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

import pandas as pd

from core.clock import Clock
from core.scope import Scope
from db.queries import requests as queries
from db.queries.requests import RecentRow
from db.session import Database
from operations.periods import PERIODS, Period
from operations.requests.histogram import added, quantile
from operations.requests.recorder import HOUR_SECONDS, MINUTE_SECONDS, RECENT, Batch, Endpoint, RequestRecorder

__all__ = ["PERIODS", "Endpoint", "EndpointDetail", "Figures", "RecentRow", "RequestOverview", "RequestService"]

ERROR_LIMIT = 0.05  # SPEC C3: a higher error rate is highlighted
LEAST_FAILURES = 2  # one failure of a quiet endpoint is no rate; one that always fails is marked at the second
VIEWS = {"pages": ("page", "fragment"), "api": ("api",)}


@dataclass(frozen=True)
class Figures:
    """Sums of requests; ``buckets``: their durations (operations.requests.histogram)."""

    requests: int = 0
    client_errors: int = 0
    server_errors: int = 0
    seconds: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0
    longest_seconds: float = 0.0
    buckets: Mapping[int, int] = field(default_factory=dict, repr=False)

    @property
    def error_ratio(self) -> float | None:
        """The share that was answered with 4xx or 5xx; None when nothing was asked."""
        return (self.client_errors + self.server_errors) / self.requests if self.requests else None

    @property
    def failure_ratio(self) -> float:
        """The share of mistakes of ours (5xx); callers' mistakes (4xx) say nothing against an endpoint."""
        return self.server_errors / self.requests if self.requests else 0.0

    @property
    def is_failing(self) -> bool:
        return self.failure_ratio > ERROR_LIMIT and self.server_errors >= LEAST_FAILURES

    @property
    def mean_seconds(self) -> float | None:
        return self.seconds / self.requests if self.requests else None

    def quantile(self, share: float) -> float | None:
        """Seconds that ``share`` of the requests did not exceed, within 1.5 % and never more than the longest."""
        found = quantile(self.buckets, share)
        return None if found is None else min(found, self.longest_seconds)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.requests + other.requests, self.client_errors + other.client_errors,
            self.server_errors + other.server_errors, self.seconds + other.seconds, self.bytes_in + other.bytes_in,
            self.bytes_out + other.bytes_out, max(self.longest_seconds, other.longest_seconds),
            added(self.buckets, other.buckets),
        )  # fmt: skip


@dataclass(frozen=True)
class RequestOverview:
    """``day``: the last 24 hours; ``endpoints``: of the period, the busiest first; ``measured_since``: None if never.

    ``in_flight``: requests that this process works on now.
    """

    day: Figures
    endpoints: Mapping[Endpoint, Figures]
    in_flight: int
    measured_since: datetime | None


@dataclass(frozen=True)
class EndpointDetail:
    """One endpoint: how often which error in the period, and the newest requests, the newest first."""

    error_codes: Mapping[str, int]
    recent: Sequence[RecentRow]


@dataclass(frozen=True)
class RequestService:
    """What the recorder of this process measured is written here; what all processes measured is read here."""

    database: Database
    clock: Clock
    recorder: RequestRecorder

    def flush(self) -> int:
        """Write what was measured since the last time, or keep it for the next; returns the requests written."""
        batch, is_written = self.recorder.take(), False
        if not batch.tallies:
            return 0
        try:
            with self.database.transaction() as connection:
                queries.add(connection, _span_rows(batch))
                queries.add_recent(connection, _recent_rows(batch), RECENT)
            is_written = True
        finally:
            if not is_written:
                self.recorder.give_back(batch)
        return sum(tally.requests for tally in batch.tallies.values())

    def overview(self, scope: Scope, view: str, period: str) -> RequestOverview:
        """The endpoints of ``view`` (a key of VIEWS) over ``period`` (a key of PERIODS)."""
        scope.require("requests.read")
        kinds, day, now = VIEWS[view], PERIODS["24h"], self.clock.now()
        with self.database.reading() as connection:
            found = {
                chosen: _figures(
                    queries.sums(connection, _span_of(chosen), chosen.begin(now), kinds),
                    queries.histograms(connection, _span_of(chosen), chosen.begin(now), kinds),
                )
                for chosen in {day, PERIODS[period]}
            }
            first_at = queries.first_at(connection, HOUR_SECONDS)
        total = sum(found[day].values(), Figures())
        in_flight = sum(self.recorder.in_flight[kind] for kind in kinds)
        return RequestOverview(total, found[PERIODS[period]], in_flight, first_at)

    def course(self, scope: Scope, view: str, period: str, endpoint: Endpoint | None = None) -> pd.DataFrame:
        """at, requests, p50_seconds, p95_seconds by steps of the period; without requests 0 and NaN."""
        scope.require("requests.read")
        chosen, kinds, now = PERIODS[period], VIEWS[view], self.clock.now()
        since = chosen.begin(now)
        with self.database.reading() as connection:
            rows = queries.course(
                connection, _span_of(chosen), since, chosen.step_seconds, kinds=kinds, endpoint=endpoint
            )
        buckets: dict[datetime, dict[int, int]] = defaultdict(dict)
        for row in rows:
            buckets[row.at][row.bucket] = row.n
        steps = pd.date_range(since, now, freq=f"{chosen.step_seconds}s")
        counted = [buckets.get(step.to_pydatetime(), {}) for step in steps]
        return pd.DataFrame(
            {
                "at": steps,
                "requests": [sum(one.values()) for one in counted],
                "p50_seconds": [quantile(one, 0.50) for one in counted],
                "p95_seconds": [quantile(one, 0.95) for one in counted],
            }
        ).astype({"p50_seconds": float, "p95_seconds": float})

    def detail(self, scope: Scope, period: str, endpoint: Endpoint) -> EndpointDetail:
        """Who asked is told as ``Scope.may_name`` says."""
        scope.require("requests.read")
        chosen, now = PERIODS[period], self.clock.now()
        with self.database.reading() as connection:
            codes = queries.error_codes(connection, _span_of(chosen), chosen.begin(now), endpoint)
            recent = queries.recent(connection, endpoint, RECENT)
        rows = [replace(row, actor=scope.may_name(row.actor)) for row in recent]
        return EndpointDetail({row.code: row.n for row in codes}, rows)


def _span_of(period: Period) -> int:
    """Of the rows that are added up: minutes are kept for a day, hours for longer."""
    return MINUTE_SECONDS if period.step_seconds < HOUR_SECONDS else HOUR_SECONDS


def _span_rows(batch: Batch) -> list[dict[str, Any]]:
    rows = []
    for (endpoint, span, started), tally in batch.spans().items():
        row = asdict(tally)
        buckets = sorted(row.pop("buckets").items())
        row |= {"buckets": [bucket for bucket, _ in buckets], "counts": [count for _, count in buckets]}
        rows.append({"span_seconds": span, "started_at": started.isoformat(), **endpoint._asdict(), **row})
    return rows


def _recent_rows(batch: Batch) -> list[dict[str, Any]]:
    return [
        {**vars(request), "endpoint": None, **endpoint._asdict(), "ended_at": ended_at.isoformat()}
        for endpoint, newest in batch.recent.items()
        for ended_at, request in newest
    ]


def _figures(sums: Sequence[Any], histograms: Sequence[Any]) -> dict[Endpoint, Figures]:
    buckets: dict[Endpoint, dict[int, int]] = defaultdict(dict)
    for row in histograms:
        buckets[Endpoint(row.kind, row.method, row.route)][row.bucket] = row.n
    return {
        endpoint: Figures(
            int(row.requests), int(row.client_errors), int(row.server_errors), row.seconds, int(row.bytes_in),
            int(row.bytes_out), row.longest_seconds, buckets[endpoint],
        )
        for row in sums
        for endpoint in (Endpoint(row.kind, row.method, row.route),)
    }  # fmt: skip
