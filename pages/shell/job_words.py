"""Runs of jobs in words, and the tables of the page of jobs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from operations.jobs.history import lasted_seconds
from pages.shell.audit_words import known
from pages.shell.consumption_tables import rounded
from pages.shell.guard import Page
from pages.shell.sentences import actor
from pages.shell.text import badge
from reports.excel import Column, Sheet

if TYPE_CHECKING:
    from operations.jobs.board import DayRun, Noticed, Scheduled
    from operations.jobs.history import Eta, Stale
    from operations.jobs.service import RunRow

STATES = {
    "running": ("blue", ":material/progress_activity:"),
    "succeeded": ("green", ":material/check_circle:"),
    "failed": ("red", ":material/error:"),
    "timed_out": ("orange", ":material/timer_off:"),
    "lost": ("orange", ":material/help:"),
    "cancelled": ("gray", ":material/cancel:"),
}
MINUTE = 60
Names = dict[int, str]


def state(page: Page, run: "RunRow") -> str:
    colour, icon = STATES[run.state]
    return badge(page.t(f"jobs.state_{run.state}"), colour, icon)


def length(page: Page, seconds: float) -> str:
    """Seconds below a minute, else minutes and what is left."""
    if seconds < MINUTE:
        return page.t("jobs.seconds", value=page.t.number(max(seconds, 0.0), 1))
    minutes, rest = divmod(round(seconds), MINUTE)
    if not rest:
        return page.t("jobs.whole_minutes", minutes=minutes)
    return page.t("jobs.minutes", minutes=minutes, seconds=rest)


def lasted(page: Page, run: "RunRow | DayRun") -> str:
    """From its start to its end, or to now."""
    return length(page, lasted_seconds(run, page.services.clock.now()))


def job(page: Page, name: str) -> str:
    return known(page.t, f"job.{name}", name)


def hotel(page: Page, names: Names, hotel_id: int | None) -> str:
    return page.t("jobs.installation") if hotel_id is None else names.get(hotel_id, str(hotel_id))


def rows(page: Page, run: "RunRow") -> str:
    if run.rows_in is None or run.rows_out is None:
        return "–"
    return f"{page.t.number(run.rows_in)} → {page.t.number(run.rows_out)}"


def asker(page: Page, run: "RunRow") -> str:
    """Who asked for it, where a heading says so already."""
    t = page.t
    who = actor(t, run.requested_by) if run.requested_by else t("jobs.by_schedule")
    return f"{who} {t('jobs.retry_of', run=run.retry_of)}" if run.retry_of else who


def by(page: Page, run: "RunRow") -> str:
    return page.t("jobs.by", who=asker(page, run)) if run.requested_by else asker(page, run)


def eta(page: Page, found: "Eta | None") -> str:
    """When it will be done, as such runs usually are; only with enough history."""
    if found is None:
        return page.t("jobs.eta_unknown")
    if found.is_over:
        return page.t("jobs.eta_over", runs=found.runs)
    low, high = length(page, found.low_seconds), length(page, found.high_seconds)
    return page.t("jobs.eta", seconds=length(page, found.seconds), low=low, high=high, runs=found.runs)


def stale(page: Page, names: Names, one: "Stale") -> str:
    """How old, since when, why, and who reads it."""
    t = page.t
    where = hotel(page, names, one.hotel_id)
    what = t(f"jobs.data_{one.job_name}")
    since = t.instant(one.since) if one.since else t("jobs.never")
    why = t(f"jobs.stale_{one.reason}", run=one.run_id or 0, code=one.error_code or "–")
    readers = ", ".join(job(page, name) for name in one.affects)
    told = t("jobs.stale", what=what, hotel=where, since=since, why=why)
    return f"{told} {t('jobs.affects', jobs=readers)}" if readers else told


def ended_sheet(page: Page, names: Names, runs: "Sequence[RunRow]") -> Sheet:
    """The runs that ended well, as a table; what a phone shows first: when and how long."""
    t, now = page.t, page.services.clock.now()
    columns = [
        Column(t("jobs.job")), Column(t("jobs.duration_seconds"), "decimal"), Column(t("jobs.started"), "instant"),
        Column(t("shell.hotel")), Column(t("jobs.rows")), Column(t("jobs.asked_by")), Column(t("jobs.run"), "whole"),
    ]  # fmt: skip
    told = [
        (
            job(page, run.job_name), lasted_seconds(run, now), run.started_at, hotel(page, names, run.hotel_id),
            rows(page, run), asker(page, run), run.id,
        )
        for run in runs
    ]  # fmt: skip
    return rounded(t("jobs.completed"), columns, told)


def timetable_sheet(page: Page, names: Names, found: "Sequence[Scheduled]") -> Sheet:
    """One row for each job in each hotel; what a phone shows first: what is due when."""
    t = page.t
    columns = [
        Column(t("jobs.job")), Column(t("jobs.next"), "instant"), Column(t("shell.hotel")),
        Column(t("jobs.last_state")), Column(t("jobs.last_good"), "instant"),
        Column(t("jobs.usual_seconds"), "decimal"), Column(t("jobs.paused")),
    ]  # fmt: skip
    rows = [
        (
            job(page, one.job_name), None if one.pause else one.next_at, hotel(page, names, one.hotel_id),
            t(f"jobs.state_{one.newest.state}") if one.newest.state else t("jobs.never"), one.newest.succeeded_at,
            one.usual.median_seconds if one.usual else None,
            t("jobs.paused_since", at=one.pause.paused_at, count=one.left_out) if one.pause else "",
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("jobs.timetable"), columns, rows)


def noticed_sheet(page: Page, names: Names, found: "Sequence[Noticed]") -> Sheet:
    t = page.t
    columns = [
        Column(t("jobs.noticed")), Column(t("jobs.job")), Column(t("shell.hotel")), Column(t("jobs.times"), "whole"),
        Column(t("jobs.first"), "instant"), Column(t("jobs.last"), "instant"), Column(t("jobs.run"), "whole"),
    ]  # fmt: skip
    rows = [
        (
            t(f"jobs.noticed_{one.kind}"), job(page, one.job_name), hotel(page, names, one.hotel_id), one.count,
            one.first_at, one.last_at, one.run_id,
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("jobs.noticed"), columns, rows)


def day_sheet(page: Page, names: Names, runs: "Sequence[DayRun]") -> Sheet:
    """What the day's chart shows."""
    t, now = page.t, page.services.clock.now()
    columns = [
        Column(t("jobs.run"), "whole"), Column(t("jobs.job")), Column(t("shell.hotel")), Column(t("jobs.state")),
        Column(t("jobs.started"), "instant"), Column(t("jobs.duration_seconds"), "decimal"),
    ]  # fmt: skip
    rows = [
        (
            run.id, job(page, run.job_name), hotel(page, names, run.hotel_id), t(f"jobs.state_{run.state}"),
            run.started_at, lasted_seconds(run, now),
        )
        for run in runs
    ]  # fmt: skip
    return rounded(t("jobs.day_runs"), columns, rows)
