"""What a verdict did and will do, from what is stored, until it ends or is taken back (A6.2, A6.3)."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM
from core.settings import Settings
from db.models.ml import TrainingLog
from db.models.operations import JobRun
from pipeline.alerts.learning.effects import VerdictEffect
from pipeline.alerts.learning.service import LearningService
from pipeline.alerts.service import AlertFilters
from pipeline.detection.suppression import SILENT_FOR
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.detection.thresholds.settings import Change, FamilyRule, segment_key
from tests.cast import Cast
from tests.conftest import NOW
from tests.integration.pipeline.alerts.conftest import Scene

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def learning(scene: Scene, clock: FixedClock) -> LearningService:
    settings = Settings()
    return LearningService(scene.database, clock, settings, ThresholdService(scene.database, clock, settings))


def alert_of(scene: Scene, room: int = 0) -> int:
    scene.fire(room, NOW)
    rows = scene.alerts.board(SYSTEM, AlertFilters(states=("all",))).rows
    return next(row.id for row in rows if row.room_id == scene.hotel.rooms[room])


def night(scene: Scene, at: FixedClock) -> None:
    """A learning and a training that ended well, as their logs say."""
    hotel = scene.hotel.hotel_id
    with scene.database.transaction() as connection:
        connection.execute(
            insert(JobRun),
            {"hotel_id": hotel, "job_name": "learn", "state": "succeeded", "trigger": "schedule",
             "started_at": at.at, "heartbeat_at": at.at, "finished_at": at.at + HOUR},
        )  # fmt: skip
        connection.execute(
            insert(TrainingLog),
            {"hotel_id": hotel, "metric_type": "tuketim_miktar", "model_type": "zscore", "status": "success",
             "started_at": at.at, "finished_at": at.at + 2 * HOUR},
        )  # fmt: skip


def learned(learning: LearningService, hotel_id: int, shifts: dict[str, tuple[float, float]]) -> None:
    """A version that verdicts made: {family or segment: (before, after)}."""
    told = [
        {"key": key, "before": one, "after": two, "confirmed": 3, "false": 11} for key, (one, two) in shifts.items()
    ]
    change = Change(
        families={key: FamilyRule(extra_evidence=two) for key, (_, two) in shifts.items() if "=" not in key},
        segments={key: two for key, (_, two) in shifts.items() if "=" in key},
    )
    learning.thresholds.save(
        SYSTEM, hotel_id, "tuketim_miktar", change, "learning.reason", source="verdicts", trace={"shifts": told}
    )


def test_before_anybody_judged_anything_there_is_nothing_to_tell(scene: Scene, learning: LearningService) -> None:
    assert learning.effect(SYSTEM, alert_of(scene)) == VerdictEffect(None)


@pytest.mark.parametrize("verdict", ["yanlis_pozitif", "beklenen"])
def test_a_dismissed_situation_is_silent_until_a_day_and_up_to_a_size_that_detection_keeps(
    scene: Scene, cast: Cast, learning: LearningService, clock: FixedClock, verdict: str
) -> None:
    """The size named is the one that ``apply`` uses: silent up to it, raised from the other one on."""
    alert = alert_of(scene)  # 9 units where 1.6 were expected, 5.1 units of evidence
    scene.alerts.triage.judge(cast.ayse, [alert], verdict)
    told = learning.effect(cast.ayse, alert).silencing
    assert told is not None
    assert (told.until_at, told.is_over, told.hidden) == (NOW + SILENT_FOR[verdict], False, 0)
    assert (told.expected, told.silent_to, told.raised_from) == (1.6, 10.0, 17.0)

    def raised(value: float, score: float, day: int) -> int:
        one = scene.anomaly(0, NOW + day * HOUR, value=value)
        larger = type(one)(**{**vars(one), "score": score, "deviation_ratio": (value - 1.6) / 1.6})
        return scene.apply(NOW + day * HOUR, larger)

    assert raised(told.silent_to, 50.0, 1) == 0
    assert learning.effect(cast.ayse, alert).silencing.hidden == 1  # type: ignore[union-attr]
    assert raised(told.raised_from, 5.2, 2) == 1
    clock.at = NOW + SILENT_FOR[verdict] + HOUR
    over = learning.effect(cast.ayse, alert).silencing
    assert over is not None
    assert (over.is_over, over.hidden) == (True, 1)


def test_a_fall_is_silent_down_to_a_size(scene: Scene, cast: Cast, learning: LearningService) -> None:
    for room, value in ((0, 14.0), (1, 2.0)):
        low = scene.anomaly(room, NOW, value=value)
        scene.apply(NOW, type(low)(**{**vars(low), "expected": 20.0, "deviation_ratio": value / 20.0 - 1.0}))
    some, all_of_it = sorted(scene.alerts.board(SYSTEM, AlertFilters()).rows, key=lambda row: row.id)
    scene.alerts.triage.judge(cast.ayse, [some.id, all_of_it.id], "beklenen")
    told = learning.effect(cast.ayse, some.id).silencing
    assert told is not None
    assert (told.is_rise, told.silent_to, told.raised_from) == (False, 13.0, 8.0)
    none = learning.effect(cast.ayse, all_of_it.id).silencing
    assert none is not None
    assert none.silent_to is None  # there is no room for a larger fall: of every size


@pytest.mark.parametrize("how", ["withdraw", "undo"])
def test_a_verdict_that_is_taken_back_has_no_effect_any_more_and_says_since_when(
    scene: Scene, cast: Cast, learning: LearningService, clock: FixedClock, how: str
) -> None:
    alert = alert_of(scene)
    done = scene.alerts.triage.judge(cast.ayse, [alert], "yanlis_pozitif")
    assert scene.apply(NOW + HOUR, scene.anomaly(0, NOW + HOUR)) == 0
    clock.advance(timedelta(minutes=5))
    if how == "withdraw":
        scene.alerts.triage.withdraw_verdict(cast.ayse, [alert])
    else:
        scene.alerts.triage.undo(cast.ayse, done.action_id or 0)
    told = learning.effect(cast.ayse, alert)
    assert (told.verdict, told.withdrawn_at, told.silencing, told.teaches) == (None, clock.now(), None, False)
    assert scene.apply(NOW + 2 * HOUR, scene.anomaly(0, NOW + 2 * HOUR)) == 1


def test_a_verdict_counts_from_the_first_night_after_it(
    scene: Scene, cast: Cast, learning: LearningService, clock: FixedClock
) -> None:
    alert = alert_of(scene)
    night(scene, clock)  # before the verdict: knows nothing of it
    clock.advance(HOUR)
    scene.alerts.triage.judge(cast.ayse, [alert], "dogru")
    told = learning.effect(cast.ayse, alert)
    assert (told.teaches, told.learned_at, told.is_left_out, told.trained_at) == (True, None, True, None)
    clock.advance(DAY)
    night(scene, clock)
    told = learning.effect(cast.ayse, alert)
    assert (told.learned_at, told.trained_at) == (clock.at + HOUR, clock.at + 2 * HOUR)


@pytest.mark.parametrize("verdict", ["beklenen", "test"])
def test_what_was_expected_and_trials_teach_nothing(
    scene: Scene, cast: Cast, learning: LearningService, verdict: str
) -> None:
    alert = alert_of(scene)
    scene.alerts.triage.judge(cast.ayse, [alert], verdict)
    told = learning.effect(cast.ayse, alert)
    assert (told.teaches, told.is_left_out, told.silencing is None) == (False, False, verdict == "test")


def test_thresholds_that_verdicts_moved_stand_on_alerts_of_the_same_test_and_place_only(
    scene: Scene, cast: Cast, learning: LearningService
) -> None:
    floor, product = scene.hotel.floors[0], scene.hotel.products[0]
    mine = {"room": (0.4, 0.8), segment_key("room", floor=floor): (0.0, 0.4)}
    others = {
        "cell": (0.0, 0.4), segment_key("room", product=product + 1): (0.0, 0.4),
        segment_key("room", occupancy="vacant"): (0.0, 0.4),
    }  # fmt: skip
    learned(learning, scene.hotel.hotel_id, mine | others)
    told = learning.effect(cast.ayse, alert_of(scene)).thresholds
    assert {one.key: (one.before, one.shift) for one in told} == mine
    assert {(one.verdicts, one.confirmed, one.false) for one in told} == {(14, 3, 11)}
    assert next(one.places for one in told if one.places) == {"floor": "1"}


def test_a_fact_teaches_no_threshold(scene: Scene, cast: Cast, learning: LearningService) -> None:
    alert = alert_of(scene)
    with scene.database.transaction() as connection:
        query = "UPDATE ml_alerts SET alert_type = 'stok_tutarsizlik', metric_type = 'stok_seviye' WHERE id = :id"
        connection.execute(text(query), {"id": alert})
    scene.alerts.triage.judge(cast.ayse, [alert], "dogru")
    assert learning.effect(cast.ayse, alert).teaches is False


def test_the_effect_on_another_hotels_alert_does_not_exist(scene: Scene, cast: Cast, learning: LearningService) -> None:
    with pytest.raises(AppError, match="not_found"):
        learning.effect(cast.cem, alert_of(scene))
