"""Rules over several fields or rows of a parsed file: order of times, signs, duplicates, overlapping stays."""

from dataclasses import replace
from typing import Any

import pandas as pd

from sources.imports.fields import Kind
from sources.imports.report import RowError
from sources.ledger import COUNT


def field_rules(kind: Kind, frame: pd.DataFrame) -> list[RowError]:
    """What parsing checks in files, for records that come typed: required fields and bounds."""
    errors: list[RowError] = []
    for field in kind.fields:
        if field.name not in frame:
            continue
        values = frame[field.name]
        if field.required:
            errors += _at(frame, values.isna(), field.name, "required")
        if field.required and field.choices:
            known = {"known": ", ".join(field.choices)}
            errors += _at(frame, values.notna() & ~values.isin(field.choices), field.name, "unknown_value", known)
        if field.minimum is not None and field.maximum is not None:
            errors += _at(frame, values < field.minimum, field.name, "too_small", {"minimum": field.minimum})
            errors += _at(frame, values > field.maximum, field.name, "too_large", {"maximum": field.maximum})
    return errors


def row_rules(kind: str, frame: pd.DataFrame) -> list[RowError]:
    """Errors inside single rows that no field shows alone."""
    if kind == "stays":
        return _order(frame, "arrival_on", "departure_on", "departure_not_after_arrival", strict=True)
    if kind == "checks" and "ended_at" in frame:
        return _order(frame, "started_at", "ended_at", "ends_before_start", strict=False)
    if kind == "requests":
        return [error for end in ("completed_at", "cancelled_at") for error in _answered(frame, end)]
    if kind == "movements":
        return _signs(frame)
    if kind == "visits" and "product" in frame:
        return _units_without_product(frame)
    return []


def _order(frame: pd.DataFrame, first: str, second: str, rule: str, *, strict: bool) -> list[RowError]:
    wrong = frame[second] <= frame[first] if strict else frame[second] < frame[first]
    return [
        replace(error, params={"other": shown(frame.at[error.row, first])}) for error in _at(frame, wrong, second, rule)
    ]


def _answered(frame: pd.DataFrame, end: str) -> list[RowError]:
    return _order(frame, "requested_at", end, "ends_before_start", strict=False) if end in frame else []


def _signs(frame: pd.DataFrame) -> list[RowError]:
    """A count may be zero, a transfer may come back; every other quantity is at least one."""
    free = frame["movement_type"].eq("transfer") & frame["quantity"].ne(0)
    counted = frame["movement_type"].eq(COUNT) & frame["quantity"].ge(0)
    return _at(frame, frame["quantity"].le(0) & ~free & ~counted, "quantity", "quantity_not_positive")


def _units_without_product(frame: pd.DataFrame) -> list[RowError]:
    units = sum(frame[name].fillna(0) for name in ("consumed_quantity", "refilled_quantity") if name in frame)
    return (
        _at(frame, frame["product"].isna() & (units > 0), "product", "required") if isinstance(units, pd.Series) else []
    )


def _at(
    frame: pd.DataFrame, wrong: pd.Series, field: str, rule: str, params: dict[str, Any] | None = None
) -> list[RowError]:
    rows = frame.index[wrong.fillna(False).to_numpy(dtype=bool)]
    return [RowError(int(row), field, shown(frame.at[row, field]), rule, params or {}) for row in rows]


def shown(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d" if value.tzinfo is None else "%Y-%m-%d %H:%M UTC")
    return str(value)


def duplicates(frame: pd.DataFrame, fields: list[str], field: str) -> list[RowError]:
    """Later rows that are the same record as an earlier one, each naming the earlier row."""
    again = frame.duplicated(fields, keep="first").to_numpy()
    if not again.any():
        return []
    first = frame.index.to_series().groupby([frame[name] for name in fields], sort=False, dropna=False).transform("min")
    return [
        RowError(int(row), field, shown(frame.at[row, field]), "duplicate_in_file", {"other_row": int(first[row])})
        for row in frame.index[again]
    ]


def conflicting_visits(frame: pd.DataFrame) -> list[RowError]:
    """Rows of one visit (same ``external_id``) that disagree on room, type, time or attendant."""
    header = [name for name in ("room", "visit_type", "occurred_at", "staff") if name in frame]
    first = frame.groupby("external_id", sort=False)[header].transform("first")
    number = frame.index.to_series().groupby(frame["external_id"], sort=False).transform("min")
    errors: list[RowError] = []
    for name in header:
        differs = (frame[name] != first[name]) & ~(frame[name].isna() & first[name].isna())
        rows = frame.index[differs.fillna(True).to_numpy(dtype=bool)]
        errors += [
            RowError(int(row), name, shown(frame.at[row, name]), "conflicting_visit", {"other_row": int(number[row])})
            for row in rows
        ]
    return errors


def overlapping_stays(frame: pd.DataFrame) -> list[RowError]:
    """Stays that begin before an earlier stay of the same room ended; half-open: a departure day is free again."""
    ordered = frame.dropna(subset=["room", "arrival_on", "departure_on"]).sort_values(
        ["room", "arrival_on"], kind="stable"
    )
    if ordered.empty:
        return []
    rooms = ordered["room"].to_numpy()
    latest = ordered.groupby("room")["departure_on"].cummax()
    rows = pd.Series(ordered.index, ordered.index, dtype="int64")
    # The stay that keeps the room longest so far, and until when, as the next stay of the room finds it.
    holder = rows.where(ordered["departure_on"] == latest).groupby(rooms).ffill().groupby(rooms).shift()
    until = latest.groupby(rooms).shift()
    clash = (ordered["arrival_on"] < until).to_numpy(dtype=bool)
    return [
        RowError(int(row), "arrival_on", shown(arrival), "stays_overlap", {"other_row": int(other), "room": str(room)})
        for row, arrival, other, room in zip(
            ordered.index[clash], ordered["arrival_on"][clash], holder[clash], rooms[clash], strict=True
        )
    ]
