"""Statements in words, and the tables of their page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.i18n import UNKNOWN, Translator
from operations.queries.service import SLOW_SECONDS
from pages.shell.consumption_tables import rounded, rows_of
from pages.shell.memory_words import JOB
from pages.shell.redis_words import megabytes
from pages.shell.request_words import page_title
from pages.shell.sentences import actor
from reports.excel import Column, Sheet

if TYPE_CHECKING:
    from operations.queries.comparison import Change, Pair
    from operations.queries.lock_history import EpisodeRow
    from operations.queries.plan import Advice, Step
    from operations.queries.service import RunningRow, StatementRow, WaitRow
    from operations.queries.statement_log import LoggedStatement
    from operations.queries.trial import Trial

INDENT, COMMAND = "\u2003", "command"
BYTES = ("bytes", "memory")


def milliseconds(t: Translator, seconds: float | None) -> str:
    return UNKNOWN if seconds is None else f"{t.number(1000 * seconds, 1)} {t('requests.ms')}"


def since(t: Translator, seconds: float | None) -> str:
    """'3 seconds', '20 minutes'; how long by now."""
    return UNKNOWN if seconds is None else t.length(max(seconds, 1.0))


def verdict(t: Translator, row: "StatementRow") -> str:
    """Colour never speaks alone."""
    return t("queries.slow" if row.mean_seconds > SLOW_SECONDS else "queries.fine")


def statements_sheet(t: Translator, title: str, found: "Sequence[StatementRow]") -> Sheet:
    """One row a statement, in the order given; its mean first, which a phone shows beside the statement."""
    mean, longest = (
        Column(f"{t(name)} ({t('requests.ms')})", "decimal") for name in ("queries.mean", "queries.longest")
    )
    columns = [
        mean, Column(t("queries.statement")), Column(t("queries.verdict")), longest,
        Column(t("queries.calls"), "whole"), Column(t("queries.total_seconds"), "decimal"),
        Column(t("queries.rows"), "whole"), Column(t("queries.hits"), "percent"),
        Column(t("queries.temporary"), "decimal"),
    ]  # fmt: skip
    rows = [
        (
            1000 * one.mean_seconds, one.text, [verdict(t, one)], _if_known(one.max_seconds, 1000.0), one.calls,
            one.total_seconds, one.rows, one.hit_ratio, _if_known(one.temp_bytes, 1 / (1 << 20)),
        )
        for one in found
    ]  # fmt: skip
    return rounded(title, columns, rows)


def log_sheet(t: Translator, found: "Sequence[LoggedStatement]") -> Sheet:
    """One row a statement, in the order given."""
    columns = [
        Column(t("requests.ended"), "instant"), Column(f"{t('requests.duration')} ({t('requests.ms')})", "decimal"),
        Column(t("queries.verdict_recent")), Column(t("queries.statement")), Column(t("queries.place")),
        Column(t("queries.asked_by")), Column(t("queries.process")), Column(t("queries.request")),
    ]  # fmt: skip
    rows = [
        (
            one.ended_at, 1000 * one.seconds, [_outcome(t, one)], one.text, place(t, one.place),
            one.actor and actor(t, one.actor), t(f"queries.process_{one.process}"), one.request_id,
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("queries.view_recent"), columns, rows)


def place(t: Translator, code: str | None) -> str:
    """The page by its title, a run by its job; an endpoint as it is."""
    if code is None:
        return t("queries.place_background")
    if code == COMMAND:
        return t("queries.process_command")
    if code.startswith(JOB):
        return t(f"job.{code.removeprefix(JOB)}")
    return page_title(t, code) or code


def _outcome(t: Translator, one: "LoggedStatement") -> str:
    if one.has_failed:
        return t("queries.failed")
    return t("queries.slow" if one.seconds > SLOW_SECONDS else "queries.fine")


def _if_known(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def course_sheet(t: Translator, frame: Any) -> Sheet:
    """One row a step of the chart."""
    columns = [
        Column(t("board.time"), "instant"), Column(t("queries.total_seconds"), "decimal"),
        Column(t("queries.calls"), "whole"),
    ]  # fmt: skip
    rows = [(row.at.to_pydatetime(), row.total_seconds, row.calls) for row in rows_of(frame)]
    return rounded(t("queries.course"), columns, rows)


def running_told(t: Translator, row: "RunningRow") -> str:
    """What the connection does, for whom, and what it waits for."""
    event = f"{row.wait_event_type}: {row.wait_event}" if row.wait_event else UNKNOWN
    return t("queries.running_told", application=row.application or UNKNOWN, role=row.role or UNKNOWN,
             client=row.client or UNKNOWN, event=event, connection=str(row.pid))  # fmt: skip


def state(t: Translator, row: "RunningRow") -> str:
    known = {"active": "active", "idle in transaction": "idle", "idle in transaction (aborted)": "aborted"}
    return t(f"queries.state_{known.get(row.state or '', 'other')}")


def waits_sheet(t: Translator, found: "Sequence[WaitRow]") -> Sheet:
    """One row a pair: who waits, and who holds what it waits for."""
    columns = [
        Column(t("queries.waiting")), Column(t("queries.waits_seconds"), "decimal"), Column(t("queries.waits_for")),
        Column(t("queries.held_by")), Column(t("queries.holder_does")), Column(t("queries.held_since"), "instant"),
    ]  # fmt: skip
    rows = [
        (
            f"{one.waiting_pid} {one.waiting_application}: {one.waiting_text}", one.seconds,
            " ".join(word for word in (one.kind, one.relation, one.mode) if word),
            f"{one.blocking_pid or UNKNOWN} {one.blocking_application or ''}".strip(),
            f"{one.blocking_state or UNKNOWN}: {one.blocking_text or UNKNOWN}", one.blocking_since,
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("queries.waits"), columns, rows)


def episodes_sheet(t: Translator, found: "Sequence[EpisodeRow]") -> Sheet:
    """One row an episode: when, how long, who held up whom with which statement."""
    columns = [
        Column(t("queries.lock_began"), "instant"), Column(t("queries.lock_longest"), "decimal"),
        Column(t("queries.held_by")), Column(t("queries.holder_does")), Column(t("queries.waiting")),
        Column(t("queries.waiting_for")), Column(t("queries.lock_waiters"), "whole"), Column(t("queries.waits_for")),
        Column(t("queries.lock_ended"), "instant"),
    ]  # fmt: skip
    rows = [
        (
            one.began_at, one.longest_seconds,
            _who(one.blocking_pid or None, one.blocking_application, one.blocking_role),
            f"{one.blocking_state or UNKNOWN}: {one.blocking_text or UNKNOWN}",
            _who(one.waiting_pid, one.waiting_application, one.waiting_role), one.waiting_text, one.waiters,
            " ".join(word for word in (one.kind, one.relation, one.mode) if word), one.ended_at,
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("queries.lock_episodes"), columns, rows)


def _who(pid: int | None, application: str | None, role: str | None) -> str:
    return " · ".join(str(word) for word in (pid or UNKNOWN, application, role) if word)


def lock_course_sheet(t: Translator, frame: Any) -> Sheet:
    """One row a step of the chart."""
    columns = [
        Column(t("board.time"), "instant"), Column(t("queries.lock_count"), "whole"),
        Column(t("queries.lock_longest"), "decimal"),
    ]  # fmt: skip
    rows = [(row.at.to_pydatetime(), row.episodes, row.longest_seconds) for row in rows_of(frame)]
    return rounded(t("queries.lock_course"), columns, rows)


def steps_sheet(t: Translator, found: "Sequence[Step]") -> Sheet:
    """One row a step, indented under the one that reads from it."""
    columns = [
        Column(t("queries.step")), Column(t("queries.on")), Column(t("queries.share"), "percent"),
        Column(t("queries.rows_expected"), "whole"), Column(t("queries.cost"), "decimal"),
        Column(t("queries.condition")),
    ]  # fmt: skip
    rows = [
        (
            _indented(one), one.on or None, one.cost_ratio, one.rows,
            one.cost, one.condition or None,
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("queries.plan"), columns, rows)


def _indented(step: "Step") -> str:
    return INDENT * step.depth + ("↳ " if step.depth else "") + step.name


def side_sheet(t: Translator, side: str, pairs: "Sequence[Pair]") -> Sheet:
    """One of two plans, ``before`` or ``after``, each of its steps with how it differs from the other one's."""
    columns = [
        Column(t("queries.step")), Column(t("queries.marks")), Column(t("queries.rows_expected"), "whole"),
        Column(t("queries.cost"), "decimal"), Column(t("queries.on")),
    ]  # fmt: skip
    rows = [
        (
            _indented(step), [t(f"queries.mark_{mark}") for mark in pair.marks or ("same",)], step.rows, step.cost,
            step.on or None,
        )
        for pair in pairs
        for step in (pair.before if side == "before" else pair.after,)
        if step is not None
    ]  # fmt: skip
    return rounded(t(f"queries.plan_{side}"), columns, rows)


def change(t: Translator, one: "Change") -> str:
    """In what two plans differ, with its numbers."""
    params = {
        name: t.number(value, 2) if isinstance(value, float) and name != "ratio" else _told(t, name, value)
        for name, value in one.params.items()
    }
    return t(f"queries.change_{one.code}", **params)


def trial(t: Translator, one: "Trial") -> str:
    """What an index would change that does not exist."""
    return t(
        f"queries.trial_{'used' if one.is_used else 'unused'}", table=one.table, columns=one.columns,
        before=t.number(one.cost_before, 2), after=t.number(one.cost_after, 2), saved=t.percent(one.saved_ratio, 0),
        size=megabytes(t, one.size_bytes),
    )  # fmt: skip


def advice(t: Translator, one: "Advice") -> str:
    """One piece of advice with its reason and numbers."""
    return t(f"queries.advice_{one.code}", **{name: _told(t, name, value) for name, value in one.params.items()})


def _told(t: Translator, name: str, value: Any) -> Any:
    if name in BYTES:
        return megabytes(t, value)
    return t.percent(value, 1) if name == "ratio" else value
