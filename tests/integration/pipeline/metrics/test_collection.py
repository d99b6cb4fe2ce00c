"""Collection of consumption: intervals, zeros, late and corrected rows (SPEC A7.1, A7.2, P1)."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import Connection, text

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.queries import versions
from db.queries.metrics import hotel_calendar, read_consumption, read_metrics
from db.session import Database
from pipeline.metrics.service import MetricsService
from tests.integration.builders import BuiltHotel, build_hotel

DAY = datetime(2026, 1, 10, 10, 0, tzinfo=UTC)  # 13:00 in Istanbul, after the check-out hour
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def days(number: float) -> datetime:
    return DAY + timedelta(days=number)


def read(database: Database, hotel: BuiltHotel, metric_type: str) -> pd.DataFrame:
    with database.reading() as connection:
        return read_metrics(connection, hotel.hotel_id, metric_type, *EVER)


def consumption(database: Database, hotel: BuiltHotel, room: int = 0, product: int = 0) -> pd.DataFrame:
    with database.reading() as connection:
        rows = read_consumption(connection, hotel.hotel_id, *EVER)
    ours = (rows["room_id"] == hotel.rooms[room]) & (rows["product_id"] == hotel.products[product])
    return rows[ours].reset_index(drop=True)


def collect(database: Database, hotel: BuiltHotel, at: datetime) -> int:
    report = MetricsService(database).collect(SYSTEM, hotel.hotel_id, at, metric_types=("tuketim_miktar",))
    return report.rows_out


@pytest.fixture
def hotel(database: Database) -> BuiltHotel:
    with database.transaction() as connection:
        return build_hotel(connection)


def three_checks(connection: Connection, hotel: BuiltHotel) -> None:
    hotel.visit(connection, 0, days(0), "ilk_dolum", refilled={0: 4, 1: 4, 2: 4})
    hotel.visit(connection, 0, days(1), "yeniden_dolum", consumed={0: 2})
    hotel.visit(connection, 0, days(2), "kontrol")


def test_every_slot_has_a_row_at_every_observing_visit_and_zeros_are_rows(
    database: Database, hotel: BuiltHotel
) -> None:
    """DETECTION 3: zero is not missing. The first filling starts the first interval and has no row of its own."""
    with database.transaction() as connection:
        three_checks(connection, hotel)
    collect(database, hotel, days(3))
    assert len(read(database, hotel, "tuketim_miktar")) == 2 * len(hotel.products)
    cola = consumption(database, hotel)
    assert cola["metric_value"].tolist() == [2.0, 0.0]
    assert cola["interval_start"].tolist() == [days(0), days(1)]
    assert consumption(database, hotel, product=1)["metric_value"].tolist() == [0.0, 0.0]
    assert consumption(database, hotel, room=1).empty


def test_a_room_that_could_not_be_entered_was_not_observed(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        hotel.visit(connection, 0, days(0), "ilk_dolum")
        hotel.do_not_disturb(connection, 0, days(1))
        hotel.visit(connection, 0, days(2), "kontrol", consumed={0: 3})
    collect(database, hotel, days(3))
    rows = consumption(database, hotel)
    assert rows["timestamp"].tolist() == [days(2)]
    assert rows["interval_start"].tolist() == [days(0)]


def test_collecting_twice_writes_nothing_and_does_not_bump_the_version(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        three_checks(connection, hotel)
        hotel.movement(connection, 0, days(0), "giris", 24)
        hotel.custody(connection, 0, days(0), "zimmet", 10)
    assert collect(database, hotel, days(3)) > 0
    with database.reading() as connection:
        before = versions.current(connection, [hotel.hotel_id])
    assert collect(database, hotel, days(3)) == 0
    with database.reading() as connection:
        assert versions.current(connection, [hotel.hotel_id]) == before
    assert before[hotel.hotel_id, "metrics"] >= 1


def test_nothing_after_the_instant_is_read_and_it_is_read_later(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        three_checks(connection, hotel)
    collect(database, hotel, days(1.5))
    assert consumption(database, hotel)["timestamp"].tolist() == [days(1)]
    collect(database, hotel, days(2))
    assert consumption(database, hotel)["timestamp"].tolist() == [days(1), days(2)]


def test_a_run_as_of_an_earlier_instant_loses_nothing(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        three_checks(connection, hotel)
    collect(database, hotel, days(3))
    with database.transaction() as connection:
        hotel.visit(connection, 0, days(1.5), "kontrol")
    collect(database, hotel, days(1))
    collect(database, hotel, days(3))
    assert consumption(database, hotel)["timestamp"].tolist() == [days(1), days(1.5), days(2)]


def test_a_late_visit_changes_its_own_and_the_next_interval_of_its_room(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        three_checks(connection, hotel)
    collect(database, hotel, days(3))
    with database.transaction() as connection:
        hotel.visit(connection, 0, days(1.5), "kontrol")
    assert collect(database, hotel, days(3)) == 2 * len(hotel.products)
    assert consumption(database, hotel)["interval_start"].tolist() == [days(0), days(1), days(1.5)]


def test_a_corrected_line_is_collected_again(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        three_checks(connection, hotel)
    collect(database, hotel, days(3))
    with database.transaction() as connection:
        connection.execute(text("UPDATE visit_lines SET consumed_quantity = 11 WHERE consumed_quantity = 2"))
    assert collect(database, hotel, days(3)) == 1
    assert consumption(database, hotel)["metric_value"].tolist() == [11.0, 0.0]


def test_a_line_that_is_changed_renews_the_recording_time_of_its_visit(database: Database, hotel: BuiltHotel) -> None:
    """The negative control of the trigger: a line inserted together with its visit renews nothing."""
    recorded = text("SELECT id, recorded_at FROM visits ORDER BY id")
    with database.transaction() as connection:
        three_checks(connection, hotel)
        before = connection.execute(recorded).all()
        three = connection.execute(text("SELECT count(*) FROM visits WHERE recorded_at < now()")).scalar_one()
    assert three == 0
    for change in (
        f"INSERT INTO visit_lines (hotel_id, visit_id, product_id) VALUES ({hotel.hotel_id}, {before[2].id}, "
        f"{hotel.products[2]})",
        f"UPDATE visit_lines SET refilled_quantity = 9 WHERE visit_id = {before[2].id}",
        f"DELETE FROM visit_lines WHERE visit_id = {before[2].id}",
    ):
        with database.transaction() as connection:
            connection.execute(text(change))
            after = connection.execute(recorded).all()
        assert after[2].recorded_at > before[2].recorded_at
        assert after[:2] == before[:2]
        before = after


def test_a_moved_visit_leaves_no_row_at_its_old_time(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        three_checks(connection, hotel)
    collect(database, hotel, days(3))
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE visits SET occurred_at = :new WHERE occurred_at = :old"), {"new": days(1.2), "old": days(1)}
        )
    collect(database, hotel, days(3))
    rows = consumption(database, hotel)
    assert rows["timestamp"].tolist() == [days(1.2), days(2)]
    assert rows["metric_value"].tolist() == [2.0, 0.0]


def test_the_score_of_a_row_that_no_longer_exists_goes_with_it(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        three_checks(connection, hotel)
    collect(database, hotel, days(3))
    with database.transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO ml_scores (hotel_id, metric_type, entity_id, timestamp, detector, observations) "
                "SELECT hotel_id, metric_type, entity_id, timestamp, 'x', 1 FROM ml_metrics"
            )
        )
        connection.execute(text("DELETE FROM visits WHERE occurred_at = :old"), {"old": days(1)})
        hotel.visit(connection, 0, days(2.5), "kontrol")
    collect(database, hotel, days(3))
    with database.reading() as connection:
        scored = connection.execute(text("SELECT DISTINCT timestamp FROM ml_scores")).scalars().all()
    assert scored == [days(2)]


def test_units_of_visits_that_observe_nothing_belong_to_the_interval_that_the_next_look_closes(
    database: Database, hotel: BuiltHotel
) -> None:
    with database.transaction() as connection:
        hotel.visit(connection, 0, days(0), "ilk_dolum")
        hotel.visit(connection, 0, days(0.5), "ek_dolum", consumed={0: 1})
        hotel.visit(connection, 0, days(1), "kontrol", consumed={0: 2})
    collect(database, hotel, days(3))
    assert consumption(database, hotel)["metric_value"].tolist() == [3.0]


def test_a_product_found_in_a_visit_gets_a_slot_and_its_zeros(database: Database) -> None:
    with database.transaction() as connection:
        hotel = build_hotel(connection, products=3, par_products=1)
        three_checks(connection, hotel)
    collect(database, hotel, days(2))
    with database.transaction() as connection:
        hotel.visit(connection, 0, days(2.5), "kontrol", consumed={2: 1})
    collect(database, hotel, days(3))
    assert consumption(database, hotel, product=2)["metric_value"].tolist() == [0.0, 0.0, 1.0]


def test_an_unknown_visit_type_is_an_error_and_not_a_guess(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        hotel.visit(connection, 0, days(0), "no_such_type")
    with pytest.raises(AppError, match="unknown_visit_type"):
        collect(database, hotel, days(1))


def test_a_stay_recorded_late_and_then_shortened_reopens_the_intervals_it_touches(
    database: Database, hotel: BuiltHotel
) -> None:
    """SPEC A2.6: a stay turns "vacant" into "occupied"; a corrected one turns it back."""
    with database.transaction() as connection:
        hotel.stay(connection, 1, date(2026, 1, 8), date(2026, 1, 12))  # the hotel's stays are known
        hotel.visit(connection, 0, days(0), "ilk_dolum")
        for day in (1, 2, 3):
            hotel.visit(connection, 0, days(day), "kontrol")
    collect(database, hotel, days(4))
    assert consumption(database, hotel)["occupancy"].tolist() == ["vacant"] * 3
    with database.transaction() as connection:
        stay = hotel.stay(connection, 0, date(2026, 1, 11), date(2026, 1, 13))
    assert collect(database, hotel, days(4)) == 3 * len(hotel.products)
    rows = consumption(database, hotel)
    assert rows["occupancy"].tolist() == ["occupied", "occupied", "vacated"]
    assert rows["exposure"].tolist() == [0.5, 2.0, 2.0]  # arrived on the day of the check, two nights of two guests
    with database.transaction() as connection:
        connection.execute(text("UPDATE stays SET departure_on = '2026-01-12' WHERE id = :id"), {"id": stay})
    collect(database, hotel, days(4))
    assert consumption(database, hotel)["occupancy"].tolist() == ["occupied", "vacated", "vacant"]


def test_without_known_stays_occupancy_is_unknown_and_new_stays_make_it_known(
    database: Database, hotel: BuiltHotel
) -> None:
    """SPEC A2.6: without fresh occupancy data the answer is "unknown", never an accusation."""
    with database.transaction() as connection:
        three_checks(connection, hotel)
    collect(database, hotel, days(3))
    rows = consumption(database, hotel)
    assert rows["occupancy"].tolist() == ["unknown", "unknown"]
    assert rows[["exposure", "guests", "nights"]].isna().all(axis=None)
    with database.transaction() as connection:
        hotel.stay(connection, 1, date(2026, 1, 9), date(2026, 1, 10))
    collect(database, hotel, days(3))
    assert consumption(database, hotel)["occupancy"].tolist() == ["vacant", "vacant"]


def test_a_caller_without_the_permission_or_of_another_hotel_is_refused(database: Database, hotel: BuiltHotel) -> None:
    service = MetricsService(database)
    with pytest.raises(AppError, match="forbidden"):
        service.collect(Scope("ayse", frozenset({"alerts.read"}), None), hotel.hotel_id, DAY)
    with pytest.raises(AppError, match="not_found"):
        service.collect(Scope("cem", frozenset({"jobs.run"}), frozenset({hotel.hotel_id + 1})), hotel.hotel_id, DAY)
    with pytest.raises(AppError, match="not_found"):
        service.collect(SYSTEM, hotel.hotel_id + 1, DAY)


def test_the_calendar_counts_occupied_rooms_of_every_day(database: Database, hotel: BuiltHotel) -> None:
    with database.transaction() as connection:
        hotel.stay(connection, 0, date(2026, 1, 9), date(2026, 1, 11))
        hotel.stay(connection, 1, date(2026, 1, 10), date(2026, 1, 20))
    with database.reading() as connection:
        calendar = hotel_calendar(connection, hotel.hotel_id, days(-1), days(1))
    assert calendar["occupied_rooms"].tolist() == [1, 2, 1]
    assert calendar["rooms"].tolist() == [2, 2, 2]
    assert calendar["day"].dt.strftime("%d").tolist() == ["09", "10", "11"]
