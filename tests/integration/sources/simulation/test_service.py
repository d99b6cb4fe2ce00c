"""The sample hotel in the database: marked, labelled, balanced, continued exactly (issue 2 item 6)."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.bulk import copy_frame
from db.queries import versions
from db.queries.frames import copy_out
from db.session import Database
from sources.ledger import levels
from sources.simulation.anomalies import ANOMALY_TYPES, USUAL_RATES, PlantPlan
from sources.simulation.service import SimulationService

UNTIL = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)  # Monday 13:30 in Istanbul: in the middle of a round
RECORDED = {
    "stays": "arrival_on", "visits": "occurred_at", "room_checks": "ended_at", "stock_movements": "occurred_at",
    "custody_movements": "occurred_at", "refill_requests": "completed_at", "do_not_disturb": "occurred_at",
    "qr_scans": "scanned_at",
}  # fmt: skip
# What tells rows apart, without the ids that differ from hotel to hotel.
CONTENT = {
    "visits": "SELECT v.external_id, r.number, s.code, v.visit_type, v.occurred_at FROM visits v "
    "JOIN rooms r ON r.id = v.room_id JOIN staff s ON s.id = v.staff_id WHERE v.hotel_id = {0} ORDER BY 1",
    "lines": "SELECT v.external_id, p.code, l.consumed_quantity, l.refilled_quantity FROM visit_lines l "
    "JOIN visits v ON v.id = l.visit_id JOIN products p ON p.id = l.product_id WHERE l.hotel_id = {0} ORDER BY 1, 2",
    "checks": "SELECT c.external_id, v.external_id AS visit, c.started_at, c.ended_at FROM room_checks c "
    "JOIN visits v ON v.id = c.visit_id WHERE c.hotel_id = {0} ORDER BY 1",
    "movements": "SELECT m.external_id, p.code, m.movement_type, m.quantity, m.occurred_at FROM stock_movements m "
    "JOIN products p ON p.id = m.product_id WHERE m.hotel_id = {0} ORDER BY 1",
    "custody": "SELECT c.external_id, p.code, s.code AS staff, c.movement_type, c.quantity, c.occurred_at "
    "FROM custody_movements c JOIN products p ON p.id = c.product_id JOIN staff s ON s.id = c.staff_id "
    "WHERE c.hotel_id = {0} ORDER BY 1",
    "stays": "SELECT external_id, arrival_on, departure_on, adults FROM stays WHERE hotel_id = {0} ORDER BY 1",
    "others": "SELECT external_id, requested_at AS at FROM refill_requests WHERE hotel_id = {0} UNION ALL "
    "SELECT external_id, occurred_at FROM do_not_disturb WHERE hotel_id = {0} UNION ALL "
    "SELECT external_id, scanned_at FROM qr_scans WHERE hotel_id = {0} ORDER BY 1",
    "labels": "SELECT a.anomaly_type, r.number, p.code, s.code AS staff, a.started_at, a.ended_at, a.magnitude "
    "FROM planted_anomalies a LEFT JOIN rooms r ON r.id = a.room_id LEFT JOIN products p ON p.id = a.product_id "
    "LEFT JOIN staff s ON s.id = a.staff_id WHERE a.hotel_id = {0} ORDER BY 1, 5, 2, 3, 4",
}


@pytest.fixture
def service(database: Database) -> SimulationService:
    return SimulationService(database)


def read(database: Database, query: str) -> pd.DataFrame:
    with database.reading() as connection:
        return copy_out(connection, query)


def number(database: Database, query: str) -> int:
    with database.reading() as connection:
        return int(connection.execute(text(query)).scalar_one())


def often(factor: float = 6.0) -> PlantPlan:
    return PlantPlan({kind: rate * factor for kind, rate in USUAL_RATES.items()})


def test_two_hotels_are_made_marked_and_reach_no_further_than_asked(
    service: SimulationService, database: Database
) -> None:
    first, second = service.create(SYSTEM, 2, (60, 40), 35, seed=3, until=UNTIL, plant=often())
    hotels = read(database, "SELECT id, code, name, time_zone, simulated FROM hotels ORDER BY id")
    assert hotels["id"].tolist() == [first, second]
    assert hotels["code"].tolist() == ["SAMPLE-1", "SAMPLE-2"]
    assert set(hotels["time_zone"]) == {"Europe/Istanbul"}
    assert hotels["simulated"].all()
    for table, column in RECORDED.items():
        rows = read(
            database,
            f"SELECT count(*) AS rows, bool_and(simulated) AS simulated, "
            f"count(DISTINCT (hotel_id, external_id)) AS keys, max({column})::timestamptz AS newest FROM {table}",
        ).iloc[0]
        assert rows["rows"] > 0, table
        assert rows["simulated"], table
        assert rows["rows"] == rows["keys"], table
        assert UNTIL - timedelta(days=4) < rows["newest"] <= UNTIL, table
    assert number(database, "SELECT count(*) FROM rooms WHERE hotel_id = 1") == 60
    held = number(database, "SELECT count(*) FROM rooms r JOIN par_templates p ON p.room_type_id = r.room_type_id")
    assert number(database, "SELECT count(*) FROM minibar_slots") == held
    assert number(database, "SELECT count(*) FROM products WHERE cost >= price OR critical_level < 0") == 0
    with database.reading() as connection:
        assert versions.current(connection)[second, "sources"] == 1


def test_the_book_of_the_store_is_the_ledgers_and_never_negative(
    service: SimulationService, database: Database
) -> None:
    """The ledger's rule of ``sources.ledger`` on the stored rows; trolleys and store move together."""
    service.create(SYSTEM, 1, 60, 35, seed=3, until=UNTIL)
    movements = read(database, "SELECT product_id, occurred_at, id, movement_type, quantity FROM stock_movements")
    assert (levels(movements)["level"] >= 0).all()
    flows = "SELECT sum(quantity) FROM {0} WHERE movement_type = '{1}'"
    issued = number(database, flows.format("custody_movements", "zimmet"))
    assert issued == number(database, flows.format("stock_movements", "cikis")) > 0
    refilled = "SELECT sum(l.refilled_quantity) FROM visit_lines l JOIN visits v ON v.id = l.visit_id "
    used = number(database, flows.format("custody_movements", "kullanim"))
    assert used == number(database, refilled + "WHERE v.visit_type = 'yeniden_dolum'")
    assert used != number(database, refilled)  # the first filling came from the store, not from trolleys


