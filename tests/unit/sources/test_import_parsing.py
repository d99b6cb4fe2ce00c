"""Texts of files to typed values: Turkish and English numbers, dates, local times; refusals by rule."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from core.i18n import LANGUAGES, Translator
from sources.imports.bookings import BOOKINGS, shares
from sources.imports.columns import fold
from sources.imports.fields import KINDS, Field, Kind
from sources.imports.loading import REFERENCE_RULES, floor_of_room
from sources.imports.parsing import parse_frame

ZONE = "Europe/Lisbon"


def parse(kind: str, value: str | None, **options: Any) -> Any:
    """The value of one cell, or the rule that refused it."""
    field = Field("x", kind, **options)  # type: ignore[arg-type]
    frame, errors = parse_frame(pd.DataFrame({"x": [value]}, dtype="str"), {"x": "x"}, Kind("t", (field,)), ZONE)
    return errors[0].code if errors else frame["x"].iloc[0]


@pytest.mark.parametrize(
    ("written", "value"),
    [("5", 5), ("+5", 5), ("-3", -3), ("12,0", 12), ("1.234.567", 1234567), ("12.345,0", 12345), (" 7 ", 7)],
)  # fmt: skip
def test_whole_numbers_are_read_in_both_notations(written: str, value: int) -> None:
    assert parse("integer", written) == value


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("1.234", "ambiguous_number"), ("1,234", "ambiguous_number"), ("1,5", "not_a_whole_number"),
        ("beş", "not_a_number"), ("=1+1", "not_a_number"), ("1e5", "not_a_number"), ("0x1F", "not_a_number"),
        ("NaN", "not_a_number"), ("inf", "not_a_number"), ("11", "too_large"), ("9" * 400, "too_large"),
        ("-1", "too_small"),
    ],
)  # fmt: skip
def test_what_is_no_whole_number_in_bounds_is_refused(written: str, rule: str) -> None:
    assert parse("integer", written, minimum=0, maximum=10) == rule


@pytest.mark.parametrize(
    ("written", "value"),
    [("1.234,50", "1234.50"), ("1,234.5", "1234.50"), ("12,5", "12.50"), ("0.125", "0.13"), ("1 250,00", "1250.00")],
)
def test_money_is_read_in_both_notations(written: str, value: str) -> None:
    assert parse("decimal", written, minimum=0) == Decimal(value)


@pytest.mark.parametrize(("written", "rule"), [("1.234", "ambiguous_number"), ("10000000000", "too_large")])
def test_ambiguous_or_huge_money_is_refused(written: str, rule: str) -> None:
    assert parse("decimal", written, minimum=0) == rule


@pytest.mark.parametrize("written", ["05.03.2026", "5/3/2026", "2026-03-05", "2026-03-05 00:00:00", "2026-3-5"])
def test_days_are_read_day_first_or_iso(written: str) -> None:
    assert parse("date", written) == pd.Timestamp("2026-03-05")


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("31.02.2026", "not_a_date"), ("03/15/2026", "not_a_date"), ("yarın", "not_a_date"), ("45000", "not_a_date"),
        ("05.03.1926", "date_out_of_range"), ("05.03.2026 10:00", "date_with_time"),
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused(written: str, rule: str) -> None:
    assert parse("date", written) == rule


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("05.07.2026 10:15", datetime(2026, 7, 5, 9, 15, tzinfo=UTC)),
        ("2026-01-05T10:15:30.5", datetime(2026, 1, 5, 10, 15, 30, 500000, tzinfo=UTC)),
        ("2026-07-05T10:15Z", datetime(2026, 7, 5, 10, 15, tzinfo=UTC)),
        ("2026-07-05 10:15 +0300", datetime(2026, 7, 5, 7, 15, tzinfo=UTC)),
        ("2025-10-26 01:30+01:00", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        ("2025-10-26 01:30+00:00", datetime(2025, 10, 26, 1, 30, tzinfo=UTC)),
    ],
)
def test_local_times_become_utc_and_an_offset_wins(written: str, utc: datetime) -> None:
    assert parse("instant", written) == pd.Timestamp(utc)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("2025-10-26 01:30", "ambiguous_time"), ("2025-03-30 01:30", "nonexistent_time"),
        ("2026-03-05 25:00", "not_a_date"), ("2026-03-05 10:61", "not_a_date"),
    ],
)  # fmt: skip
def test_hours_that_happened_twice_or_never_are_refused(written: str, rule: str) -> None:
    assert parse("instant", written) == rule


def test_choices_are_known_by_turkish_and_english_names() -> None:
    choices = {"giris": ("giriş", "in"), "cikis": ("çıkış", "out")}
    found = [parse("choice", text, choices=choices) for text in ("GİRİŞ", "Giris", "ÇIKIŞ", "Out", "hediye")]
    assert found == ["giris", "giris", "cikis", "cikis", "unknown_value"]


def test_yes_and_no_are_read_in_both_languages() -> None:
    found = [parse("boolean", text) for text in ("Evet", "HAYIR", "true", "0", "belki")]
    assert found == [True, False, True, False, "not_yes_or_no"]


def test_text_keeps_what_is_written_and_refuses_what_no_database_stores() -> None:
    assert parse("text", "'; DROP TABLE x; --") == "'; DROP TABLE x; --"
    assert parse("text", "a\x00b") == "unreadable_text"
    assert parse("text", "abc", max_length=2) == "too_long"


def test_a_blank_is_an_error_only_where_a_value_is_required() -> None:
    assert parse("integer", None, required=True) == "required"
    assert pd.isna(parse("integer", None))
    assert parse("integer", None, default=7) == 7


def test_headings_are_compared_without_case_accents_and_punctuation() -> None:
    assert len({fold(text) for text in ("Giriş Tarihi", "GİRİŞ_TARİHİ", "giris-tarihi", "GIRIS TARIHI")}) == 1
    assert fold("Çıkış") != fold("Giriş")


@pytest.mark.parametrize(("number", "floor"), [("101", 1), ("1204", 12), ("B-7", 0), ("Bahçe", 0), ("9" * 30, 0)])
def test_the_floor_is_read_from_the_room_number(number: str, floor: int) -> None:
    assert floor_of_room(number) == floor


def test_rooms_are_shared_in_proportion_and_nobody_is_left_without() -> None:
    found = shares(pd.Series({"A": 75, "B": 2, "C": 13, "D": 1}), 61)
    assert (found.sum(), found.min()) == (61, 1)
    assert found["A"] > found["C"] > found["B"]


RULES = {
    "required", "too_small", "too_large", "too_long", "unreadable_text", "unknown_value", "unknown_visit_type",
    "not_a_number", "not_a_whole_number", "ambiguous_number", "not_a_date", "date_out_of_range", "date_with_time",
    "nonexistent_time", "ambiguous_time", "not_yes_or_no", "wrong_column_count", "quantity_not_positive",
    "departure_not_after_arrival", "ends_before_start", "duplicate_in_file", "conflicting_visit", "stays_overlap",
    "stays_overlap_stored", "no_hotel", *REFERENCE_RULES.values(),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_field_and_kind_has_a_text(language: str) -> None:
    translator = Translator(language)
    names = {field.name for kind in (*KINDS.values(), BOOKINGS) for field in kind.fields}
    params = dict.fromkeys(
        ("field", "value", "minimum", "maximum", "known", "first", "last", "expected", "found", "other", "other_row",
         "room"), "1",
    )  # fmt: skip
    keys = {f"import.rule.{rule}" for rule in RULES} | {f"import.field.{name}" for name in names}
    keys |= {f"import.kind.{kind}" for kind in (*KINDS, "bookings", "older")}
    assert [key for key in sorted(keys) if translator(key, **params) == key] == []
