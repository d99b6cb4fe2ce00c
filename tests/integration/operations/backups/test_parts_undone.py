"""Every selective restore can be undone, in any order; what a later one or somebody changed stays and is told (C8)."""

from datetime import timedelta

import pytest

from core.errors import AppError
from core.scope import SYSTEM
from operations.backups.parts.service import Wanted
from operations.backups.parts.shapes import PARTS
from pipeline.detection.thresholds.settings import Change
from tests.integration.operations.backups.conftest import Installation
from tests.integration.operations.backups.decided import Decided, decide_otherwise, decided


@pytest.fixture
def people(installation: Installation) -> Decided:
    found = decided(installation, installation.hotel)
    decide_otherwise(found)
    return found


def put_back(people: Decided, *parts: str) -> int:
    """The number by which it is undone; a later one may follow."""
    people.parts.restore(SYSTEM, people.name, Wanted.of(parts))
    return people.parts.undoable(SYSTEM)[0].id


def told(people: Decided, restore_id: int) -> dict[str, dict[str, int]]:
    _, found = people.parts.undo_preview(SYSTEM, restore_id)
    return {
        part: {action: number for action, number in counts.items() if number}
        for part, counts in found.counts.items() if any(counts.values())
    }  # fmt: skip


def test_an_older_one_is_undone_and_the_later_one_stays(people: Decided) -> None:
    changed = people.state()
    first, second = put_back(people, "thresholds"), put_back(people, "verdicts")
    both = people.state()
    assert [one.id for one in people.parts.undoable(SYSTEM)] == [second, first]
    assert people.parts.undo(SYSTEM, first).left == 0
    assert people.state() == both | {"thresholds": changed["thresholds"]}
    assert [one.id for one in people.parts.undoable(SYSTEM)] == [second]
    assert people.parts.undo(SYSTEM, second).left == 0
    assert people.state() == changed


def test_what_a_later_restore_changed_stays_until_that_one_is_undone(people: Decided) -> None:
    changed = people.state()
    first = put_back(people, *PARTS)
    between = people.state()
    people.installation.clock.advance(timedelta(minutes=1))
    people.parts.restore(SYSTEM, people.parts.undoable(SYSTEM)[0].safety, Wanted.of(PARTS))
    second = people.parts.undoable(SYSTEM)[0].id
    assert people.state() == changed
    assert told(people, first) == {
        "thresholds": {"impossible": 3}, "verdicts": {"impossible": 3}, "configuration": {"impossible": 1},
    }  # fmt: skip
    before = people.installation.rows()
    with pytest.raises(AppError, match="parts_nothing_left"):
        people.parts.undo(SYSTEM, first)
    assert people.installation.rows() == before
    assert people.parts.undo(SYSTEM, second).left == 0
    assert people.state() == between
    assert told(people, first) == {
        "thresholds": {"changed": 3}, "verdicts": {"added": 1, "removed": 1, "changed": 1},
        "configuration": {"added": 1, "changed": 1},
    }  # fmt: skip
    assert people.parts.undo(SYSTEM, first).left == 0
    assert people.state() == changed


def test_the_preview_tells_what_undoing_does_and_changes_nothing(people: Decided) -> None:
    number = put_back(people, *PARTS)
    people.triage.judge(SYSTEM, [people.alerts["false"]], "test", "tried")
    people.parts.owners.thresholds.save(SYSTEM, people.hotel.hotel_id, "*", Change(budget_per_day=4.0), "since")
    before = people.installation.rows()
    _, seen = people.parts.undo_preview(SYSTEM, number)
    assert people.installation.rows() == before
    stays = [one for one in seen.changes if one.action == "impossible"]
    assert [(one.part, one.reason and one.reason.id) for one in stays] == [
        ("thresholds", "parts.decided_since"), ("verdicts", "parts.decided_since"),
    ]  # fmt: skip
    [right] = [one.what for one in seen.changes if one.what.get("alert_id") == people.alerts["right"]]
    assert (right["now"], right["then"]) == ("dogru", "yanlis_pozitif")
    assert "extra_evidence" not in str(seen.document(people.name, Wanted.of(PARTS)))
    people.triage.judge(SYSTEM, [people.alerts["right"]], "test", "after the look")
    before = people.installation.rows()
    with pytest.raises(AppError, match="parts_changed"):
        people.parts.undo(SYSTEM, number, seen.mark)
    assert people.installation.rows() == before
    undone = people.parts.undo(SYSTEM, number, people.parts.undo_preview(SYSTEM, number)[1].mark)
    assert undone.left == 3
    assert (people.verdict("right")[0], people.in_force()["*"][0]) == ("test", 4.0)


def test_who_undoes_is_in_the_audit_log_with_what_they_undid(people: Decided) -> None:
    first, _ = put_back(people, "configuration"), put_back(people, "thresholds")
    people.parts.undo(SYSTEM, first)
    query = "SELECT details->>'restore' FROM audit_log WHERE action = 'parts_undone'"
    assert people.installation.scalar(query) == str(first)
    with pytest.raises(AppError, match="nothing_to_undo"):
        people.parts.undo_preview(SYSTEM, first)