def test_continuing_in_steps_writes_what_one_step_would(service: SimulationService, database: Database) -> None:
    """SAMPLE-1, -3 and -5 are made from one seed and end on the same instant in three, two and one steps."""
    middle, end = UNTIL + timedelta(hours=21), UNTIL + timedelta(days=6, hours=3)
    hotels = []
    for steps in ((UNTIL, middle, end), (UNTIL, end), (end,)):
        days = 30 + (steps[0].date() - UNTIL.date()).days
        plan = PlantPlan(often().rates, first_day=7)
        (hotel_id,) = service.create(SYSTEM, 1, 60, days, seed=3, until=steps[0], plant=plan)
        for step in steps[1:]:
            before = number(database, f"SELECT count(*) FROM visits WHERE hotel_id = {hotel_id}")
            assert service.extend(SYSTEM, hotel_id, step) > 0
            assert number(database, f"SELECT count(*) FROM visits WHERE hotel_id = {hotel_id}") > before
            assert service.extend(SYSTEM, hotel_id, step) == 0
        hotels.append(hotel_id)
        service.create(SYSTEM, 1, 10, 2, seed=1, until=UNTIL)  # so that the next one is a city hotel again
    for name, query in CONTENT.items():
        in_steps, in_two, at_once = (read(database, query.format(hotel_id)) for hotel_id in hotels)
        assert len(at_once) > 0, name
        pd.testing.assert_frame_equal(in_two, at_once)
        pd.testing.assert_frame_equal(in_steps, at_once)


