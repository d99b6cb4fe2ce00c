"""Verdicts then and now: alerts are the same by what they are about and when they were raised, not by their ids."""

from collections.abc import Iterator, Mapping
from typing import Any

from operations.backups.parts.reading import HotelSide, Names
from operations.backups.parts.shapes import Change, Said

VERDICT = ("verdict", "verdict_by", "verdict_at", "verdict_note")
Key = tuple[str, str, str, str]  # type of the alert, kind and name of the entity, when it was raised
Row = Mapping[str, Any]


def compare(now: HotelSide, then: HotelSide) -> Iterator[Change]:
    """In the order in which the alerts were raised."""
    here, there = _by_key(now), _by_key(then)
    for key, rows in there.items():
        old = rows[0]
        if len(rows) > 1 or len(here.get(key, ())) > 1:
            if any(row["verdict"] is not None for row in rows):
                yield _impossible(now, key, old, "parts.alert_ambiguous")
            continue
        new = here[key][0] if key in here else None
        if new is None:
            if old["verdict"] is not None:
                yield _impossible(now, key, old, "parts.alert_gone")
        elif any(new[name] != old[name] for name in VERDICT):
            then_row = {name: old[name] for name in VERDICT} | {"id": new["id"]}
            what = _what(key, old) | {"alert_id": new["id"], "now": new["verdict"]}
            yield Change("verdicts", _action(new, old), now.hotel.id, now.hotel.name, what, then_row)


def undone(row: Row, names: Names, hotel_id: int, hotel: str, reason: Said | None) -> Change:
    """One verdict that was put back, without it; ``reason``: why it stays. ``then``: what it was before."""
    what = _what(_key(row, names), row["before"]) | {"alert_id": row["id"], "now": row["verdict"]}
    action = "impossible" if reason else _action(row, row["before"])
    return Change("verdicts", action, hotel_id, hotel, what, dict(row["before"]), reason)


def newer(now: HotelSide, then: HotelSide) -> int:
    """Verdicts on alerts of which the backup knows nothing."""
    there = _by_key(then)
    return sum(rows[0]["verdict"] is not None for key, rows in _by_key(now).items() if key not in there)


def _action(new: Row, old: Row) -> str:
    if new["verdict"] is None:
        return "added"
    return "removed" if old["verdict"] is None else "changed"


def _impossible(now: HotelSide, key: Key, old: Row, reason: str) -> Change:
    return Change("verdicts", "impossible", now.hotel.id, now.hotel.name, _what(key, old), reason=Said(reason))


def _what(key: Key, old: Row) -> dict[str, Any]:
    alert_type, kind, name, raised_at = key
    return {
        "alert_type": alert_type, "entity_type": kind, "entity": name, "raised_at": raised_at, "alert_id": None,
        "now": None, "then": old["verdict"], "by": old["verdict_by"],
    }  # fmt: skip


def _by_key(side: HotelSide) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = {}
    for row in side.judged:
        found.setdefault(_key(row, side.names), []).append(row)
    return found


def _key(row: Row, names: Names) -> Key:
    kind, entity_id = str(row["entity_type"]), int(row["entity_id"])
    return (row["alert_type"], kind, names.get((kind, entity_id), f"#{entity_id}"), row["raised_at"].isoformat())
