"""Alerts of 24 hours, 7 and 30 days beside the period before; each number is what the board finds (A5.4, A5.6)."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from core.clock import FixedClock
from core.scope import SYSTEM, Scope
from pipeline.alerts.service import AlertFilters, CountRow
from tests.cast import Cast
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import Scene

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LENGTHS = [DAY, 7 * DAY, 30 * DAY]
AT = NOW + 40 * DAY


@pytest.fixture
def lived(scene: Scene, cast: Cast, clock: FixedClock) -> Scene:
    """Alerts raised 12 hours to 38 days before ``AT``; some closed by themselves, some by Ayşe, one snoozed."""
    for number, ago in enumerate((38, 33, 12, 10, 9, 6, 4, 1.5, 0.5)):
        at = AT - ago * DAY
        severity = ("kritik", "orta")[number % 2]
        scene.apply(at, scene.anomaly(number % 3, at, severity=severity, alert_type=f"tur_{number}"))
    rows = {row.alert_type: row.id for row in scene.alerts.board(SYSTEM, AlertFilters(states=("all",))).rows}
    clock.at = AT - 0.6 * DAY
    scene.alerts.triage.close(cast.ayse, [rows["tur_5"]], "bitti")
    room = scene.hotel.rooms[8 % 3]
    for hours in (2, 1):
        scene.apply(AT - hours * HOUR, normal=[("tur_8", "room", room)])
    clock.at = AT
    scene.alerts.triage.snooze(cast.ayse, [rows["tur_7"]], AT + DAY)
    return scene


def found(scene: Scene, scope: Scope, **wanted: object) -> int:
    return scene.alerts.board(scope, AlertFilters(**wanted), limit=1).total  # type: ignore[arg-type]


@pytest.mark.parametrize("length", LENGTHS)
def test_each_number_is_what_the_board_finds_with_the_filters_of_its_link(
    lived: Scene, cast: Cast, length: timedelta
) -> None:
    told = lived.alerts.summary(cast.ayse, None, length, AT)
    since = AT - length
    rows: list[tuple[CountRow, dict[str, tuple[str, ...]]]] = [(told.everything, {})]
    rows += [(row, {"severities": (severity,)}) for severity, row in told.by_severity.items()]
    rows += [(row, {"alert_types": (row.alert_type,)}) for row in told.by_type]
    assert len(rows) > 4
    for row, wanted in rows:
        assert row.raised == found(lived, cast.ayse, states=("all",), raised_since=since, **wanted)
        assert row.closed == found(lived, cast.ayse, states=("closed",), closed_since=since, **wanted)
        assert row.open == found(lived, cast.ayse, **wanted)


def test_the_period_before_has_the_same_length_and_who_closed_is_told_apart(lived: Scene, cast: Cast) -> None:
    week = lived.alerts.summary(cast.ayse, None, 7 * DAY, AT).everything
    assert (week.raised, week.raised_before) == (4, 3)
    assert (week.closed, week.closed_before, week.closed_by_itself) == (5, 2, 4)  # three after a quiet week
    day = lived.alerts.summary(cast.ayse, None, DAY, AT).everything
    assert (day.raised, day.raised_before) == (1, 1)
    by_type = {row.alert_type: row for row in lived.alerts.summary(cast.ayse, None, DAY, AT).by_type}
    assert (by_type["tur_5"].closed, by_type["tur_5"].closed_by_itself) == (1, 0)
    assert (by_type["tur_8"].closed, by_type["tur_8"].closed_by_itself) == (1, 1)
    [snoozed] = [row for row in lived.alerts.summary(cast.ayse, None, 7 * DAY, AT).by_type if row.alert_type == "tur_7"]
    assert (snoozed.raised, snoozed.open) == (1, 0)  # the board does not show it


def test_other_hotels_count_for_nobody_else_and_all_of_it_is_one_statement(lived: Scene, cast: Cast) -> None:
    assert lived.alerts.summary(cast.cem, None, 30 * DAY, AT).everything.raised == 0
    statements: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(lived.database.engine, "before_cursor_execute", note)
    lived.alerts.summary(cast.ayse, None, 30 * DAY, AT)
    event.remove(lived.database.engine, "before_cursor_execute", note)
    assert sum("ml_alerts" in statement for statement in statements) == 1
