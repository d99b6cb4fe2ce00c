"""Parts of a backup come back and nothing else changes: told before, undone after, refused where it cannot be (C8)."""

from collections import Counter
from datetime import timedelta

import pytest

from core.errors import AppError
from core.scope import SYSTEM, Scope
from operations.backups.parts.service import Wanted
from operations.backups.parts.shapes import PARTS
from pipeline.detection.thresholds.settings import Change, FamilyRule, segment_key
from tests.integration.builders import build_hotel
from tests.integration.operations.backups.conftest import Installation
from tests.integration.operations.backups.decided import ALWAYS, TABLES, Decided, decide_otherwise, decided


@pytest.fixture
def people(installation: Installation) -> Decided:
    """They have decided, and then otherwise."""
    found = decided(installation, installation.hotel)
    found.then = found.state()  # type: ignore[attr-defined]
    decide_otherwise(found)
    return found


def test_a_comparison_tells_what_would_be_added_changed_removed_and_what_cannot_be(people: Decided) -> None:
    before = people.installation.rows()
    found = people.compared(*PARTS)
    told = {
        part: {action: number for action, number in counts.items() if number} for part, counts in found.counts.items()
    }
    assert told == {
        "thresholds": {"changed": 2, "removed": 1},
        "verdicts": {"added": 1, "changed": 1, "removed": 1, "impossible": 1},
        "configuration": {"changed": 1, "removed": 1},
    }
    assert found.newer == 1
    [gone] = [change for change in found.changes if change.action == "impossible"]
    assert (gone.reason and gone.reason.id, gone.what["then"]) == ("parts.alert_gone", "beklenen")
    said = str(found.document(people.name, Wanted.of(PARTS)))
    assert "extra_evidence" not in said  # what stands encrypted is compared and never told
    assert (people.installation.rows(), people.installation.beside()) == (before, [])


@pytest.mark.parametrize("part", PARTS)
def test_one_part_comes_back_and_every_other_table_stays_as_it_is(people: Decided, part: str) -> None:
    installation, changed = people.installation, people.state()
    before = installation.rows()
    done = people.parts.restore(SYSTEM, people.name, Wanted.of([part]))
    after = installation.rows()
    assert {name for name, state in after.items() if state != before[name]} == TABLES[part] | ALWAYS
    then = people.then  # type: ignore[attr-defined]
    expected = changed | {part: {**changed[part], **then[part]} if part != "configuration" else then[part]}
    if part == "verdicts":
        expected["verdicts"].pop("gone")
        expected["verdicts"] |= {"later": changed["verdicts"]["later"], "open": ("",)}
    assert people.state() == expected
    assert installation.service.one(SYSTEM, done.safety).label is not None
    action = "SELECT actor || entity FROM audit_log WHERE action = 'parts_restored'"
    assert installation.scalar(action) == f"system{people.name}"
    [standing] = people.parts.undoable(SYSTEM)
    undone = people.parts.undo(SYSTEM, standing.id)
    assert (people.state(), undone.left) == (changed, 0)
    with pytest.raises(AppError, match="nothing_to_undo"):
        people.parts.undo(SYSTEM, standing.id)


def test_verdicts_come_back_as_they_were_given_and_keep_silent_what_they_kept_silent(people: Decided) -> None:
    given = "SELECT verdict_by || verdict_at FROM ml_alerts WHERE id = :id"
    judged_at = people.installation.scalar(given, id=people.alerts["expected"])
    people.parts.restore(SYSTEM, people.name, Wanted.of(["verdicts"]))
    assert people.verdict("false") == ("yanlis_pozitif", "system", "seen: false", "yanlis_pozitif")
    assert people.verdict("right") == ("dogru", "system", "seen: right")  # open again: nothing else had closed it
    assert people.installation.scalar(given, id=people.alerts["expected"]) == judged_at
    query = "SELECT kind FROM ml_alert_events WHERE alert_id = :id ORDER BY id DESC LIMIT 1"
    assert people.installation.scalar(query, id=people.alerts["open"]) == "restored"  # open again, as nobody judged it
    told = "SELECT details->'verdict'->>'id' FROM ml_alert_events WHERE kind = 'verdict_restored' AND alert_id = :id"
    assert people.installation.scalar(told, id=people.alerts["false"]) == "verdict.yanlis_pozitif"