def test_labels_name_what_was_planted_where_and_when(service: SimulationService, database: Database) -> None:
    plan = PlantPlan({}, tuple((kind, 25) for kind in ANOMALY_TYPES)).with_live(45)
    (hotel_id,) = service.create(SYSTEM, 1, 80, 45, seed=4, until=UNTIL, plant=plan)
    labels = read(database, "SELECT *, details->>'units' IS NOT NULL AS has_units FROM planted_anomalies")
    assert set(labels["anomaly_type"]) == set(ANOMALY_TYPES)
    assert set(labels["hotel_id"]) == {hotel_id}
    assert (labels["started_at"] < labels["ended_at"]).all()
    assert (labels["started_at"] <= UNTIL).all()
    for kind, (metric, entity) in ANOMALY_TYPES.items():
        rows = labels[labels["anomaly_type"] == kind]
        assert set(rows["metric_type"]) == {metric}
        assert set(rows["entity_type"]) <= {entity, "staff"}
    recent = labels[labels["ended_at"] > UNTIL - timedelta(days=2)]
    assert {"vacant_theft", "tenfold_entry", "attendant_slowing"} <= set(recent["anomaly_type"])


def test_a_hotel_without_a_plan_has_no_labels(service: SimulationService, database: Database) -> None:
    service.create(SYSTEM, 1, 20, 30, seed=4, until=UNTIL)
    assert number(database, "SELECT count(*) FROM planted_anomalies") == 0


def imported_hotel(database: Database) -> int:
    """A real hotel with 20 rooms of a type A, their stays of ten weeks, and nothing else."""
    with database.transaction() as connection:
        hotel = "INSERT INTO hotels (code, name, time_zone) VALUES ('REAL', 'Real', 'Europe/Lisbon') RETURNING id"
        hotel_id = int(connection.execute(text(hotel)).scalar_one())
        floor = f"INSERT INTO floors (hotel_id, number, name) VALUES ({hotel_id}, 1, '1') RETURNING id"
        kind = f"INSERT INTO room_types (hotel_id, code, name) VALUES ({hotel_id}, 'A', 'A') RETURNING id"
        floor_id, type_id = (connection.execute(text(query)).scalar_one() for query in (floor, kind))
        rooms = pd.DataFrame(
            [{"hotel_id": hotel_id, "floor_id": floor_id, "room_type_id": type_id, "number": str(n)} for n in range(20)]
        )
        copy_frame(connection, "rooms", rooms)
        ids = [row.id for row in connection.execute(text(f"SELECT id FROM rooms WHERE hotel_id = {hotel_id}"))]
        first = date(2016, 9, 1)
        stays = [
            {"hotel_id": hotel_id, "room_id": room, "arrival_on": first + timedelta(days=start + place % 3),
             "departure_on": first + timedelta(days=start + 4), "adults": 2}
            for place, room in enumerate(ids) for start in range(0, 70, 5)
        ]  # fmt: skip
        copy_frame(connection, "stays", pd.DataFrame(stays))
    return hotel_id


def test_imported_stays_get_everything_else(service: SimulationService, database: Database) -> None:
    hotel_id = imported_hotel(database)
    stays = read(database, "SELECT * FROM stays ORDER BY id")
    assert service.on_stays(SYSTEM, hotel_id, seed=8, plant=often()) > 1000
    pd.testing.assert_frame_equal(stays, read(database, "SELECT * FROM stays ORDER BY id"))
    assert number(database, "SELECT count(*) FROM products") == 27
    assert number(database, "SELECT count(*) FROM hotels WHERE simulated") == 0
    visits = read(
        database, "SELECT min(occurred_at) AS first, max(occurred_at) AS last, bool_and(simulated) FROM visits"
    )
    assert visits["first"][0].date() == date(2016, 9, 1)
    assert visits["last"][0].date() == date(2016, 11, 8)
    assert visits["bool_and"][0]
    hours = read(database, "SELECT extract(hour FROM ended_at AT TIME ZONE 'Europe/Lisbon') AS hour FROM room_checks")
    assert hours["hour"].between(9, 18).all()  # before and after the clocks changed on 30 October
    occupied = "SELECT sum(departure_on - arrival_on) FROM stays"
    consumed = number(database, "SELECT sum(consumed_quantity) FROM visit_lines")
    assert 0.2 < consumed / number(database, occupied) < 0.7


