"""Thresholds then and now: what is in force by metric type, and versions that the history lacks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from core.errors import AppError
from operations.backups.parts.reading import HotelSide
from operations.backups.parts.shapes import Change, Said
from pipeline.detection.thresholds.settings import (
    DEFAULT_RULE,
    HOTEL_WIDE,
    ID_DIMENSIONS,
    DetectionSettings,
    as_json,
    parse_segment,
    segment_key,
    validate,
)
from pipeline.metrics.registry import METRIC_TYPES

Row = Mapping[str, Any]
Read = Callable[[int, str, Mapping[str, Any] | None], DetectionSettings]  # ``ThresholdService.read``


def compare(now: HotelSide, then: HotelSide, read: Read) -> Iterator[Change]:
    """By metric type; parameters are compared and put back, but never told: they stand encrypted."""
    here, there = _active(now), _active(then)
    ids = now.ids()
    for metric_type in sorted({*here, *there}):
        new, old = here.get(metric_type), there.get(metric_type)
        what = named(metric_type, new, old)
        try:
            wanted = None if old is None else _translated(old["parameters"], metric_type, then, ids)
            is_same = is_in_force(now.hotel.id, metric_type, wanted, new, read)
        except AppError as error:
            reason = Said(error.message_id, error.params)
            yield Change("thresholds", "impossible", now.hotel.id, now.hotel.name, what, reason=reason)
            continue
        if not is_same:
            done = "added" if new is None else "removed" if old is None else "changed"
            yield Change("thresholds", done, now.hotel.id, now.hotel.name, what, {"parameters": wanted})
    known = {(row["metric_type"], row["version"]) for row in now.thresholds}
    for row in reversed(then.thresholds):
        if (row["metric_type"], row["version"]) not in known:
            yield _of_history(now, then, row, ids)


def _of_history(now: HotelSide, then: HotelSide, row: Row, ids: Mapping[tuple[str, str], int]) -> Change:
    """A version to go back to is about what it was about, whatever ids that has now."""
    what = named(row["metric_type"], None, row)
    try:
        parameters = _translated(row["parameters"], row["metric_type"], then, ids)
    except AppError as error:
        reason = Said(error.message_id, error.params)
        return Change("thresholds", "impossible", now.hotel.id, now.hotel.name, what, reason=reason)
    return Change("thresholds", "history", now.hotel.id, now.hotel.name, what, _kept(row) | {"parameters": parameters})


def is_in_force(hotel_id: int, metric_type: str, wanted: Mapping[str, Any] | None, new: Row | None, read: Read) -> bool:
    """Whether what is wanted is in force; raises what refuses it."""
    if metric_type != HOTEL_WIDE and metric_type not in METRIC_TYPES:
        raise AppError("unknown_metric_type", params={"metric_type": metric_type, "known": ", ".join(METRIC_TYPES)})
    asked = validate(read(hotel_id, metric_type, wanted))
    return _plain(asked) == _plain(read(hotel_id, metric_type, new["parameters"] if new else None))


def named(metric_type: str, new: Row | None, old: Row | None) -> dict[str, Any]:
    """Versions by their number, and who wrote the one in the backup when; 0: the defaults."""
    return {
        "metric_type": metric_type, "now": new["version"] if new else 0, "then": old["version"] if old else 0,
        "by": old["created_by"] if old else None, "at": old["created_at"].isoformat() if old else None,
    }  # fmt: skip


def _kept(row: Row) -> dict[str, Any]:
    """A version of the history, as it was written."""
    names = ("metric_type", "version", "parameters", "source", "reason", "trace", "created_by", "created_at")
    return {name: row[name] for name in names}


def _active(side: HotelSide) -> dict[str, Row]:
    return {row["metric_type"]: row for row in side.thresholds if row["is_active"]}


def _plain(settings: DetectionSettings) -> dict[str, Any]:
    """What is in force: a rule that says what there is without it says nothing."""
    families = {name: rule for name, rule in settings.families.items() if rule != DEFAULT_RULE}
    segments = {key: extra for key, extra in settings.segments.items() if extra != 0.0}
    return as_json(replace(settings, families=families, segments=segments))


def _translated(
    parameters: Mapping[str, Any], metric_type: str, then: HotelSide, ids: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    """The parameters with the present ids of what their segments are about; raises ``parts_segment_gone``."""
    segments = parameters.get("segments")
    if not segments:
        return dict(parameters)
    found = {}
    for key, extra in segments.items():
        family, dimensions = parse_segment(key)
        moved = {
            name: _moved(name, value, metric_type, then, ids) if name in ID_DIMENSIONS else value
            for name, value in dimensions.items()
        }
        found[segment_key(family, **moved)] = extra
    return {**parameters, "segments": found}


def _moved(
    dimension: str, value: str, metric_type: str, then: HotelSide, ids: Mapping[tuple[str, str], int]
) -> int:  # fmt: skip
    kind = METRIC_TYPES[metric_type].entity_type if dimension == "entity" and metric_type in METRIC_TYPES else dimension
    name = then.names.get((kind, int(value)))
    if name is None or (kind, name) not in ids:
        raise AppError("parts_segment_gone", 409, params={"segment": name or f"{kind} {value}"})
    return ids[kind, name]
