"""Puts parts back through the services that own them; the caller's transaction holds it all."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.scope import Scope
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