def test_imported_stays_can_be_limited_and_continued(service: SimulationService, database: Database) -> None:
    hotel_id = imported_hotel(database)
    until = datetime(2016, 10, 20, 12, 0, tzinfo=UTC)
    service.on_stays(SYSTEM, hotel_id, seed=8, until=until, days=20)
    span = read(database, "SELECT min(occurred_at) AS first, max(occurred_at) AS last FROM visits")
    assert span["first"][0].date() == date(2016, 9, 30)
    assert until - timedelta(hours=8) < span["last"][0] <= until
    assert service.extend(SYSTEM, hotel_id, until + timedelta(days=2)) > 0
    assert number(database, "SELECT count(*) FROM stays WHERE simulated") == 0


def test_a_hotel_with_records_of_its_own_is_left_alone(service: SimulationService, database: Database) -> None:
    hotel_id = imported_hotel(database)
    service.on_stays(SYSTEM, hotel_id, seed=8, days=5)
    with pytest.raises(AppError, match="simulation_exists"):
        service.on_stays(SYSTEM, hotel_id, seed=8)
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM simulated_hotels"))
    with pytest.raises(AppError, match="simulation_exists"):
        service.on_stays(SYSTEM, hotel_id, seed=8)
    with pytest.raises(AppError, match="simulation_unknown"):
        service.extend(SYSTEM, hotel_id, UNTIL)


def test_without_stays_there_is_nothing_to_simulate_on(service: SimulationService, database: Database) -> None:
    hotel_id = imported_hotel(database)
    with pytest.raises(AppError, match="simulation_no_stays"):
        service.on_stays(SYSTEM, hotel_id, seed=8, until=datetime(2015, 1, 1, tzinfo=UTC))
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM stays"))
    with pytest.raises(AppError, match="simulation_no_stays"):
        service.on_stays(SYSTEM, hotel_id, seed=8)
    assert number(database, "SELECT count(*) FROM products") == 0


@pytest.mark.parametrize(
    ("hotels", "rooms", "days", "field"),
    [(0, 20, 20, "hotels"), (1, 9, 20, "rooms"), (1, 20, 0, "days"), (2, (20, 20, 20), 20, "hotels")],
)
def test_impossible_sizes_are_refused(
    service: SimulationService, database: Database, hotels: int, rooms: int, days: int, field: str
) -> None:
    with pytest.raises(AppError, match="simulation_size_wrong") as raised:
        service.create(SYSTEM, hotels, rooms, days, seed=1, until=UNTIL)
    assert raised.value.params["field"] == field
    assert number(database, "SELECT count(*) FROM hotels") == 0


def test_who_may_not_import_may_not_simulate_and_hotels_of_others_do_not_exist(
    service: SimulationService, database: Database
) -> None:
    hotel_id = imported_hotel(database)
    reader = Scope("bora", frozenset({"overview.read"}), frozenset({hotel_id}))
    other = Scope("cem", frozenset({"data.import"}), frozenset({hotel_id + 1}))
    for scope, error in ((reader, "forbidden"), (other, "not_found")):
        with pytest.raises(AppError, match=error):
            service.on_stays(scope, hotel_id, seed=1)
        with pytest.raises(AppError, match=error):
            service.extend(scope, hotel_id, UNTIL)
    with pytest.raises(AppError, match="forbidden"):
        service.create(reader, seed=1, until=UNTIL)


def test_progress_is_told_and_ends_at_one(service: SimulationService) -> None:
    told: list[tuple[float, str]] = []
    service.create(
        SYSTEM, 2, 20, 15, seed=1, until=UNTIL, progress=lambda ratio, note: told.append((ratio, note))
    )  # fmt: skip
    ratios = [ratio for ratio, _ in told]
    assert ratios == sorted(ratios)
    assert ratios[-1] == 1.0
    assert {note for _, note in told} == {"simulation.progress.days", "simulation.progress.writing"}
