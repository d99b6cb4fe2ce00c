"""The screen of thresholds: what would come and go, counted by hand; saved all or none, by whom it may be (A2.5)."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.models.ml import PlantedAnomaly
from db.models.premises import MinibarSlot
from db.queries import versions as data_versions
from db.session import Database
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.detection.thresholds.settings import HOTEL_WIDE, Change, FamilyRule
from reports.threshold_preview import SHOWN_ALERTS, Preview
from reports.thresholds import Proposal, TuningService
from tests.cast import Cast, add_cast
from tests.conftest import NOW
from tests.integration.builders import BuiltHotel, build_hotel
from tests.integration.tried_past import CHECK, CONFIRMED, FALSE_ALARM, GATE, PAST, TESTS, TYPE, Event, tried_past

DAYS = 30
SLOTS = 60


@pytest.fixture
def hotel(database: Database) -> BuiltHotel:
    return built(database)


@pytest.fixture
def tuning(database: Database, clock: FixedClock) -> TuningService:
    thresholds = ThresholdService(database, clock, Settings(alert_budget_per_day=5.0))
    return TuningService(database, clock, thresholds)


def built(database: Database, rooms: int = SLOTS // 3) -> BuiltHotel:
    with database.transaction() as connection:
        made = build_hotel(connection, rooms=rooms)
        for room in made.rooms:
            for product in made.products:
                row = {"hotel_id": made.hotel_id, "room_id": room, "product_id": product}
                connection.execute(insert(MinibarSlot), row)
    return made


def extra(evidence: float) -> Proposal:
    return Proposal(TYPE, CHECK, rule=FamilyRule(extra_evidence=evidence))


def looked(tuning: TuningService, hotel: BuiltHotel, proposal: Proposal, days: int = DAYS) -> Preview:
    return tuning.preview(SYSTEM, hotel.hotel_id, days, proposal)


def test_more_evidence_takes_the_false_alarm_and_then_the_confirmed_one(
    tuning: TuningService, hotel: BuiltHotel, database: Database
) -> None:
    """The check needs evidence of 3; the false alarm has 3.2, the confirmed alert 5.0."""
    raised = tried_past(database, hotel.hotel_id, NOW)
    found = looked(tuning, hotel, extra(0.5))
    assert (found.before.alerts, found.after.alerts, found.days) == (2, 1, DAYS)
    assert found.before.alerts_per_day == pytest.approx(2 / 30)
    assert found.more_per_week == pytest.approx(-7 / 30)
    assert (found.before.false_alarms, found.after.false_alarms) == (1, 0)
    assert (found.before.missed, found.after.missed) == (0, 0)
    assert (found.before.verdict_precision.value, found.after.verdict_precision.value) == (0.5, 1.0)
    assert (found.before.verdict_precision.n, found.after.verdict_precision.n) == (2, 1)
    assert found.after.planted_recall.value is None
    [gone] = found.disappear.alerts
    assert (gone.alert_id, gone.is_right, gone.is_planted, gone.score) == (raised[1], False, None, FALSE_ALARM.score)
    assert (gone.room, gone.product, gone.severity, gone.message_id) == ("101", "P1", "kritik", "alert.consumption")
    assert (gone.message_params or {})["room"] == "101"
    assert (found.appear.total, found.disappear.confirmed, found.disappear.false) == (0, 0, 1)
    both = looked(tuning, hotel, extra(2.5))
    assert (both.after.alerts, both.disappear.total, both.disappear.confirmed, both.disappear.false) == (0, 2, 1, 1)
    assert (both.after.missed, both.after.verdict_recall.value) == (1, 0.0)


def test_a_larger_budget_brings_what_nobody_was_told(
    tuning: TuningService, hotel: BuiltHotel, database: Database
) -> None:
    tried_past(database, hotel.hotel_id, NOW)
    found = looked(tuning, hotel, Proposal(TYPE, CHECK, budget_per_day=10.0))
    [new] = found.appear.alerts
    assert (new.alert_id, new.message_id, new.is_right, new.days) == (None, None, None, 1)
    assert (new.needed_before, new.needed_after) == pytest.approx((3.0, 2.69897), abs=1e-5)
    assert (new.room, new.product, new.at) == ("101", "P2", NOW - timedelta(days=10))
    assert found.disappear.total == 0
    assert int(found.daily["after"].sum()) - int(found.daily["before"].sum()) == 1
    assert found.after.by_check == {(TYPE, CHECK): 3}
    assert tuning.counts(SYSTEM, hotel.hotel_id, DAYS) == {(TYPE, CHECK): 2}
    assert looked(tuning, hotel, Proposal(TYPE, CHECK, budget_per_day=10.0), days=7).appear.total == 0


def test_an_alert_of_several_days_is_one_and_one_that_only_grows_is_none(
    tuning: TuningService, hotel: BuiltHotel, database: Database
) -> None:
    """Five days of an event above the threshold of 3; raised to 3.5 it goes as one alert. A day more is no new one."""
    tried_past(database, hotel.hotel_id, NOW, (Event(9, 3.3, "yanlis_pozitif", days=5), Event(20, 4.0)))
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE ml_candidates SET score = 2.8 WHERE score = 4.0 OR observed_on = :on"),
            {"on": (NOW - timedelta(days=5)).date()},
        )
        connection.execute(
            text("UPDATE ml_candidates SET score = 2.8 WHERE hotel_id = :id AND observed_on < :on"),
            {"id": hotel.hotel_id, "on": (NOW - timedelta(days=19)).date()},
        )
    gone = looked(tuning, hotel, extra(0.5)).disappear
    assert (gone.total, gone.alerts[0].days) == (1, 4)
    grown = looked(tuning, hotel, extra(-0.3))
    assert [alert.at for alert in grown.appear.alerts] == [NOW - timedelta(days=20)]


def test_the_check_in_hand_is_measured_by_its_own_alerts(
    tuning: TuningService, hotel: BuiltHotel, database: Database
) -> None:
    """The confirmed alert is another check's: of this one only the false alarm is left."""
    tried_past(database, hotel.hotel_id, NOW)
    both = looked(tuning, hotel, extra(0.5))
    assert [(m.value, m.n) for m in (both.before.check_precision, both.after.check_precision)] == [(0.5, 2), (1.0, 1)]
    with database.transaction() as connection:
        connection.execute(text("UPDATE ml_candidates SET family = 'vacant' WHERE score = 5.0"))
        connection.execute(
            text(
                "INSERT INTO ml_test_counts (hotel_id, metric_type, family, observed_on, tests, share, "
                "effect_gate_ratio) SELECT hotel_id, metric_type, 'vacant', observed_on, tests, share, "
                "effect_gate_ratio FROM ml_test_counts"
            )
        )
        data_versions.bump(connection, hotel.hotel_id, "scores")
    own = looked(tuning, hotel, extra(0.5))
    assert (own.before.check_precision.value, own.before.check_precision.n) == (0.0, 1)
    assert (own.after.check_precision.value, own.after.check_precision.n) == (None, 0)
    assert (own.after.verdict_precision.value, own.after.by_check) == (1.0, {(TYPE, "vacant"): 1})


