"""Texts to typed columns, whole columns at a time; what does not parse becomes an error by row and field."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from sources.imports.columns import fold
from sources.imports.fields import Field, Kind
from sources.imports.report import RowError

Mask = np.ndarray
TIME = r"(?:[ T](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
OFFSET = r"\s*(?P<offset>Z|[+-]\d{2}:?\d{2})?"
DATE_PATTERNS = (
    r"^(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + TIME + OFFSET + "$",
    r"^(?P<day>\d{1,2})[./](?P<month>\d{1,2})[./](?P<year>\d{4})" + TIME + OFFSET + "$",
)
YEARS = (2000, 2100)
NUMBER = r"^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3})+)(?:[.,]\d+)?$"
AMBIGUOUS = r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$"
SCIENTIFIC = r"^[+-]?\d+(?:\.\d+)?[eE][+-]?\d+$"
MAX_MONEY = 9_999_999_999
CENT = Decimal("0.01")
TRUE = {"1", "true", "evet", "yes", "e", "y", "x", "aktif", "active"}
FALSE = {"0", "false", "hayir", "no", "h", "n", "pasif", "passive"}


@dataclass
class Parsed:
    """One parsed column: values (missing where refused) and the positions refused, by rule."""

    values: pd.Series
    refused: dict[str, Mask]


def parse_frame(texts: pd.DataFrame, columns: dict[str, str], kind: Kind, time_zone: str) -> Any:
    """(frame of typed fields indexed by file row, errors). Instants are UTC, dates are days without time."""
    typed: dict[str, pd.Series] = {}
    errors: list[RowError] = []
    for field in kind.fields:
        if field.name not in columns:
            continue
        text = texts[columns[field.name]]
        parsed = _parse_column(text, field, time_zone)
        blank = text.isna().to_numpy()
        if field.required and blank.any():
            parsed.refused = {"required": blank, **parsed.refused}
        errors += _errors(text, field, parsed.refused)
        values = parsed.values
        typed[field.name] = (
            values if field.default is None else values.where(~pd.Series(blank, values.index), field.default)
        )
    return pd.DataFrame(typed, index=texts.index), errors


def _parse_column(text: pd.Series, field: Field, time_zone: str) -> Parsed:
    """Each distinct text is parsed once."""
    codes, distinct = pd.factorize(text, use_na_sentinel=True)
    parsed = _parser(field, time_zone)(pd.Series(distinct, dtype="str"))
    values = parsed.values.take(np.where(codes < 0, 0, codes)) if len(distinct) else parsed.values.reindex(codes)
    values.index = text.index
    values = values.where(pd.Series(codes >= 0, text.index))
    refused = {
        rule: (codes >= 0) & mask[np.where(codes < 0, 0, codes)] for rule, mask in parsed.refused.items() if mask.any()
    }
    return Parsed(values, refused)


def _parser(field: Field, time_zone: str) -> Callable[[pd.Series], Parsed]:
    parsers: dict[str, Callable[[pd.Series], Parsed]] = {
        "text": partial(_text, field=field),
        "integer": partial(_integer, field=field),
        "decimal": partial(_decimal, field=field),
        "number": _number,
        "date": _date,
        "instant": partial(_instant, time_zone=time_zone),
        "choice": partial(_choice, field=field),
        "boolean": _boolean,
    }
    return parsers[field.type]


def _errors(text: pd.Series, field: Field, refused: dict[str, Mask]) -> list[RowError]:
    found: list[RowError] = []
    seen = np.zeros(len(text), dtype=bool)
    for rule, mask in refused.items():
        positions = np.flatnonzero(mask & ~seen)
        seen |= mask
        params = _params(field, rule)
        found += [
            RowError(
                int(text.index[at]), field.name, "" if pd.isna(text.iloc[at]) else text.iloc[at][:200], rule, params
            )
            for at in positions.tolist()
        ]
    return found


def _params(field: Field, rule: str) -> dict[str, Any]:
    params: dict[str, dict[str, Any]] = {
        "too_small": {"minimum": field.minimum},
        "too_large": {"maximum": field.maximum if field.maximum is not None else MAX_MONEY},
        "too_long": {"maximum": field.max_length},
        "unknown_value": {"known": ", ".join(field.choices)},
        "unknown_visit_type": {"known": ", ".join(field.choices)},
        "date_out_of_range": {"first": str(YEARS[0]), "last": str(YEARS[1])},
    }
    return params.get(rule, {})


def _text(distinct: pd.Series, field: Field) -> Parsed:
    too_long = (distinct.str.len() > field.max_length).to_numpy(dtype=bool)
    control = distinct.str.contains(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", regex=True).to_numpy(dtype=bool)
    refused = {"too_long": too_long, "unreadable_text": control}
    return Parsed(distinct.astype(object).where(~(too_long | control)), refused)


def _plain_numbers(distinct: pd.Series) -> tuple[pd.Series, dict[str, Mask]]:
    """Numbers as '-1234.5': the last separator is the decimal one unless it repeats; '1.234' alone is refused."""
    compact = distinct.str.replace(r"[\s\u00a0]", "", regex=True)
    valid = compact.str.match(NUMBER).to_numpy(dtype=bool)
    ambiguous = compact.str.match(AMBIGUOUS).to_numpy(dtype=bool)
    repeated = ((compact.str.count(r"\.") > 1) & ~compact.str.contains(",")) | (
        (compact.str.count(",") > 1) & ~compact.str.contains(".", regex=False)
    )
    last_is_comma = compact.str.rfind(",") > compact.str.rfind(".")
    comma = compact.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    point = compact.str.replace(",", "", regex=False)
    grouped = compact.str.replace(r"[.,]", "", regex=True)
    plain = point.mask(last_is_comma, comma).mask(repeated, grouped)
    return plain.where(valid & ~ambiguous), {"not_a_number": ~valid, "ambiguous_number": ambiguous}


def _bounded(numbers: pd.Series, field: Field, refused: dict[str, Mask], maximum: int) -> dict[str, Mask]:
    top = field.maximum if field.maximum is not None else maximum
    too_large = (numbers > top).to_numpy(dtype=bool)
    too_small = (
        (numbers < field.minimum).to_numpy(dtype=bool) if field.minimum is not None else np.zeros(len(numbers), bool)
    )
    return {**refused, "too_small": too_small, "too_large": too_large}


def _integer(distinct: pd.Series, field: Field) -> Parsed:
    plain, refused = _plain_numbers(distinct)
    numbers = pd.to_numeric(plain, errors="coerce").astype("float64")
    refused["not_a_whole_number"] = np.isfinite(numbers.to_numpy()) & ((numbers % 1) != 0).to_numpy()
    refused = _bounded(numbers, field, refused, 2**53)
    bad = np.logical_or.reduce(list(refused.values()))
    return Parsed(numbers.where(~bad).astype("Int64"), refused)


def _decimal(distinct: pd.Series, field: Field) -> Parsed:
    plain, refused = _plain_numbers(distinct)
    refused = _bounded(pd.to_numeric(plain, errors="coerce").astype("float64"), field, refused, MAX_MONEY)
    bad = np.logical_or.reduce(list(refused.values()))
    cents = [
        None if wrong else Decimal(value).quantize(CENT, ROUND_HALF_UP) for value, wrong in zip(plain, bad, strict=True)
    ]
    return Parsed(pd.Series(cents, dtype=object), refused)


def _number(distinct: pd.Series) -> Parsed:
    """Any finite number, with its full precision; scientific notation has one meaning only."""
    plain, refused = _plain_numbers(distinct)
    scientific = distinct.str.match(SCIENTIFIC).to_numpy(dtype=bool)
    values = pd.to_numeric(plain.mask(scientific, distinct), errors="coerce").astype("float64")
    refused["not_a_number"] = ~np.isfinite(values.to_numpy(dtype=float)) & ~refused["ambiguous_number"]
    return Parsed(values.where(np.isfinite(values)), refused)


def _date_parts(distinct: pd.Series) -> pd.DataFrame:
    first, second = (distinct.str.extract(pattern) for pattern in DATE_PATTERNS)
    return first.combine_first(second)


def _wall_time(parts: pd.DataFrame) -> tuple[pd.Series, dict[str, Mask]]:
    """The local date and time as written, without a zone."""
    units = {name: pd.to_numeric(parts[name], errors="coerce") for name in ("year", "month", "day")}
    for name in ("hour", "minute", "second"):
        units[name] = pd.to_numeric(parts[name], errors="coerce").fillna(0)
    wall = pd.to_datetime(pd.DataFrame(units), errors="coerce").astype("datetime64[us]")
    fraction = pd.to_numeric(parts["fraction"].str.ljust(9, "0").str[:6], errors="coerce").fillna(0)
    wall = wall + pd.to_timedelta(fraction, unit="us")
    valid_day = wall.notna() & (units["hour"] < 24) & (units["minute"] < 60) & (units["second"] < 60)
    out_of_range = (~units["year"].between(*YEARS) & units["year"].notna()).to_numpy(dtype=bool)
    wrong = (~valid_day).to_numpy(dtype=bool) & ~out_of_range
    return wall.where(~(wrong | out_of_range)), {"not_a_date": wrong, "date_out_of_range": out_of_range}


def _date(distinct: pd.Series) -> Parsed:
    parts = _date_parts(distinct)
    wall, refused = _wall_time(parts)
    with_time = ((wall != wall.dt.normalize()) & wall.notna()).to_numpy(dtype=bool) | parts["offset"].notna().to_numpy()
    refused["date_with_time"] = with_time & ~refused["not_a_date"]
    return Parsed(wall.where(~with_time), refused)


def _instant(distinct: pd.Series, time_zone: str) -> Parsed:
    """Local time of the hotel unless the text says its offset; an hour that occurs twice or never is refused."""
    parts = _date_parts(distinct)
    wall, refused = _wall_time(parts)
    missing = np.zeros(len(wall), dtype=bool)
    gap = wall.dt.tz_localize(time_zone, nonexistent="NaT", ambiguous=missing)
    twice = wall.dt.tz_localize(time_zone, nonexistent="shift_forward", ambiguous="NaT")
    offset = parts["offset"].notna()
    local = (wall.notna() & ~offset).to_numpy(dtype=bool)
    refused["nonexistent_time"] = local & gap.isna().to_numpy()
    refused["ambiguous_time"] = local & twice.isna().to_numpy()
    sign = np.where(parts["offset"].str.startswith("-", na=False), -1, 1)
    digits = parts["offset"].str.replace(r"[Z:+-]", "", regex=True).replace("", "0000").fillna("0000")
    minutes = pd.to_numeric(digits.str[:2]) * 60 + pd.to_numeric(digits.str[2:])
    given = (wall - pd.to_timedelta(sign * minutes, unit="min")).dt.tz_localize("UTC")
    instants = twice.dt.tz_convert("UTC").mask(offset, given)
    bad = np.logical_or.reduce(list(refused.values()))
    return Parsed(instants.where(~bad).astype("datetime64[us, UTC]"), refused)


def _choice(distinct: pd.Series, field: Field) -> Parsed:
    known = {fold(name): canonical for canonical, names in field.choices.items() for name in (canonical, *names)}
    values = distinct.map(lambda text: known.get(fold(text)), na_action="ignore").astype(object)
    rule = "unknown_visit_type" if field.name == "visit_type" else "unknown_value"
    return Parsed(values, {rule: values.isna().to_numpy()})


def _boolean(distinct: pd.Series) -> Parsed:
    folded = distinct.map(fold)
    known: dict[str, bool] = {**dict.fromkeys(TRUE, True), **dict.fromkeys(FALSE, False)}
    values = folded.map(known.get).astype(object)
    return Parsed(values, {"not_yes_or_no": values.isna().to_numpy()})
