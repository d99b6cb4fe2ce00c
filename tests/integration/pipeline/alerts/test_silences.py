"""Silences: what they hide and count, that they end, recur and can be lifted (A5.8)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM
from pipeline.alerts.service import AlertFilters
from pipeline.alerts.silences.service import Silence
from tests.cast import Cast
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import TYPE, Scene

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK = Silence(NOW - HOUR, NOW + 7 * DAY, "kat yenileniyor")


def open_rooms(scene: Scene) -> list[int]:
    return sorted(row.entity_id for row in scene.alerts.board(SYSTEM, AlertFilters()).rows)


def floor_of(scene: Scene, room: int) -> int:
    with scene.database.reading() as connection:
        query = "SELECT floor_id FROM rooms WHERE id = :id"
        return int(connection.execute(text(query), {"id": scene.hotel.rooms[room]}).scalar_one())


def fire_all(scene: Scene, at: datetime = NOW) -> None:
    for room in range(3):
        scene.fire(room, at)


def test_a_silenced_room_is_hidden_and_counted_and_the_others_are_not(scene: Scene, cast: Cast) -> None:
    fire_all(scene)
    room = scene.hotel.rooms[0]
    scene.alerts.silences.add(cast.ayse, scene.hotel.hotel_id, replace(WEEK, room_id=room))
    assert open_rooms(scene) == scene.hotel.rooms[1:3]
    assert sum(scene.alerts.counts(cast.ayse).values()) == 2
    assert [row.hidden for row in scene.alerts.silences.listed(cast.ayse)] == [1]
    assert [row.entity_id for row in scene.alerts.board(SYSTEM, AlertFilters(states=("silenced",))).rows] == [room]


@pytest.mark.parametrize(
    ("silence", "hidden"),
    [
        (replace(WEEK, alert_type=TYPE), 3),
        (replace(WEEK, alert_type="stok_anomali"), 0),
        (WEEK, 3),
        (replace(WEEK, starts_at=NOW + HOUR), 0),
        (replace(WEEK, ends_at=NOW - timedelta(minutes=1)), 0),
        (replace(WEEK, weekdays=(1,)), 3),  # NOW is a Monday, 08:00 in Istanbul
        (replace(WEEK, weekdays=(2, 3)), 0),
        (replace(WEEK, from_minute=8 * 60, until_minute=9 * 60), 3),
        (replace(WEEK, from_minute=9 * 60, until_minute=10 * 60), 0),
        (replace(WEEK, from_minute=22 * 60, until_minute=9 * 60), 3),
        (replace(WEEK, from_minute=22 * 60, until_minute=8 * 60), 0),
        (replace(WEEK, from_minute=22 * 60, until_minute=9 * 60, weekdays=(7,)), 3),  # the night began on Sunday
        (replace(WEEK, from_minute=22 * 60, until_minute=9 * 60, weekdays=(1,)), 0),
    ],
)
def test_it_hides_what_its_type_time_days_and_hours_say(scene: Scene, silence: Silence, hidden: int) -> None:
    fire_all(scene)
    scene.alerts.silences.add(SYSTEM, scene.hotel.hotel_id, silence)
    assert len(open_rooms(scene)) == 3 - hidden
    assert [row.hidden for row in scene.alerts.silences.listed(SYSTEM)] == [hidden]


def test_a_silenced_floor_hides_its_rooms(scene: Scene) -> None:
    fire_all(scene)
    floor = floor_of(scene, 0)
    scene.alerts.silences.add(SYSTEM, scene.hotel.hotel_id, replace(WEEK, floor_id=floor))
    left = [room for number, room in enumerate(scene.hotel.rooms[:3]) if floor_of(scene, number) != floor]
    assert open_rooms(scene) == sorted(left)
    (row,) = scene.alerts.silences.listed(SYSTEM)
    assert row.floor is not None


def test_what_is_seen_after_its_end_is_shown_and_lifted_it_hides_nothing(scene: Scene, clock: FixedClock) -> None:
    fire_all(scene)
    silence = scene.alerts.silences.add(SYSTEM, scene.hotel.hotel_id, WEEK)
    assert open_rooms(scene) == []
    clock.advance(8 * DAY)
    scene.fire(0, NOW + 8 * DAY)
    assert open_rooms(scene) == scene.hotel.rooms[:1]
    scene.alerts.silences.lift(SYSTEM, silence)
    assert scene.hotel.rooms[0] in open_rooms(scene)
    (row,) = scene.alerts.silences.listed(SYSTEM)
    assert (row.hidden, row.lifted_by) == (0, "system")


@pytest.mark.parametrize(
    ("silence", "rule"),
    [
        (replace(WEEK, reason="  "), "reason"),
        (replace(WEEK, ends_at=WEEK.starts_at), "end"),
        (replace(WEEK, ends_at=NOW + 400 * DAY), "end"),
        (replace(WEEK, weekdays=(0,)), "weekdays"),
        (replace(WEEK, from_minute=10), "window"),
        (replace(WEEK, from_minute=-1, until_minute=10), "minutes"),
        (replace(WEEK, from_minute=10, until_minute=10), "empty_window"),
        (replace(WEEK, room_id=1, product_id=1), "entities"),
    ],
)
def test_a_silence_that_breaks_a_rule_is_refused_with_that_rule(scene: Scene, silence: Silence, rule: str) -> None:
    with pytest.raises(AppError, match="silence_wrong") as refused:
        scene.alerts.silences.add(SYSTEM, scene.hotel.hotel_id, silence)
    assert refused.value.message_id == f"error.silence_{rule}"


def test_silences_belong_to_their_hotel(scene: Scene, cast: Cast) -> None:
    silence = scene.alerts.silences.add(cast.ayse, scene.hotel.hotel_id, WEEK)
    assert scene.alerts.silences.listed(cast.cem) == []
    for work in (
        lambda: scene.alerts.silences.lift(cast.cem, silence),
        lambda: scene.alerts.silences.add(cast.cem, scene.hotel.hotel_id, WEEK),
        lambda: scene.alerts.silences.add(cast.ayse, scene.hotel.hotel_id, replace(WEEK, room_id=999_999)),
    ):
        with pytest.raises(AppError, match="not_found"):
            work()
    with pytest.raises(AppError, match="forbidden"):
        scene.alerts.silences.add(cast.bora, scene.hotel.hotel_id, WEEK)
