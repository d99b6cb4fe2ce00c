"""Versions of the thresholds: saved with a reason, one in force, rolled back, never lost to another's edit (A2.5)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.errors import AppError
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db.queries import versions as data_versions
from db.session import Database
from pipeline.detection.thresholds.search import NOT_MEASURABLE
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.detection.thresholds.settings import HOTEL_WIDE, Change, FamilyRule, segment_key
from tests.cast import Cast, add_cast
from tests.conftest import NOW
from tests.integration.builders import build_hotel
from tests.integration.pipeline.thresholds.conftest import Live

TYPE = "tuketim_miktar"
REFUSED = r"not_found|forbidden"
STRICTER = Change(families={"cell": FamilyRule(extra_evidence=0.5)})


@pytest.fixture
def hotels(database: Database) -> tuple[int, int]:
    with database.transaction() as connection:
        return build_hotel(connection).hotel_id, build_hotel(connection).hotel_id


@pytest.fixture
def cast(database: Database, hotels: tuple[int, int], clock: FixedClock) -> Cast:
    return add_cast(database, clock, *hotels)


@pytest.fixture
def thresholds(database: Database, clock: FixedClock) -> ThresholdService:
    return ThresholdService(database, clock, Settings(alert_budget_per_day=6.0))


def test_the_defaults_hold_until_somebody_saves_a_version(
    thresholds: ThresholdService, hotels: tuple[int, int], cast: Cast, database: Database
) -> None:
    """With a reason, an author, an audit row and a new data version for screens."""
    hotel = hotels[0]
    before = thresholds.current(cast.ayse, hotel)
    assert (before[TYPE].version, before[TYPE].budget_per_day) == (0, 6.0)
    saved = thresholds.save(cast.ayse, hotel, TYPE, STRICTER, "too many on Mondays")
    assert (saved.version, saved.rule("cell").extra_evidence) == (1, 0.5)
    assert thresholds.current(cast.ayse, hotel)[TYPE] == saved
    [version] = thresholds.history(cast.ayse, hotel)
    assert (version.reason, version.created_by, version.source) == ("too many on Mondays", cast.ayse.actor, "manual")
    assert (version.created_at, version.is_active, version.settings.families) == (NOW, True, saved.families)
    with database.reading() as connection:
        assert data_versions.current(connection, [hotel])[hotel, "settings"] == 1
        audited = connection.execute(
            text("SELECT actor, details FROM audit_log WHERE action = 'thresholds_saved'")
        ).all()
    assert audited == [(cast.ayse.actor, {"source": "manual", "reason": "too many on Mondays"})]
    assert thresholds.current(SYSTEM, hotels[1])[TYPE].version == 0


def test_the_budget_is_the_hotels_and_holds_for_every_metric_type(
    thresholds: ThresholdService, hotels: tuple[int, int]
) -> None:
    hotel = hotels[0]
    thresholds.save(SYSTEM, hotel, TYPE, STRICTER, "first")
    thresholds.save(SYSTEM, hotel, HOTEL_WIDE, Change(budget_per_day=12.0), "we can read more")
    current = thresholds.current(SYSTEM, hotel)
    assert {settings.budget_per_day for settings in current.values()} == {12.0}
    assert (current[TYPE].version, current[TYPE].budget_version) == (1, 1)
    assert current[TYPE].rule("cell").extra_evidence == 0.5


def test_a_roll_back_is_a_new_version_that_says_what_the_old_one_said(
    thresholds: ThresholdService, hotels: tuple[int, int]
) -> None:
    hotel = hotels[0]
    thresholds.save(SYSTEM, hotel, TYPE, STRICTER, "first")
    thresholds.save(SYSTEM, hotel, TYPE, Change(segments={segment_key("cell", room=3): 1.0}), "second")
    back = thresholds.rollback(SYSTEM, hotel, TYPE, 1, "room 3 was right")
    assert (back.version, dict(back.segments), back.rule("cell").extra_evidence) == (3, {}, 0.5)
    versions = thresholds.history(SYSTEM, hotel, TYPE)
    assert [(v.settings.version, v.source, v.is_active) for v in versions] == [
        (3, "rollback", True), (2, "manual", False), (1, "manual", False)
    ]  # fmt: skip
    assert dict(versions[1].settings.segments) == {"family=cell;room=3": 1.0}
    defaults = thresholds.rollback(SYSTEM, hotel, TYPE, 0, "from the beginning")
    assert (defaults.version, dict(defaults.families)) == (4, {})
    with pytest.raises(AppError, match="not_found"):
        thresholds.rollback(SYSTEM, hotel, TYPE, 9, "what is that")


def test_who_started_from_an_older_version_is_told(thresholds: ThresholdService, hotels: tuple[int, int]) -> None:
    hotel = hotels[0]
    thresholds.save(SYSTEM, hotel, TYPE, STRICTER, "first", expected_version=0)
    with pytest.raises(AppError, match="threshold_conflict") as caught:
        thresholds.save(SYSTEM, hotel, TYPE, STRICTER, "also first", expected_version=0)
    assert (caught.value.http_status, caught.value.params) == (409, {"expected": 0, "version": 1})
    thresholds.save(SYSTEM, hotel, TYPE, STRICTER, "second", expected_version=1)


def test_two_at_once_both_count_and_one_version_is_in_force(
    thresholds: ThresholdService, hotels: tuple[int, int], database: Database
) -> None:
    """Neither overwrites what the other changed."""
    hotel = hotels[0]

    def save(room: int) -> int:
        change = Change(segments={segment_key("cell", room=room): 0.5})
        return thresholds.save(SYSTEM, hotel, TYPE, change, f"room {room}").version

    with ThreadPoolExecutor(4) as pool:
        versions = sorted(pool.map(save, range(1, 9)))
    assert versions == list(range(1, 9))
    current = thresholds.current(SYSTEM, hotel)[TYPE]
    assert (current.version, len(current.segments)) == (8, 8)
    with database.reading() as connection:
        active = connection.execute(text("SELECT count(*) FROM detection_settings WHERE is_active")).scalar_one()
    assert active == 1


def test_a_version_needs_a_reason_and_a_metric_type_and_right_values(
    thresholds: ThresholdService, hotels: tuple[int, int]
) -> None:
    hotel = hotels[0]
    wrong = [
        (TYPE, STRICTER, " ", "threshold_reason_missing"),
        ("no_such_type", STRICTER, "why not", "unknown_metric_type"),
        (TYPE, Change(families={"cell": FamilyRule(extra_evidence=99.0)}), "more", "threshold_wrong"),
        (HOTEL_WIDE, Change(budget_per_day=0.0), "silence", "threshold_wrong"),
    ]
    for metric_type, change, reason, code in wrong:
        with pytest.raises(AppError, match=code):
            thresholds.save(SYSTEM, hotel, metric_type, change, reason)
    assert thresholds.history(SYSTEM, hotel) == []


def test_each_sees_and_changes_what_is_theirs(
    thresholds: ThresholdService, hotels: tuple[int, int], cast: Cast
) -> None:
    hotel, span = hotels[0], (date(2026, 2, 1), date(2026, 3, 1))
    reader = Scope("reader", frozenset({"alerts.read"}), frozenset({hotel}))
    for scope in (cast.cem, cast.bora):
        with pytest.raises(AppError, match=REFUSED):
            thresholds.current(scope, hotel)
        with pytest.raises(AppError, match=REFUSED):
            thresholds.replay(scope, [hotel], *span)
        with pytest.raises(AppError, match=REFUSED):
            thresholds.save(scope, hotel, TYPE, STRICTER, "mine now")
        with pytest.raises(AppError, match=REFUSED):
            thresholds.history(scope, hotel)
        with pytest.raises(AppError, match=REFUSED):
            thresholds.rollback(scope, hotel, TYPE, 0, "mine now")
        with pytest.raises(AppError, match=REFUSED):
            thresholds.search(scope, hotel, TYPE)
    assert thresholds.current(reader, hotel)[TYPE].version == 0
    for write in (
        lambda: thresholds.save(reader, hotel, TYPE, STRICTER, "x"),
        lambda: thresholds.search(reader, hotel, TYPE),
    ):
        with pytest.raises(AppError, match="forbidden"):
            write()
    assert thresholds.save(cast.ayse, hotel, TYPE, STRICTER, "mine").version == 1


def test_a_hotel_without_a_past_replays_to_nothing(thresholds: ThresholdService, hotels: tuple[int, int]) -> None:
    span = (date(2026, 2, 1), date(2026, 2, 28))
    found = thresholds.replay(SYSTEM, list(hotels), *span)
    assert (found.incidents, len(found.per_day), found.planted_recall.value) == (0, 28, None)
    with pytest.raises(AppError, match="period_wrong"):
        thresholds.replay(SYSTEM, list(hotels), span[1], span[0])
    assert thresholds.replay(SYSTEM, None, *span).incidents == 0
    assert thresholds.search(SYSTEM, hotels[0], TYPE).outcome == NOT_MEASURABLE


def test_families_that_detection_does_not_have_are_refused(live: Live) -> None:
    with pytest.raises(AppError) as caught:
        live.thresholds.save(SYSTEM, live.hotel, TYPE, Change(families={"sell": FamilyRule()}), "typing")
    assert caught.value.message_id == "error.threshold_wrong_family"
    assert "cell" in caught.value.params["known"]
    low = Change(families={"cell": FamilyRule(effect_gate_ratio=0.1)})
    with pytest.raises(AppError, match="threshold_wrong"):
        live.thresholds.save(SYSTEM, live.hotel, TYPE, low, "lower")


def test_a_search_saves_what_holds_with_its_trace(live: Live) -> None:
    """A6.5: the search is shown. Its steps stand with the version that it saved."""
    with live.database.transaction() as connection:
        # A month of cells, every second one of less evidence, of which somebody said that they were nothing.
        connection.execute(
            text(
                "INSERT INTO ml_candidates (hotel_id, metric_type, family, alert_type, entity_type, entity_id, "
                "observed_on, interval_start, timestamp, value, expected, lower, upper, deviation_ratio, effect, "
                "score, context_signature) SELECT :hotel, :type, 'cell', 'tuketim_anomali', 'minibar_slot', "
                "900000 + day, "
                "DATE '2026-01-29' + day, TIMESTAMPTZ '2026-01-29 02:00+00' + day * interval '1 day', "
                "TIMESTAMPTZ '2026-01-29 10:00+00' + day * interval '1 day', 9, 1, 0, 3, 8, 8, "
                "CASE WHEN day % 2 = 0 THEN 4.6 ELSE 8.0 END, 'test=cell' FROM generate_series(0, 30) day"
            ),
            {"hotel": live.hotel, "type": TYPE},
        )
        connection.execute(
            text(
                "INSERT INTO ml_alerts (hotel_id, metric_type, alert_type, entity_type, entity_id, severity, "
                "message_id, message_params, reasons, actions, context_signature, metric_value, expected, "
                "deviation_ratio, score, "
                "started_at, last_seen_at, closed_at, verdict, verdict_at) SELECT hotel_id, metric_type, alert_type, "
                "entity_type, entity_id, 'orta', 'alert.deviation', '{}', '[]', '[]', context_signature, value, "
                "expected, deviation_ratio, score, interval_start, timestamp, timestamp, "
                "CASE WHEN score < 5 THEN 'yanlis_pozitif' ELSE 'dogru' END, timestamp FROM ml_candidates "
                "WHERE entity_id >= 900000"
            )
        )
    trace = live.thresholds.search(SYSTEM, live.hotel, TYPE, 0.9)
    assert trace.saved_version == 1
    [version] = live.thresholds.history(SYSTEM, live.hotel, TYPE)
    assert version.source == "search"
    assert version.trace is not None
    assert version.trace["outcome"] == trace.outcome
    assert len(version.trace["steps"]) == len(trace.steps) >= 2
    assert version.settings.rule("cell").extra_evidence > 0.0
    assert version.settings.rule("room").extra_evidence == 0.0
