"""Puts parts back through the services that own them, and takes that back; the caller's transaction holds it all."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.scope import Scope
from db.queries import configuration as versions
from db.queries import thresholds as queries
from operations.backups.parts.shapes import Change
from operations.configuration.service import ConfigurationService
from pipeline.alerts.triage.service import TriageService
from pipeline.detection.thresholds.service import ThresholdService

Changes = dict[str, Any]  # what undoing must know; JSON


@dataclass(frozen=True)
class Owners:
    """Who writes what; everything that they refuse otherwise they refuse here."""

    thresholds: ThresholdService
    triage: TriageService
    configuration: ConfigurationService


def apply(connection: Any, scope: Scope, owners: Owners, changes: Sequence[Change], backup: str) -> Changes:
    """Put back what is possible; nobody else writes to it meanwhile."""
    of_part: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        of_part[change.part].append(change)
    return {
        "thresholds": _thresholds(connection, scope, owners, of_part["thresholds"], backup),
        "verdicts": _verdicts(connection, scope, owners, of_part["verdicts"], backup),
        "configuration": _configuration(connection, scope, owners, of_part["configuration"], backup),
    }


def _thresholds(
    connection: Any, scope: Scope, owners: Owners, changes: Sequence[Change], backup: str
) -> list[dict[str, Any]]:
    """The history first, so that what comes into force is its newest version."""
    done = []
    for change in sorted(changes, key=lambda one: one.action != "history"):
        hotel_id = int(change.hotel_id or 0)
        if change.action == "history":
            queries.add_old_version(connection, {"hotel_id": hotel_id, **change.then})
            continue
        metric_type = change.what["metric_type"]
        saved = owners.thresholds.restore_within(
            connection, scope, hotel_id, metric_type, parameters=change.then["parameters"], reason=backup
        )  # fmt: skip
        done.append(
            {"hotel_id": hotel_id, "metric_type": metric_type, "before": change.what["now"], "after": saved.version}
        )
    return done


def _verdicts(
    connection: Any, scope: Scope, owners: Owners, changes: Sequence[Change], backup: str
) -> list[dict[str, Any]]:  # fmt: skip
    of_hotel: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        of_hotel[int(change.hotel_id or 0)].append(change)
    done = []
    for hotel_id, theirs in sorted(of_hotel.items()):
        given = [one.then for one in theirs if one.action != "removed"]
        withdrawn = [one.then["id"] for one in theirs if one.action == "removed"]
        actions = owners.triage.restore_within(
            connection, scope, hotel_id, verdicts=given, withdrawn=withdrawn, backup=backup
        )  # fmt: skip
        done += [{"hotel_id": hotel_id, "action_id": one.action_id} for one in actions]
    return done


def _configuration(
    connection: Any, scope: Scope, owners: Owners, changes: Sequence[Change], backup: str
) -> dict[str, Any] | None:  # fmt: skip
    """Its settings are one text, so any of its changes stands for all."""
    if not changes:
        return None
    then = changes[0].then
    added = owners.configuration.restore_within(connection, scope, then["text"], backup, then["expected_id"])
    return {"before": then["expected_id"], "after": added}


def undo(
    connection: Any, scope: Scope, owners: Owners, changes: Changes, *, backup: str, by: str, within: timedelta
) -> tuple[int, int]:  # fmt: skip
    """Take back what ``apply`` did where nobody changed it since; how much was, and how much stays as it is.

    What joined a history stays there.
    """
    done = left = 0
    for one in changes["thresholds"]:
        if _undo_threshold(connection, scope, owners, one, backup):
            done += 1
        else:
            left += 1
    for one in reversed(changes["verdicts"]):
        found = owners.triage.undo_within(
            connection, scope, one["hotel_id"], one["action_id"], done_by=by, within=within
        )  # fmt: skip
        done += len(found.alert_ids) if found else 0
        left += len(found.left_ids) if found else 0
    saved = changes["configuration"]
    if saved is not None:
        is_newest = [row.id for row in versions.newest(connection, 1)] == [saved["after"]]
        if is_newest:
            before = versions.one(connection, saved["before"]) if saved["before"] else None
            text = before.text if before else ""
            owners.configuration.restore_within(connection, scope, text, backup, saved["after"])
        done, left = done + is_newest, left + (not is_newest)
    return done, left


def _undo_threshold(connection: Any, scope: Scope, owners: Owners, one: dict[str, Any], backup: str) -> bool:
    hotel_id, metric_type = one["hotel_id"], one["metric_type"]
    queries.lock_settings(connection, hotel_id)
    if queries.version_in_force(connection, hotel_id, metric_type) != one["after"]:
        return False
    rows = queries.versions(connection, hotel_id, metric_type)
    before = next((row["parameters"] for row in rows if row["version"] == one["before"]), None)
    owners.thresholds.restore_within(
        connection, scope, hotel_id, metric_type, parameters=before, reason=backup
    )  # fmt: skip
    return True