def test_planted_anomalies_measure_where_nobody_judged(
    tuning: TuningService, hotel: BuiltHotel, database: Database
) -> None:
    tried_past(database, hotel.hotel_id, NOW, (Event(3, 3.2), Event(8, 4.0)))
    with database.transaction() as connection:
        at = NOW - timedelta(days=3)
        label = {
            "hotel_id": hotel.hotel_id, "anomaly_type": "x", "metric_type": TYPE, "entity_type": "minibar_slot",
            "room_id": hotel.rooms[0], "product_id": hotel.products[0], "started_at": at - timedelta(hours=2),
            "ended_at": at,
        }  # fmt: skip
        connection.execute(insert(PlantedAnomaly), label)
    found = looked(tuning, hotel, extra(0.5))
    assert found.judged == 0
    assert (found.before.planted_recall.value, found.after.planted_recall.value) == (1.0, 0.0)
    assert (found.before.planted_precision.value, found.before.planted_precision.n) == (0.5, 2)
    assert (found.before.planted_missed, found.after.planted_missed) == (0, 1)
    assert [alert.is_planted for alert in found.disappear.alerts] == [True]


def test_of_many_alerts_the_first_are_shown_and_all_are_counted(
    tuning: TuningService, hotel: BuiltHotel, database: Database
) -> None:
    """The budget of a week lets six entities through; with 100 a day all of them."""
    tried_past(database, hotel.hotel_id, NOW, tuple(Event(2, 4.0) for _ in range(SLOTS)))
    found = looked(tuning, hotel, Proposal(TYPE, CHECK, budget_per_day=100.0))
    assert found.before.alerts == 6
    assert (found.appear.total, len(found.appear.alerts)) == (SLOTS - 6, SHOWN_ALERTS)


