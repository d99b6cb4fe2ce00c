"""Statements of the database, as administrators watch them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from api.schemas.base import Answer, Asked

Order = Literal["mean", "total", "calls"]
Period = Literal["counted", "24h", "7d", "30d"]
CoursePeriod = Literal["24h", "7d", "30d"]
Which = Literal["asked", "noticed", "slow", "failed", "background", "all"]
Process = Literal["dashboard", "sidecar", "keeper", "jobs", "command"]
LogPeriod = Literal["24h", "1h", "7d"]
LogOrder = Literal["newest", "slowest"]


class Missing(Answer):
    """What the server lacks, and the statements that turn it on."""

    reason: Literal["not_loaded", "absent", "hidden", "hypopg_unavailable", "hypopg_absent"]
    statements: list[str]


class Totals(Answer):
    """Of all statements since the server began to count."""

    statements: int
    calls: int
    total_seconds: float
    mean_seconds: float | None
    since: datetime | None


class Statement(Answer):
    """One statement without its values; ``hit_ratio``: pages found in memory; over 1 s by mean it is slow."""

    queryid: int
    text: str = Field(examples=["SELECT * FROM hotels WHERE id = $1"])
    calls: int
    total_seconds: float
    mean_seconds: float
    max_seconds: float | None
    rows: int
    hit_ratio: float | None
    temp_bytes: int | None


class Statistics(Answer):
    """``missing`` is null where there are figures; else all others are null or empty."""

    missing: Missing | None
    totals: Totals | None
    slowest: list[Statement]
    listed: list[Statement]


class Recent(Answer):
    """One statement without its values; ``place``: the page, route or run that it worked for.

    ``has_failed``: the server refused or ended it; ``request_id``: what the logs call the request.
    """

    id: int
    ended_at: datetime
    seconds: float
    text: str
    process: Process
    process_id: int
    host: str
    place: str | None = Field(examples=["GET /api/alerts"])
    actor: str | None
    request_id: str | None
    has_failed: bool


class RecentList(Answer):
    items: list[Recent]


class CourseStep(Answer):
    """Null where nobody counted."""

    at: datetime
    total_seconds: float | None
    calls: float | None


class Course(Answer):
    items: list[CourseStep]


class Running(Answer):
    """What a connection does now; pid, backend_start and query_start together name one statement."""

    pid: int
    backend_start: datetime
    query_start: datetime | None
    xact_start: datetime | None
    since: datetime | None
    seconds: float | None
    role: str | None
    application: str
    client: str | None
    state: str | None
    wait_event_type: str | None
    wait_event: str | None
    text: str
    may_cancel: bool


class Wait(Answer):
    """Who waits for whom."""

    waiting_pid: int
    waiting_application: str
    waiting_role: str | None
    waiting_text: str
    since: datetime | None
    seconds: float | None
    mode: str | None
    kind: str | None
    relation: str | None
    blocking_pid: int | None
    blocking_application: str | None
    blocking_role: str | None
    blocking_state: str | None
    blocking_text: str | None
    blocking_since: datetime | None


class Now(Answer):
    at: datetime
    running: list[Running]
    waits: list[Wait]


class LockEpisode(Answer):
    """One transaction for which others waited; ``waiting_…``: of those the first that was seen.

    ``ended_at``: null while it goes on; ``waiters``: the most at one time; ``blocking_pid``: 0 for a prepared one.
    """

    id: int
    began_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    longest_seconds: float
    waiters: int
    kind: str | None = Field(examples=["transactionid"])
    relation: str | None
    mode: str | None
    blocking_pid: int
    blocking_since: datetime | None
    blocking_application: str | None
    blocking_role: str | None
    blocking_state: str | None
    blocking_text: str | None
    waiting_pid: int
    waiting_application: str
    waiting_role: str | None
    waiting_text: str


class LockStep(Answer):
    """Episodes that began in it, and their longest waits added up."""

    at: datetime
    episodes: int
    longest_seconds: float


class LockEpisodes(Answer):
    """``is_watched``: whether the scheduler, which looks every two seconds, is there now."""

    is_watched: bool
    items: list[LockEpisode]
    course: list[LockStep]


class ToCancel(Asked):
    """One statement, as it was listed."""

    pid: int = Field(ge=1, le=2**31 - 1, examples=[4711])
    backend_start: AwareDatetime
    query_start: AwareDatetime


class ToExplain(Asked):
    """One SELECT, INSERT, UPDATE, DELETE, WITH or VALUES; values may be written as $1."""

    text: str = Field(max_length=20_000, examples=["SELECT * FROM hotels WHERE id = $1"])


class Step(Answer):
    """``cost_ratio``: of the plan's cost, in itself without what it reads from."""

    depth: int
    name: str = Field(examples=["Seq Scan"])
    on: str
    condition: str
    rows: int
    cost: float
    own_cost: float
    cost_ratio: float


class Advice(Answer):
    """``code`` and its numbers; ``statement`` to run after thought."""

    code: str = Field(examples=["scan"])
    params: dict[str, Any]
    statement: str | None


class Trial(Answer):
    """An index that does not exist, and the statement's cost as if it did; ``is_used``: the planner would read it."""

    table: str
    columns: str
    cost_before: float
    cost_after: float
    saved_ratio: float
    is_used: bool
    size_bytes: int


class Trials(Answer):
    """``missing``: what it takes to try indexes; null where they were tried, or none is wanted."""

    items: list[Trial]
    missing: Missing | None


class Explained(Answer):
    """A plan; nothing was executed. ``fingerprint``: the same for statements that differ in their values only."""

    text: str
    fingerprint: str
    steps: list[Step]
    advice: list[Advice]
    total_cost: float
    trials: Trials


class PlanHead(Answer):
    """A kept plan: its statement without values, and when and by whom it was kept."""

    id: int
    made_at: datetime
    fingerprint: str
    text: str
    total_cost: float
    actor: str


class PlanList(Answer):
    items: list[PlanHead]


class KeptPlan(Answer):
    head: PlanHead
    steps: list[Step]


class Pair(Answer):
    """A step of each plan; null where the other plan has none like it."""

    before: Step | None
    after: Step | None
    marks: list[Literal["only", "kind", "on", "rows", "cost"]]


class Change(Answer):
    """``code`` and its numbers."""

    code: str = Field(examples=["access"])
    params: dict[str, Any]


class PlanComparison(Answer):
    """``is_same``: the same steps on the same tables and indexes."""

    before: PlanHead
    after: PlanHead
    is_same: bool
    pairs: list[Pair]
    changes: list[Change]


class Tables(Answer):
    items: list[Advice]
