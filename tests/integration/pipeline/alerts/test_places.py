"""From one alert to the next: the order of the board with its filters, from any alert, also one that left it (A5.6)."""

from datetime import timedelta

import pytest

from core.errors import AppError
from core.scope import SYSTEM, Scope
from pipeline.alerts.service import AlertFilters
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import Scene

SEVERITIES = ("dusuk", "kritik", "orta", "yuksek", "kritik", "orta")


@pytest.fixture
def six(scene: Scene) -> Scene:
    for number, severity in enumerate(SEVERITIES):
        at = NOW - number * timedelta(hours=1)
        scene.apply(at, scene.anomaly(number % 3, at, severity=severity, alert_type=f"tur_{number // 3}"))
    return scene


@pytest.mark.parametrize("filters", [AlertFilters(), AlertFilters(severities=("kritik", "orta"))])
def test_steps_lead_through_the_board_in_its_order_and_back(six: Scene, filters: AlertFilters) -> None:
    board = [row.id for row in six.alerts.board(SYSTEM, filters).rows]
    place = six.alerts.place(SYSTEM, filters, None)
    assert (place.above, place.is_listed, place.previous_id, place.next_id) == (0, False, None, board[0])
    forth = [place.next_id]
    while (place := six.alerts.place(SYSTEM, filters, forth[-1])).next_id is not None:
        assert (place.above, place.is_listed, place.total) == (len(forth) - 1, True, len(board))
        forth.append(place.next_id)
    back = [forth[-1]]
    while (place := six.alerts.place(SYSTEM, filters, back[-1])).previous_id is not None:
        back.append(place.previous_id)
    assert forth == back[::-1] == board


def test_an_alert_that_left_the_board_keeps_its_neighbours(six: Scene) -> None:
    filters = AlertFilters(states=("unread",))
    first, second, third = (row.id for row in six.alerts.board(SYSTEM, filters).rows[:3])
    six.alerts.mark_read(SYSTEM, second)
    place = six.alerts.place(SYSTEM, filters, second)
    assert (place.total, place.above, place.is_listed) == (5, 1, False)
    assert (place.previous_id, place.next_id) == (first, third)


def test_an_alert_of_another_hotel_has_no_place(six: Scene) -> None:
    [alert, *_] = six.alerts.board(SYSTEM, AlertFilters()).rows
    stranger = Scope("cem", frozenset({"alerts.read"}), frozenset({alert.hotel_id + 1}))
    with pytest.raises(AppError, match="not_found"):
        six.alerts.place(stranger, AlertFilters(), alert.id)
    assert six.alerts.place(stranger, AlertFilters(), None).total == 0