def test_checks_and_where_they_can_be_told_apart(tuning: TuningService, hotel: BuiltHotel, database: Database) -> None:
    tried_past(database, hotel.hotel_id, NOW)
    found = tuning.tuning(SYSTEM, hotel.hotel_id)
    [check] = found.checks
    assert (check.metric_type, check.family, check.gate_ratio, check.tests_per_day) == (TYPE, CHECK, GATE, TESTS)
    assert [segment.places for segment in check.segments][:2] == [(("floor", "1"),), (("room_type", "Standard"),)]
    key = check.segments[0].key
    narrow = looked(tuning, hotel, Proposal(TYPE, CHECK, segment=key, segment_evidence=2.5))
    assert narrow.disappear.total == 2
    assert found.metric_types == [TYPE]


def test_saving_is_all_or_none_and_tells_who_was_quicker(
    tuning: TuningService, hotel: BuiltHotel, database: Database
) -> None:
    tried_past(database, hotel.hotel_id, NOW)
    both = Proposal(TYPE, CHECK, rule=FamilyRule(extra_evidence=0.5), budget_per_day=8.0)
    thresholds = tuning.thresholds
    thresholds.save(SYSTEM, hotel.hotel_id, HOTEL_WIDE, Change(budget_per_day=6.0), "quicker")
    with pytest.raises(AppError, match="threshold_conflict"):
        tuning.save(SYSTEM, hotel.hotel_id, both, "too late", (0, 0))
    assert [one.reason for one in thresholds.history(SYSTEM, hotel.hotel_id)] == ["quicker"]
    assert tuning.save(SYSTEM, hotel.hotel_id, both, "now", (0, 1)) == {TYPE: 1, HOTEL_WIDE: 2}
    [budget, rule, first] = sorted(
        tuning.history(SYSTEM, hotel.hotel_id, TYPE), key=lambda one: (one.metric_type, -one.version)
    )[:3]
    assert {one.reason for one in (budget, rule, first)} == {"now", "quicker"}
    values = {
        (one.metric_type, one.version): [(d.what, d.before, d.after) for d in one.differences]
        for one in (budget, rule, first)
    }
    assert values == {
        (TYPE, 1): [("evidence", 0.0, 0.5)],
        (HOTEL_WIDE, 1): [("budget", 5.0, 6.0)],
        (HOTEL_WIDE, 2): [("budget", 6.0, 8.0)],
    }


def test_each_sees_and_saves_what_is_theirs(
    tuning: TuningService, hotel: BuiltHotel, database: Database, clock: FixedClock
) -> None:
    other = built(database, rooms=1)
    tried_past(database, hotel.hotel_id, NOW)
    cast: Cast = add_cast(database, clock, hotel.hotel_id, other.hotel_id)
    reader = Scope("reader", frozenset({"alerts.read"}), frozenset({hotel.hotel_id}))
    for scope in (cast.cem, cast.bora):
        for read in (
            lambda who=scope: tuning.tuning(who, hotel.hotel_id),
            lambda who=scope: tuning.preview(who, hotel.hotel_id, DAYS, extra(1.0)),
            lambda who=scope: tuning.counts(who, hotel.hotel_id, DAYS),
            lambda who=scope: tuning.history(who, hotel.hotel_id, TYPE),
            lambda who=scope: tuning.save(who, hotel.hotel_id, extra(1.0), "mine", (0, 0)),
        ):
            with pytest.raises(AppError, match=r"not_found|forbidden"):
                read()
    assert tuning.preview(reader, hotel.hotel_id, DAYS, extra(1.0)).before.alerts == 2
    with pytest.raises(AppError, match="forbidden"):
        tuning.save(reader, hotel.hotel_id, extra(1.0), "mine", (0, 0))
    assert tuning.save(cast.ayse, hotel.hotel_id, extra(1.0), "mine", (0, 0)) == {TYPE: 1}


def test_a_hotel_that_was_never_judged_has_nothing_to_try(tuning: TuningService, hotel: BuiltHotel) -> None:
    assert tuning.tuning(SYSTEM, hotel.hotel_id).checks == ()
    assert tuning.history(SYSTEM, hotel.hotel_id, TYPE) == []
    found = looked(tuning, hotel, Proposal(TYPE, CHECK))
    assert (found.before.alerts, found.before.verdict_precision.value, found.judged) == (0, None, 0)


def test_the_past_is_as_it_says() -> None:
    assert [event.score for event in PAST] == [CONFIRMED.score, FALSE_ALARM.score, 2.8]
