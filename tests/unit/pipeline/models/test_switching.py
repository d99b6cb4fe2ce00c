"""Which version a process uses: a new one only after it loaded and scored, the old one until then (R4, B9)."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from core.errors import AppError
from db.queries.models import ModelRow
from pipeline.models.switching import LOOK_SECONDS, RETRY_SECONDS, Switchboard

AT = datetime(2026, 3, 2, 5, tzinfo=UTC)
KIND = (1, "stok_seviye", "zscore")


def version(number: int) -> ModelRow:
    return ModelRow(
        number, 1, "zscore", "stok_seviye", f"{number}.pkl", 1, "", "", {}, [], {}, {}, None, None, None, AT, True
    )


@dataclass
class World:
    """What is active, what loads, whether the database answers, and the time."""

    active: int | None = 1
    broken: set[int] = field(default_factory=set)
    is_away: bool = False
    now: float = 0.0
    looks: int = 0
    checks: list[int] = field(default_factory=list)

    def find(self, kind: tuple[int, str, str]) -> ModelRow | None:
        self.looks += 1
        if self.is_away:
            raise AppError("database_unavailable", 503, params={"reason": "gone"})
        return None if self.active is None else version(self.active)

    def check(self, row: ModelRow) -> None:
        self.checks.append(row.id)
        if row.id in self.broken:
            raise AppError("model_scores_differ", 409, params={"path": "x"})

    def board(self) -> Switchboard:
        return Switchboard(self.find, self.check, lambda: self.now)


def test_a_switch_is_seen_within_seconds_and_looked_for_no_more_often_than_that() -> None:
    world = World()
    board = world.board()
    assert [board.row(KIND).id for _ in range(5)] == [1] * 5
    assert world.looks == 1
    world.active = 2
    assert board.row(KIND).id == 1
    world.now += LOOK_SECONDS
    assert board.row(KIND).id == 2
    assert LOOK_SECONDS <= 5.0
    world.active, world.now = 1, world.now + LOOK_SECONDS
    assert board.row(KIND).id == 1  # back again


def test_a_version_that_does_not_score_as_trained_leaves_the_old_one_in_place() -> None:
    world = World()
    board = world.board()
    board.row(KIND)
    world.active, world.broken = 2, {2}
    for _ in range(3):
        world.now += LOOK_SECONDS
        assert board.row(KIND).id == 1
    assert world.checks == [1, 2]  # not tried each time
    world.broken, world.now = set(), world.now + RETRY_SECONDS
    assert board.row(KIND).id == 2
    world.active, world.broken = 3, {3}
    world.now += LOOK_SECONDS
    assert board.row(KIND).id == 2
    world.active, world.now = 4, world.now + LOOK_SECONDS
    assert board.row(KIND).id == 4  # another version is tried at once


def test_without_a_database_the_version_in_use_stays_in_use() -> None:
    world = World()
    board = world.board()
    board.row(KIND)
    world.is_away, world.now = True, 100.0
    assert board.row(KIND).id == 1
    fresh = world.board()
    with pytest.raises(AppError, match="database_unavailable"):
        fresh.row(KIND)
    world.is_away, world.active, world.now = False, None, 200.0
    with pytest.raises(AppError, match="model_none_active"):
        board.row(KIND)


def test_a_first_version_that_is_broken_says_what_is_wrong_each_time() -> None:
    board = World(broken={1}).board()
    for _ in range(2):
        with pytest.raises(AppError, match="model_scores_differ"):
            board.row(KIND)


def test_readers_go_on_with_the_old_version_while_one_of_them_switches() -> None:
    world, entered, release = World(), threading.Event(), threading.Event()

    def slow(row: ModelRow) -> None:
        if row.id == 2:
            entered.set()
            assert release.wait(60)

    board = Switchboard(world.find, slow, lambda: world.now)
    board.row(KIND)
    world.active, world.now = 2, LOOK_SECONDS
    switching = threading.Thread(target=board.row, args=(KIND,))
    switching.start()
    assert entered.wait(60)
    assert board.row(KIND).id == 1
    release.set()
    switching.join(60)
    assert board.row(KIND).id == 2
