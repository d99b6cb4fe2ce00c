"""Memory of processes in words, and the tables of its page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.i18n import Translator
from pages.shell.consumption_tables import rounded, rows_of
from pages.shell.redis_words import MEGABYTE, megabytes
from reports.excel import Column, Sheet

if TYPE_CHECKING:
    from operations.memory.service import MemoryEvent, ProcessState

COLOURS = {
    "normal": ("green", ":material/check_circle:"), "warn": ("yellow", ":material/report:"),
    "recycle": ("orange", ":material/recycling:"), "refuse": ("red", ":material/block:"),
}  # fmt: skip
JOB = "job:"


def service(t: Translator, code: str) -> str:
    """The process in the reader's words; a run by its job."""
    return t(f"job.{code.removeprefix(JOB)}") if code.startswith(JOB) else t(f"memory.service_{code}")


def signed_megabytes(t: Translator, size_bytes: int) -> str:
    return ("+" if size_bytes > 0 else "−" if size_bytes < 0 else "±") + megabytes(t, abs(size_bytes))


def processes_sheet(t: Translator, found: "Sequence[ProcessState]") -> Sheet:
    """One row a process of the last day."""
    columns = [
        Column(t("memory.service")), Column(t("memory.pid")), Column(t("memory.host")),
        Column(t("memory.seen"), "instant"), Column(t("memory.rss_mb"), "decimal"),
        Column(t("memory.uss_mb"), "decimal"), Column(t("memory.peak_mb"), "decimal"),
        Column(t("memory.growth_mb"), "decimal"), Column(t("jobs.state")),
    ]  # fmt: skip
    rows = [
        (
            service(t, one.service), str(one.process_id), one.host, one.seen_at, one.rss_bytes / MEGABYTE,
            one.uss_bytes / MEGABYTE if one.uss_bytes is not None else None, one.peak_bytes / MEGABYTE,
            one.growth_bytes / MEGABYTE, t(f"memory.level_{one.level}") if one.is_seen else t("memory.is_gone"),
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("memory.processes"), columns, rows)


def course_sheet(t: Translator, frame: Any) -> Sheet:
    columns = [
        Column(t("board.time"), "instant"), Column(t("memory.service")), Column(t("memory.rss_mb"), "decimal"),
        Column(t("memory.uss_mb"), "decimal"),
    ]  # fmt: skip
    rows = [
        (row.at.to_pydatetime(), service(t, row.service), row.rss_bytes / MEGABYTE, row.uss_bytes / MEGABYTE)
        for row in rows_of(frame)
    ]
    return rounded(t("memory.over_time"), columns, rows)


def events_sheet(t: Translator, found: "Sequence[MemoryEvent]") -> Sheet:
    """One row an event, the newest first."""
    columns = [
        Column(t("board.time"), "instant"), Column(t("memory.service")), Column(t("memory.was")),
        Column(t("memory.became")), Column(t("memory.share"), "percent"), Column(t("memory.rss_mb"), "decimal"),
        Column(t("memory.given_mb"), "decimal"),
    ]  # fmt: skip
    rows = [
        (
            one.at, service(t, one.service), t(f"memory.level_{one.before}"), t(f"memory.level_{one.level}"),
            one.used_ratio, one.rss_bytes / MEGABYTE,
            one.given_back_bytes / MEGABYTE if one.given_back_bytes is not None else None,
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("memory.events"), columns, rows)
