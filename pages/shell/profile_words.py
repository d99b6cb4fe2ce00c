"""Profiles in words, and the tables of their page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.i18n import UNKNOWN, Translator
from operations.profiler import usage
from pages.shell.consumption_tables import rounded
from pages.shell.redis_words import megabytes
from reports.excel import Column, Sheet

if TYPE_CHECKING:
    from operations.profiler.allocations import GrownLine
    from operations.profiler.report import Function, FunctionChange
    from operations.profiler.service import ProfileRow

KILOBYTE = 1024


def target(t: Translator, row: "ProfileRow") -> str:
    """What was measured."""
    return t(f"job.{row.job_name}") if row.job_name else t(f"profiler.target_{row.target}")


def title(t: Translator, row: "ProfileRow") -> str:
    """'API · time · Mon 18 Nov 08:02'."""
    return f"{target(t, row)} · {t(f'profiler.kind_{row.kind}')} · {t.instant(row.requested_at)}"


def state(t: Translator, row: "ProfileRow") -> str:
    if row.state == "failed":
        return t(f"profiler.error_{row.error_code}")
    return t(f"profiler.state_{row.state}")


def functions_sheet(t: Translator, found: "Sequence[Function]") -> Sheet:
    """One row a function, the hottest first."""
    columns = [
        Column(t("profiler.function")), Column(t("profiler.share"), "percent"), Column(t("profiler.self"), "decimal"),
        Column(t("profiler.total"), "decimal"), Column(t("profiler.calls"), "whole"), Column(t("profiler.place")),
    ]  # fmt: skip
    rows = [
        (
            one.name, one.self_ratio, one.self_seconds, one.total_seconds, one.calls,
            f"{one.file}:{one.line}",
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("profiler.hottest"), columns, rows)


def lines_sheet(t: Translator, found: "Sequence[GrownLine]") -> Sheet:
    """One row a line of code, suspects first."""
    columns = [
        Column(t("profiler.place")), Column(t("profiler.suspect")), Column(t("profiler.grown"), "decimal"),
        Column(t("profiler.blocks"), "whole"), Column(t("profiler.first_half"), "decimal"),
        Column(t("profiler.second_half"), "decimal"), Column(t("profiler.holds"), "decimal"),
    ]  # fmt: skip
    rows = [
        (
            f"{one.file}:{one.line}", t("profiler.is_suspect") if one.is_suspect else None,
            one.grown_bytes / KILOBYTE, one.grown_blocks, one.first_bytes / KILOBYTE, one.second_bytes / KILOBYTE,
            one.bytes / KILOBYTE,
        )
        for one in found
    ]  # fmt: skip
    return rounded(t("profiler.lines"), columns, rows)


def changes_sheet(t: Translator, found: "Sequence[FunctionChange]") -> Sheet:
    """One row a function, the largest change first."""
    columns = [
        Column(t("profiler.function")), Column(t("profiler.share_before"), "percent"),
        Column(t("profiler.share_after"), "percent"), Column(t("profiler.file")),
    ]  # fmt: skip
    rows = [(one.name, one.before_ratio, one.after_ratio, one.file) for one in found]
    return rounded(t("profiler.comparison"), columns, rows)


def profiles_sheet(t: Translator, found: "Sequence[ProfileRow]") -> Sheet:
    """One row a profile, the newest first."""
    columns = [
        Column(t("board.time"), "instant"), Column(t("profiler.target")), Column(t("profiler.kind")),
        Column(t("profiler.length"), "whole"), Column(t("jobs.state")), Column(t("profiler.by")),
    ]  # fmt: skip
    rows = [
        (
            row.requested_at, target(t, row), t(f"profiler.kind_{row.kind}"), row.seconds, state(t, row),
            row.requested_by,
        )
        for row in found
    ]  # fmt: skip
    return rounded(t("profiler.kept"), columns, rows)


def about(t: Translator, row: "ProfileRow", elapsed: float | None) -> str:
    """How long, what it cost, and which process it was."""
    overhead = UNKNOWN if row.overhead_ratio is None else t.percent(row.overhead_ratio, 1)
    seconds = UNKNOWN if elapsed is None else t.number(elapsed, 1)
    return t("profiler.about", seconds=seconds, overhead=overhead, process=str(row.process_id or UNKNOWN),
             host=row.host or UNKNOWN, version=row.version or UNKNOWN)  # fmt: skip


def used(t: Translator, row: "ProfileRow") -> tuple[str, str, str]:
    """Processor, memory, and bytes read and written, as last seen; dashes before the first look."""
    found = usage.used(row.usage or ())
    if found is None:
        return UNKNOWN, UNKNOWN, UNKNOWN
    disk = UNKNOWN
    if found.read_bytes is not None and found.written_bytes is not None:
        disk = f"{megabytes(t, found.read_bytes)} / {megabytes(t, found.written_bytes)}"
    return t.percent(found.cpu_ratio), megabytes(t, found.rss_bytes), disk
