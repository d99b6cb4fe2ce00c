"""The archive in words, and the tables of its page."""

from typing import TYPE_CHECKING

from core.i18n import UNKNOWN, Translator
from operations.archive.words import entity
from pages.shell.consumption_tables import rounded, rows_of
from pages.shell.quality_words import metric
from reports.excel import Column, Sheet

if TYPE_CHECKING:
    from operations.archive.service import ArchiveOverview
    from pipeline.metrics.archive.service import DaySeries


def months_sheet(t: Translator, found: "ArchiveOverview") -> Sheet:
    """One row a month."""
    columns = [
        Column(t("archive.month")), Column(t("archive.days"), "whole"), Column(t("archive.rows"), "whole"),
        Column(t("archive.size_mb"), "decimal"), Column(t("archive.ratio"), "decimal"),
        Column(t("archive.verified_at"), "instant"), Column(t("archive.broken_files"), "whole"),
        Column(t("archive.files"), "whole"),
    ]  # fmt: skip
    rows = [
        (
            one.month.strftime("%Y-%m"), one.days, one.rows, one.size_mb, one.ratio, one.verified_at,
            one.faults, one.files,
        )
        for one in found.months
    ]  # fmt: skip
    return rounded(t("archive.months"), columns, rows)


def findings_sheet(t: Translator, found: "ArchiveOverview") -> Sheet:
    """One row a finding: what is wrong, of whom, when, and what stands there now."""
    columns = [
        Column(t("archive.entity")), Column(t("archive.fault")), Column(t("archive.metric")),
        Column(t("board.time"), "instant"), Column(t("archive.value"), "decimal"), Column(t("archive.place")),
        Column(t("archive.found_at"), "instant"),
    ]  # fmt: skip
    rows = [
        (
            entity(t, one), t(f"archive.fault_{one.fault}"), metric(t, one.metric_type) if one.metric_type else UNKNOWN,
            one.timestamp, one.metric_value, one.path or t("archive.in_database"), one.found_at,
        )
        for one in found.findings
    ]  # fmt: skip
    return rounded(t("archive.findings"), columns, rows)


def days_sheet(t: Translator, shown: "DaySeries") -> Sheet:
    columns = [
        Column(t("consumption.day"), "date"), Column(t("archive.value"), "decimal"),
        Column(t("archive.expected"), "decimal"), Column(t("archive.place")),
    ]  # fmt: skip
    rows = [
        (row.day.date(), row.value, row.expected, t("archive.in_archive" if row.is_archived else "archive.in_database"))
        for row in rows_of(shown.days)
    ]
    return rounded(t("archive.history"), columns, rows)