def test_undoing_leaves_what_somebody_decided_since(people: Decided) -> None:
    people.parts.restore(SYSTEM, people.name, Wanted.of(PARTS))
    people.triage.judge(SYSTEM, [people.alerts["false"]], "test", "tried")
    thresholds = people.parts.owners.thresholds
    thresholds.save(SYSTEM, people.hotel.hotel_id, "*", Change(budget_per_day=4.0), "since")
    people.configure("alert_budget_per_day = 2.0\n")
    [standing] = people.parts.undoable(SYSTEM)
    undone = people.parts.undo(SYSTEM, standing.id)
    assert undone.left == 3
    assert people.verdict("false")[0] == "test"
    assert people.in_force()["*"][0] == 4.0
    assert people.configured() == "alert_budget_per_day = 2.0\n"
    assert people.verdict("right")[2] == "changed my mind"  # and the rest was taken back


def test_what_was_decided_between_looking_and_restoring_is_not_overwritten(
    people: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = people.compared("verdicts").mark
    people.triage.judge(SYSTEM, [people.alerts["open"]], "dogru", "meanwhile")
    before = people.installation.rows()
    with pytest.raises(AppError, match="parts_changed"):
        people.parts.restore(SYSTEM, people.name, Wanted.of(["verdicts"]), mark=mark)
    assert people.installation.rows() == before

    def meanwhile(ratio: float, note: str) -> None:
        """Also after the safety copy, when the restore has compared already."""
        if note == "parts.restoring":
            people.triage.judge(SYSTEM, [people.alerts["open"]], "test", "at the last moment")

    with pytest.raises(AppError, match="parts_changed"):
        people.parts.restore(SYSTEM, people.name, Wanted.of(["verdicts"]), meanwhile)
    assert people.verdict("open")[:3] == ("test", "system", "at the last moment")
    assert people.verdict("right")[2] == "changed my mind"


def test_only_the_hotels_that_were_asked_for_change(installation: Installation) -> None:
    with installation.database.transaction() as connection:
        second = build_hotel(connection)
    here = decided(installation, installation.hotel)
    thresholds = here.parts.owners.thresholds
    there = Decided(installation, second)
    for one in (here, there):
        thresholds.save(SYSTEM, one.hotel.hotel_id, "*", Change(budget_per_day=2.0), "less")
    found = here.compared("thresholds")
    assert Counter((change.hotel_id, change.action) for change in found.changes) == {
        (here.hotel.hotel_id, "changed"): 1, (second.hotel_id, "removed"): 1,
    }  # fmt: skip
    here.parts.restore(SYSTEM, here.name, Wanted.of(["thresholds"], [second.hotel_id]))
    assert here.in_force()["*"][0] == 2.0
    assert there.in_force()["*"][0] == 7.0  # the installation's
    with pytest.raises(AppError, match="not_found"):
        here.compared("thresholds", hotels=(10**9,))


def test_alerts_and_segments_are_matched_by_what_they_are_about_not_by_their_ids(installation: Installation) -> None:
    people = decided(installation, installation.hotel)
    hotel_id = people.hotel.hotel_id
    add = "INSERT INTO staff (hotel_id, code, full_name) VALUES (:hotel, 'NEW', 'new') RETURNING id"
    with installation.database.transaction() as connection:
        from sqlalchemy import text

        staff = connection.execute(text(add), {"hotel": hotel_id}).scalar_one()
    thresholds = people.parts.owners.thresholds
    thresholds.save(SYSTEM, hotel_id, "dolum_sure", Change(segments={segment_key("refill", staff=staff): 1.5}), "one")
    people.backup = installation.backup()
    thresholds.rollback(SYSTEM, hotel_id, "dolum_sure", 0, "none")
    installation.execute("DELETE FROM staff WHERE id = :id", id=staff)
    [lost] = [one for one in people.compared("thresholds").changes if one.action == "impossible"]
    assert (lost.reason and lost.reason.id) == "error.parts_segment_gone"
    with installation.database.transaction() as connection:
        other = connection.execute(text(add), {"hotel": hotel_id}).scalar_one()
    installation.execute("UPDATE ml_alerts SET verdict = NULL, verdict_by = NULL, verdict_at = NULL")
    installation.execute(
        "CREATE TEMP TABLE moved AS SELECT * FROM ml_alerts; DELETE FROM ml_alerts; "
        "INSERT INTO ml_alerts OVERRIDING SYSTEM VALUE SELECT (m).* FROM "
        "(SELECT jsonb_populate_record(NULL::ml_alerts, to_jsonb(o) || jsonb_build_object('id', o.id + 5000)) AS m "
        "FROM moved o) AS new; DROP TABLE moved"
    )
    people.parts.restore(SYSTEM, people.name, Wanted.of(["thresholds", "verdicts"]))
    in_force = people.in_force()["dolum_sure"]
    assert in_force[2] == {segment_key("refill", staff=other): 1.5}
    people.alerts = {word: alert_id + 5000 for word, alert_id in people.alerts.items()}
    assert {word: found[0] for word, found in people.verdicts().items()} == {
        "false": "yanlis_pozitif", "right": "dogru", "gone": "beklenen", "expected": "beklenen", "open": "",
    }  # fmt: skip


def test_a_version_of_the_history_is_about_what_it_was_about(installation: Installation) -> None:
    people = decided(installation, installation.hotel)
    hotel_id, thresholds = people.hotel.hotel_id, people.parts.owners.thresholds
    add = "INSERT INTO staff (hotel_id, code, full_name) VALUES (:hotel, 'NEW', 'new')"
    newest = "SELECT max(id) FROM staff"
    installation.execute(add, hotel=hotel_id)
    staff = installation.scalar(newest)
    thresholds.save(SYSTEM, hotel_id, "dolum_sure", Change(segments={segment_key("refill", staff=staff): 1.5}), "one")
    thresholds.rollback(SYSTEM, hotel_id, "dolum_sure", 0, "none")
    people.backup = installation.backup()
    installation.execute("UPDATE ml_evaluations SET setting_id = NULL")
    installation.execute("DELETE FROM detection_settings")
    installation.execute("DELETE FROM staff WHERE id = :id", id=staff)
    [lost] = [one for one in people.compared("thresholds").changes if one.action == "impossible"]
    assert (lost.reason and lost.reason.id) == "error.parts_segment_gone"
    installation.execute(add, hotel=hotel_id)
    people.parts.restore(SYSTEM, people.name, Wanted.of(["thresholds"]))
    history = thresholds.history(SYSTEM, hotel_id, "dolum_sure")
    assert [one.settings.segments for one in history if one.reason == "one"] == [
        {segment_key("refill", staff=installation.scalar(newest)): 1.5}
    ]


def test_a_history_that_was_lost_is_put_back_and_what_was_in_force_is_in_force_again(people: Decided) -> None:
    then = people.then["thresholds"]  # type: ignore[attr-defined]
    people.installation.execute("UPDATE ml_evaluations SET setting_id = NULL")
    people.installation.execute("DELETE FROM detection_settings")
    found = people.compared("thresholds")
    assert found.counts["thresholds"]["history"] == 2
    assert found.counts["thresholds"]["added"] == 2
    people.parts.restore(SYSTEM, people.name, Wanted.of(["thresholds"]))
    history = people.parts.owners.thresholds.history(SYSTEM, people.hotel.hotel_id, "tuketim_miktar")
    assert [(one.settings.version, one.reason, one.is_active) for one in history][1:] == [(1, "fewer", False)]
    assert history[0].settings.rule("cell") == FamilyRule(extra_evidence=0.5)
    assert people.in_force() == then


def test_who_may_not_write_a_part_may_not_restore_it(people: Decided) -> None:
    bora = Scope("bora", frozenset({"backups.read", "backups.restore", "thresholds.write"}), None)
    cem = Scope("cem", frozenset({"*"}), frozenset({people.hotel.hotel_id}))
    for scope, parts in ((bora, ["verdicts"]), (bora, ["thresholds", "configuration"]), (cem, ["thresholds"])):
        for work in (people.parts.preview, people.parts.restore):
            with pytest.raises(AppError, match="forbidden"):
                work(scope, people.name, Wanted.of(parts))
    with pytest.raises(AppError, match="parts_unknown"):
        Wanted.of(["users"])
    people.parts.restore(bora, people.name, Wanted.of(["thresholds"]))
    with pytest.raises(AppError, match="forbidden"):
        people.parts.undo(Scope("dora", frozenset({"backups.restore"}), None), people.parts.undoable(SYSTEM)[0].id)


def test_where_nothing_differs_nothing_is_restored_and_after_a_while_nothing_undone(people: Decided) -> None:
    people.parts.restore(SYSTEM, people.name, Wanted.of(PARTS))
    before = people.installation.rows()
    with pytest.raises(AppError, match="parts_nothing"):
        people.parts.restore(SYSTEM, people.name, Wanted.of(PARTS))
    assert people.installation.rows() == before
    [standing] = people.parts.undoable(SYSTEM)
    people.installation.clock.advance(timedelta(days=15))
    assert people.parts.undoable(SYSTEM) == []
    with pytest.raises(AppError, match="nothing_to_undo"):
        people.parts.undo(SYSTEM, standing.id)
