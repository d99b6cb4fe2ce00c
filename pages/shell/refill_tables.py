"""Tables of the page Refill times, shown and downloaded alike; too few refills are told, not compared."""

from typing import Any

from core.i18n import Translator
from pages.shell.consumption_tables import rounded, rows_of
from reports.excel import Column, Sheet
from reports.refill_times import RefillTimes


def trend_sheet(t: Translator, frame: Any) -> Sheet:
    """The mean refill time by step, and what was expected; ``frame``: of ``RefillTimes.trend``."""
    columns = [
        Column(t("consumption.from"), "date"), Column(t("consumption.until"), "date"),
        Column(t("refills.refills"), "whole"), Column(t("refills.mean_of"), "decimal"),
        Column(t("refills.expected_of"), "decimal"),
    ]  # fmt: skip
    rows = [(row.day.date(), row.last_on.date(), row.refills, row.mean, row.expected) for row in rows_of(frame)]
    return rounded(t("refills.trend"), columns, rows)


def attendants_sheet(t: Translator, found: RefillTimes) -> Sheet:
    """Attendants by name; the comparison is with the others at the same load."""
    compared = [
        Column(t("refills.same_load_of"), "decimal"), Column(t("refills.beside_others"), "percent"),
        Column(t("refills.note")),
    ]  # fmt: skip
    columns = [Column(t("refills.attendant")), *_range(t), *compared, *_rates(t)]
    rows = [
        (row.name, *_range_of(row), row.expected, row.deviation_ratio, _note(t, row), *_rates_of(row))
        for row in rows_of(found.attendants)
    ]
    return rounded(t("refills.attendants"), columns, rows)


def floors_sheet(t: Translator, found: RefillTimes) -> Sheet:
    """Floors in their order."""
    columns = [Column(t("consumption.floor")), *_range(t), *_rates(t), Column(t("refills.note"))]
    rows = [(row.name, *_range_of(row), *_rates_of(row), _note(t, row)) for row in rows_of(found.floors)]
    return rounded(t("refills.floors"), columns, rows)


def rooms_sheet(t: Translator, found: RefillTimes) -> Sheet:
    """Classes of how many rooms an attendant refilled on one day."""
    columns = [
        Column(t("refills.rooms_a_day")), Column(t("refills.attendant_days"), "whole"), *_range(t), *_rates(t),
        Column(t("refills.note")),
    ]  # fmt: skip
    rows = [
        (row.name, row.attendant_days, *_range_of(row), *_rates_of(row), _note(t, row)) for row in rows_of(found.rooms)
    ]
    return rounded(t("refills.rooms"), columns, rows)


def _range(t: Translator) -> list[Column]:
    return [
        Column(t("refills.refills"), "whole"), Column(t("refills.median_of"), "decimal"),
        Column(t("refills.low_of"), "decimal"), Column(t("refills.high_of"), "decimal"),
    ]  # fmt: skip


def _range_of(row: Any) -> tuple[Any, ...]:
    return row.refills, row.median, row.low, row.high


def _rates(t: Translator) -> list[Column]:
    return [
        Column(t("refills.units_a_refill"), "decimal"), Column(t("refills.minutes_a_unit"), "decimal"),
        Column(t("refills.mean_of"), "decimal"),
    ]  # fmt: skip


def _rates_of(row: Any) -> tuple[Any, ...]:
    return row.units_per_refill, row.minutes_per_unit, row.mean


def _note(t: Translator, row: Any) -> str | None:
    return t("refills.too_few") if row.is_few else None
