"""Many alerts at once, undo, assignment, snooze, comments; what people did survives every re-fire (A5.7, A5.8)."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM
from pipeline.alerts.service import AlertFilters, AlertRow
from pipeline.alerts.triage.service import UNDO_WITHIN, Done
from tests.cast import Cast
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import Scene

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HUMAN = (
    "acknowledged_at", "acknowledged_by", "assigned_to", "snoozed_until", "verdict", "verdict_by", "verdict_note",
)  # fmt: skip


def rows(scene: Scene, *states: str) -> list[AlertRow]:
    return sorted(scene.alerts.board(SYSTEM, AlertFilters(states=states or ("all",))).rows, key=lambda row: row.id)


def three(scene: Scene) -> list[int]:
    for room in range(3):
        scene.fire(room, NOW)
    return [row.id for row in rows(scene)]


def many(scene: Scene, count: int) -> list[int]:
    query = """
        INSERT INTO ml_alerts (hotel_id, alert_type, metric_type, entity_type, entity_id, severity, message_id,
                               message_params, reasons, actions, started_at, last_seen_at)
        SELECT :hotel, 'tuketim_anomali', 'tuketim_miktar', 'room', 100000 + n, 'orta', 'alert.deviation', '{}', '[]',
               '[]', :at, :at FROM generate_series(1, :count) n RETURNING id"""
    with scene.database.transaction() as connection:
        found = connection.execute(text(query), {"hotel": scene.hotel.hotel_id, "at": NOW, "count": count})
        return [row.id for row in found]


def kinds(scene: Scene, alert_id: int) -> list[str]:
    return [event.kind for event in reversed(scene.alerts.detail(SYSTEM, alert_id).events)]


def test_five_hundred_alerts_are_acknowledged_in_one_statement_with_a_line_for_each(scene: Scene, cast: Cast) -> None:
    ids = many(scene, 500)
    done = scene.alerts.triage.acknowledge(cast.ayse, ids, "bakılıyor")
    assert done.alert_ids == tuple(sorted(ids))
    with scene.database.reading() as connection:
        told = connection.execute(text("SELECT count(*) FROM ml_alert_events WHERE kind = 'acknowledged'")).scalar_one()
        audited = connection.execute(
            text("SELECT count(*) FROM audit_log WHERE action = 'alert_acknowledged'")
        ).scalar_one()
    assert (told, audited) == (500, 1)
    assert {row.acknowledged_by for row in rows(scene)} == {"ayse"}
    assert scene.alerts.triage.acknowledge(cast.ayse, ids) == Done(None)


def test_more_than_a_thousand_are_refused_and_other_hotels_are_left_alone(scene: Scene, cast: Cast) -> None:
    ids = three(scene)
    with pytest.raises(AppError, match="too_many_alerts"):
        scene.alerts.triage.acknowledge(cast.ayse, list(range(1001)))
    assert scene.alerts.triage.acknowledge(cast.cem, ids) == Done(None)
    with pytest.raises(AppError, match="not_found"):
        scene.alerts.triage.acknowledge(cast.cem, ids[:1])
    with pytest.raises(AppError, match="forbidden"):
        scene.alerts.triage.acknowledge(cast.bora, ids)
    assert {row.acknowledged_by for row in rows(scene)} == {None}


def test_an_action_is_undone_except_where_somebody_changed_the_alert_since(
    scene: Scene, cast: Cast, clock: FixedClock
) -> None:
    ids = three(scene)
    done = scene.alerts.triage.judge(cast.ayse, ids, "yanlis_pozitif", "sayım hatası")
    assert [row.closed_at for row in rows(scene)] == [NOW] * 3
    scene.alerts.triage.judge(cast.deniz, [ids[2]], "dogru", "gerçekten kayıp")
    undone = scene.alerts.triage.undo(cast.ayse, done.action_id or 0)
    assert undone.alert_ids == tuple(ids[:2])
    assert [row.verdict for row in rows(scene)] == [None, None, "dogru"]
    assert [row.closed_at for row in rows(scene)] == [None, None, NOW]
    assert kinds(scene, ids[0]) == ["opened", "verdict", "closed", "undone"]
    with pytest.raises(AppError, match="undo_too_late"):
        scene.alerts.triage.undo(cast.ayse, done.action_id or 0)


def test_nobody_undoes_for_others_nor_after_a_quarter_of_an_hour(scene: Scene, cast: Cast, clock: FixedClock) -> None:
    ids = three(scene)
    done = scene.alerts.triage.close(cast.ayse, ids, "bitti")
    with pytest.raises(AppError, match="undo_too_late"):
        scene.alerts.triage.undo(cast.deniz, done.action_id or 0)
    clock.advance(UNDO_WITHIN)
    with pytest.raises(AppError, match="undo_too_late"):
        scene.alerts.triage.undo(cast.ayse, done.action_id or 0)
    assert rows(scene, "open") == []


def test_an_alert_whose_incident_began_anew_stays_closed_when_its_closing_is_undone(
    scene: Scene, cast: Cast, clock: FixedClock
) -> None:
    (first, *_) = three(scene)
    done = scene.alerts.triage.judge(cast.ayse, [first], "beklenen")
    scene.apply(NOW + HOUR, scene.anomaly(0, NOW + HOUR, signature="another situation"))
    assert scene.alerts.triage.undo(cast.ayse, done.action_id or 0).alert_ids == ()
    assert [row.closed_at is None for row in rows(scene) if row.entity_id == scene.hotel.rooms[0]] == [False, True]


def test_a_snoozed_alert_is_not_on_the_board_however_often_it_is_seen_and_wakes_by_itself(
    scene: Scene, cast: Cast, clock: FixedClock
) -> None:
    (alert, *_) = three(scene)
    scene.alerts.triage.snooze(cast.ayse, [alert], NOW + DAY)
    scene.fire(0, NOW + HOUR)
    assert alert not in [row.id for row in rows(scene, "open")]
    assert sum(scene.alerts.counts(cast.ayse).values()) == 2
    assert [row.id for row in rows(scene, "snoozed")] == [alert]
    clock.advance(DAY)
    assert alert in [row.id for row in rows(scene, "open")]
    for wrong in (NOW, NOW + 100 * DAY):
        with pytest.raises(AppError, match="snooze_wrong"):
            scene.alerts.triage.snooze(cast.ayse, [alert], wrong)


def test_assignment_is_found_by_its_owner_and_ended(scene: Scene, cast: Cast) -> None:
    ids = three(scene)
    scene.alerts.triage.assign(cast.ayse, ids[:2], "ayse")
    mine = scene.alerts.board(SYSTEM, AlertFilters(assignee="ayse")).rows
    assert sorted(row.id for row in mine) == ids[:2]
    assert [row.id for row in rows(scene, "unassigned")] == ids[2:]
    scene.alerts.triage.assign(cast.deniz, ids[:1], None)
    assert [row.assigned_to for row in rows(scene)] == [None, "ayse", None]
    assert kinds(scene, ids[0]) == ["opened", "assigned", "assigned"]


def test_a_comment_stands_in_the_timeline_with_who_said_it(scene: Scene, cast: Cast) -> None:
    (alert, *_) = three(scene)
    scene.alerts.triage.comment(cast.ayse, alert, "  <b>Kat</b> sorumlusuyla konuşuldu ")
    event = scene.alerts.detail(cast.ayse, alert).events[0]
    assert (event.kind, event.actor, event.details["note"]) == ("comment", "ayse", "<b>Kat</b> sorumlusuyla konuşuldu")
    with pytest.raises(AppError, match="comment_missing"):
        scene.alerts.triage.comment(cast.ayse, alert, "  ")
    with pytest.raises(AppError, match="not_found"):
        scene.alerts.triage.comment(cast.cem, alert, "ben")


def some_command(scene: Scene, cast: Cast, dice: random.Random, ids: list[int]) -> Done:
    """What a person may do, one of them."""
    triage, now = scene.alerts.triage, scene.alerts.clock.now()
    commands = (
        lambda: triage.acknowledge(cast.ayse, ids, "not"),
        lambda: triage.assign(cast.ayse, ids, dice.choice(("ayse", None))),
        lambda: triage.snooze(cast.ayse, ids, dice.choice((now + DAY, None))),
        lambda: triage.judge(cast.ayse, ids, dice.choice(("dogru", "yanlis_pozitif", "beklenen")), "not"),
        lambda: triage.close(cast.ayse, ids, "bitti"),
    )
    return dice.choice(commands)()


@pytest.mark.parametrize("seed", range(8))
def test_what_people_wrote_survives_every_step_of_the_machine(
    scene: Scene, cast: Cast, clock: FixedClock, seed: int
) -> None:
    """Random steps of machine and people: a machine's step never changes a column that people fill."""
    dice, at = random.Random(seed), NOW
    three(scene)
    for _ in range(25):
        at += dice.choice((HOUR, DAY, 2 * DAY))
        clock.at = at
        before = {row.id: {name: getattr(row, name) for name in HUMAN} for row in rows(scene)}
        room = dice.randrange(3)
        if dice.random() < 0.6:
            (scene.fire if dice.random() < 0.6 else scene.calm)(room, at)
            after = {row.id: {name: getattr(row, name) for name in HUMAN} for row in rows(scene)}
            assert {one: after[one] for one in before} == before
            continue
        ids = dice.sample(sorted(before), dice.randint(1, len(before)))
        done = some_command(scene, cast, dice, ids)
        if done.action_id is not None and dice.random() < 0.5:
            undone = scene.alerts.triage.undo(cast.ayse, done.action_id)
            now = {row.id: {name: getattr(row, name) for name in HUMAN} for row in rows(scene)}
            assert all(now[one] == before[one] for one in undone.alert_ids)
    with scene.database.reading() as connection:
        query = "SELECT count(*) FROM ml_alerts WHERE closed_at IS NULL GROUP BY alert_type, entity_type, entity_id"
        assert set(connection.execute(text(query)).scalars()) <= {1}
