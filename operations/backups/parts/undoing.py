"""Takes back what was put back of a backup, except where somebody decided otherwise since; the same told before."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from core.errors import AppError
from core.scope import Scope
from db.queries import backup_parts as parts
from db.queries import configuration as versions
from db.queries import incidents, premises
from db.queries import thresholds as queries
from db.queries.backup_parts import PartsRow
from operations.backups.parts import configuration, thresholds, verdicts
from operations.backups.parts.applying import Owners
from operations.backups.parts.reading import Side
from operations.backups.parts.shapes import Change, Comparison, Said

OTHERWISE = Said("parts.decided_since")


def lock(connection: Any, done: PartsRow) -> None:
    """Nobody else decides about it until the transaction ends."""
    for hotel_id in sorted({one["hotel_id"] for one in done.changes["thresholds"]}):
        queries.lock_settings(connection, hotel_id)
    for hotel_id in sorted({one["hotel_id"] for one in done.changes["verdicts"]}):
        incidents.lock_alerts(connection, hotel_id)


def compare(connection: Any, scope: Scope, owners: Owners, done: PartsRow) -> Comparison:
    """What undoing would change; ``impossible`` is what stays, and why. What joined a history stays there too."""
    hotels = {hotel.id: hotel.name for hotel in premises.hotels(connection)}
    found = [_threshold(connection, owners, one, hotels) for one in done.changes["thresholds"]]
    for hotel_id in sorted({one["hotel_id"] for one in done.changes["verdicts"]}):
        actions = [one["action_id"] for one in done.changes["verdicts"] if one["hotel_id"] == hotel_id]
        names = parts.names(connection, hotel_id)
        for row in parts.judged_by(connection, actions):
            reason = None if row["is_undone"] else OTHERWISE
            found.append(verdicts.undone(row, names, hotel_id, hotels.get(hotel_id, ""), reason))
    found += _configuration(connection, scope, owners, done.changes["configuration"])
    return Comparison(tuple(found))


def undo(
    connection: Any, scope: Scope, owners: Owners, done: PartsRow, *, seen: Comparison, within: timedelta
) -> tuple[int, int]:  # fmt: skip
    """Do what ``compare`` told; how much was taken back, and how much stays as it is."""
    others = [one for one in seen.changes if one.part != "verdicts"]
    changed = [one for one in others if one.action != "impossible"]
    taken, left = len(changed), len(others) - len(changed)
    for one in changed:
        if one.part == "thresholds":
            owners.thresholds.restore_within(
                connection, scope, int(one.hotel_id or 0), one.what["metric_type"],
                parameters=one.then["parameters"], reason=done.safety,
            )  # fmt: skip
    texts = [one.then for one in changed if one.part == "configuration"]
    if texts:  # its settings are one text
        owners.configuration.restore_within(connection, scope, texts[0]["text"], done.safety, texts[0]["expected_id"])
    for action in reversed(done.changes["verdicts"]):
        found = owners.triage.undo_within(
            connection, scope, action["hotel_id"], action["action_id"], done_by=done.restored_by, within=within
        )  # fmt: skip
        taken += len(found.alert_ids) if found else 0
        left += len(found.left_ids) if found else 0
    return taken, left


def _threshold(connection: Any, owners: Owners, one: Mapping[str, Any], hotels: Mapping[int, str]) -> Change:
    """What says the same as what was put back is it, whatever version says so: a later restore may be undone again."""
    hotel_id, metric_type, read = one["hotel_id"], one["metric_type"], owners.thresholds.read
    rows = queries.versions(connection, hotel_id, metric_type)
    of_number = {row["version"]: row for row in rows}
    now, before = next((row for row in rows if row["is_active"]), None), of_number.get(one["before"])
    what, parameters = thresholds.named(metric_type, now, before), before["parameters"] if before else None

    def told(action: str, reason: Said | None = None) -> Change:
        then = {"parameters": parameters}
        return Change("thresholds", action, hotel_id, hotels.get(hotel_id, ""), what, then, reason)

    try:
        restored = of_number[one["after"]]["parameters"]
        if not thresholds.is_in_force(hotel_id, metric_type, restored, now, read):
            return told("impossible", OTHERWISE)
        thresholds.is_in_force(hotel_id, metric_type, parameters, now, read)  # raises where no rule allows it any more
    except AppError as error:
        return told("impossible", Said(error.message_id, error.params))
    return told("changed" if before else "removed")


def _configuration(
    connection: Any, scope: Scope, owners: Owners, saved: Mapping[str, Any] | None
) -> Iterator[Change]:  # fmt: skip
    if saved is None:
        return
    [newest] = versions.newest(connection, 1)
    restored = versions.one(connection, saved["after"])
    if restored is None or newest.text != restored.text:
        yield Change("configuration", "impossible", None, "", {}, reason=OTHERWISE)
        return
    before = versions.one(connection, saved["before"]) if saved["before"] else None
    yield from configuration.compare(scope, Side({}, newest), Side({}, before), owners.configuration)
