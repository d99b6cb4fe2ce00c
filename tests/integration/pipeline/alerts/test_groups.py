"""Alerts that belong together, over the whole result: one line instead of twenty-two (A5.6)."""

from datetime import timedelta

from core.scope import SYSTEM
from pipeline.alerts.service import AlertFilters
from tests.cast import add_cast
from tests.conftest import NOW
from tests.integration.builders import build_hotel
from tests.integration.pipeline.alerts.conftest import TYPE, Scene
from tests.integration.pipeline.alerts.test_silences import floor_of


def test_alerts_of_a_floor_a_type_and_a_shift_are_one_group(scene: Scene) -> None:
    """NOW is 08:00 in Istanbul: the morning shift; twelve hours later it is the evening's."""
    for room in range(3):
        scene.fire(room, NOW)
    evening = NOW + timedelta(hours=12)
    scene.apply(evening, scene.anomaly(0, evening, alert_type="dolum_eksik", severity="kritik"))
    found = scene.alerts.groups(SYSTEM, AlertFilters())
    assert (found[0].alert_type, found[0].shift) == ("dolum_eksik", "evening")
    assert found[0].severity_rank == 4
    of_type = [group for group in found if group.alert_type == TYPE]
    floors = {floor_of(scene, room) for room in range(3)}
    assert len(of_type) == len(floors)
    assert sum(group.alerts for group in of_type) == sum(group.rooms for group in of_type) == 3
    assert {group.shift for group in of_type} == {"morning"}
    assert {group.product is not None for group in of_type} == {True}  # all are about one product
    listed = {row.id for row in scene.alerts.board(SYSTEM, AlertFilters()).rows}
    assert {alert for group in found for alert in group.alert_ids} == listed


def test_groups_keep_to_filters_and_scope(scene: Scene) -> None:
    scene.fire(0, NOW)
    with scene.database.transaction() as connection:
        other = build_hotel(connection)
    cast = add_cast(scene.database, scene.alerts.clock, scene.hotel.hotel_id, other.hotel_id)
    assert scene.alerts.groups(cast.cem, AlertFilters()) == []
    assert scene.alerts.groups(cast.ayse, AlertFilters(severities=("kritik",))) == []
    assert len(scene.alerts.groups(cast.ayse, AlertFilters())) == 1
