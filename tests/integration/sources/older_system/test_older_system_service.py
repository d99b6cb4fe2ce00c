"""The older system's tables become our sources, once and completely (issue item 5; SPEC A2.1, A2.2)."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.errors import AppError
from core.scope import SYSTEM, Scope
from db.session import Database, open_database
from sources.imports.report import ImportReport
from sources.older_system.service import OlderSystemService

SCHEMA = (Path(__file__).parent / "older_schema.sql").read_text(encoding="utf-8")


def execute(database: Database, statement: str, schema: str = "eski") -> None:
    with database.transaction() as connection:
        connection.execute(text(f'SET LOCAL search_path = "{schema}"'))
        connection.exec_driver_sql(statement)


def stored(database: Database, sql: str) -> list[tuple[Any, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


@pytest.fixture
def older(database: Database) -> Database:
    """Our database with the older system's tables in the schema ``eski``."""
    with database.transaction() as connection:
        connection.execute(text("CREATE SCHEMA eski"))
    execute(database, SCHEMA)
    return database


def connect(database: Database, **options: Any) -> list[ImportReport]:
    return OlderSystemService(database).connect(SYSTEM, "eski", **options)


def test_every_movement_type_arrives_at_the_recorders_hotel(older: Database) -> None:
    connect(older)
    rows = stored(
        older,
        "SELECT h.code, movement_type, quantity, occurred_at, m.external_id FROM stock_movements m "
        "JOIN hotels h ON h.id = hotel_id ORDER BY m.external_id",
    )
    assert [row[:3] for row in rows] == [
        ("OTEL-1", "devir", 50), ("OTEL-1", "giris", 100), ("OTEL-1", "cikis", 20), ("OTEL-1", "transfer", 5),
        ("OTEL-1", "fire", 2), ("OTEL-1", "sayim", 120), ("OTEL-2", "giris", 30),
    ]  # fmt: skip
    assert rows[0][3:] == (datetime(2026, 1, 1, 6, 0, tzinfo=UTC), "stok_hareketleri:1")


def test_a_movement_that_names_no_hotel_is_reported_and_not_guessed(older: Database) -> None:
    first, _ = connect(older)
    homeless = [(error.value, error.params["kind"]) for error in first.errors if error.code == "no_hotel"]
    assert homeless == [("stok_hareketleri:7", "movements")]


def test_operations_recorded_product_by_product_are_one_visit(older: Database) -> None:
    connect(older)
    rows = stored(
        older,
        "SELECT v.external_id, visit_type, p.code, consumed_quantity, refilled_quantity FROM visits v "
        "JOIN hotels h ON h.id = v.hotel_id AND h.code = 'OTEL-1' LEFT JOIN visit_lines l ON l.visit_id = v.id "
        "LEFT JOIN products p ON p.id = l.product_id ORDER BY v.id, p.code",
    )
    assert rows == [
        ("minibar_islemleri:1", "ilk_dolum", "KOLA", 0, 3),
        ("minibar_islemleri:1", "ilk_dolum", "U2", 0, 2),
        ("minibar_islemleri:2", "kontrol", None, None, None),
        ("minibar_islemleri:3", "yeniden_dolum", "KOLA", 2, 2),
        ("minibar_islemleri:4", "setup_kontrol", "KOLA", 1, 2),
        ("minibar_islemleri:4", "setup_kontrol", "U2", 2, 2),
        ("minibar_islemleri:7", "setup_kontrol", "U2", 1, 1),
    ]


def test_checks_keep_their_times_and_find_their_visit(older: Database) -> None:
    connect(older)
    rows = stored(
        older,
        "SELECT r.number, s.code, started_at, ended_at, outcome, v.external_id FROM room_checks c "
        "JOIN rooms r ON r.id = c.room_id JOIN staff s ON s.id = c.staff_id LEFT JOIN visits v ON v.id = visit_id "
        "ORDER BY c.id",
    )
    start, end = datetime(2026, 1, 5, 6, 58, tzinfo=UTC), datetime(2026, 1, 5, 7, 5, tzinfo=UTC)
    assert rows[0] == ("101", "ayse", start, end, "urun_eklendi", "minibar_islemleri:4")
    assert rows[1][3:] == (None, "sarfiyat_yok", None)


def test_a_cancelled_assignment_is_an_issue_and_a_return(older: Database) -> None:
    connect(older)
    rows = stored(
        older,
        "SELECT movement_type, sum(quantity)::int FROM custody_movements c JOIN hotels h ON h.id = hotel_id "
        "JOIN products p ON p.id = product_id WHERE h.code = 'OTEL-1' AND p.code = 'KOLA' GROUP BY 1 ORDER BY 1",
    )
    assert rows == [("iade", 15), ("kullanim", 7), ("zimmet", 20)]


def test_the_newest_list_decides_a_stay_and_its_neighbour_is_left_alone(older: Database) -> None:
    first, _ = connect(older)
    rows = stored(older, "SELECT arrival_on, departure_on, adults, external_id FROM stays ORDER BY arrival_on")
    assert rows == [
        (date(2026, 1, 3), date(2026, 1, 6), 2, "misafir_kayitlari:1:2026-01-03"),
        (date(2026, 1, 6), date(2026, 1, 8), 1, "misafir_kayitlari:1:2026-01-06"),
    ]
    refused = [error.code for error in first.errors if error.params.get("kind") == "stays"]
    assert refused == ["departure_not_after_arrival"]


def test_requests_scans_and_do_not_disturb_arrive(older: Database) -> None:
    connect(older)
    requests = stored(older, "SELECT completed_at, cancelled_at FROM refill_requests ORDER BY requested_at")
    assert requests == [
        (datetime(2026, 1, 4, 17, 30, tzinfo=UTC), None), (None, datetime(2026, 1, 5, 17, 0, tzinfo=UTC)), (None, None),
    ]  # fmt: skip
    assert stored(older, "SELECT count(*), count(staff_id) FROM qr_scans") == [(2, 1)]
    assert stored(older, "SELECT occurred_at FROM do_not_disturb") == [(datetime(2026, 1, 4, 11, 0, tzinfo=UTC),)]


def test_premises_people_products_and_par_levels_arrive(older: Database) -> None:
    connect(older)
    rooms = stored(
        older,
        "SELECT r.number, f.number, t.code FROM rooms r JOIN floors f ON f.id = floor_id "
        "JOIN room_types t ON t.id = room_type_id ORDER BY 1",
    )
    assert rooms == [("101", 1, "STANDART"), ("102", 1, "SUIT"), ("D1", 0, "STANDART")]
    people = stored(older, "SELECT h.code, s.code, role FROM staff s JOIN hotels h ON h.id = hotel_id ORDER BY 1, 2")
    assert people == [
        ("OTEL-1", "ayse", "kat_sorumlusu"), ("OTEL-1", "bora", "depo_sorumlusu"), ("OTEL-2", "cem", "kat_sorumlusu"),
    ]  # fmt: skip
    products = stored(older, "SELECT code, cost::text, price::text FROM products ORDER BY hotel_id, code")
    assert products == [("KOLA", "12.50", "90.00"), ("U2", "0.00", "0.00")] * 2
    par = stored(older, "SELECT p.code, par_level FROM par_templates JOIN products p ON p.id = product_id ORDER BY 1")
    assert par == [("KOLA", 3), ("U2", 2)]
    assert stored(older, "SELECT bool_or(simulated) FROM hotels") == [(False,)]


def test_the_second_copy_writes_nothing_and_the_third_only_what_is_new(older: Database) -> None:
    first = connect(older)
    versions = stored(older, "SELECT hotel_id, version FROM data_versions ORDER BY 1")
    again = connect(older)
    assert sum(report.inserted for report in first) > 40
    assert [(report.inserted, report.updated) for report in again] == [(0, 0), (0, 0)]
    assert stored(older, "SELECT hotel_id, version FROM data_versions ORDER BY 1") == versions
    execute(
        older,
        "INSERT INTO stok_hareketleri (urun_id, hareket_tipi, miktar, islem_yapan_id, islem_tarihi) "
        "VALUES (1, 'cikis', 4, 2, '2026-01-07 09:00+03'); "
        "UPDATE misafir_kayitlari SET cikis_tarihi = '2026-01-09' WHERE islem_kodu = 'C' AND oda_id = 1",
    )
    third = connect(older)
    assert [(report.inserted, report.updated) for report in third] == [(1, 1), (0, 0)]


def test_an_unknown_visit_type_stops_everything(older: Database) -> None:
    with older.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ALTER TYPE eski.minibar_islem_tipi ADD VALUE 'gece_turu'"))
    execute(older, "INSERT INTO minibar_islemleri (oda_id, personel_id, islem_tipi, islem_tarihi) "
                   "VALUES (1, 1, 'gece_turu', '2026-01-07 10:00+03')")  # fmt: skip
    with pytest.raises(AppError) as caught:
        connect(older)
    assert (caught.value.code, caught.value.params["type"]) == ("unknown_visit_type", "gece_turu")
    assert stored(older, "SELECT count(*) FROM hotels") == [(0,)]


def test_another_server_is_read_without_creating_anything_there(
    database: Database, template_url: str, request: pytest.FixtureRequest
) -> None:
    name = f"older_{abs(hash(request.node.nodeid)):x}"
    base = template_url.rsplit("/", 1)[0]
    admin = open_database(f"{base}/postgres", pool_size=1)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        remote = open_database(f"{base}/{name}", pool_size=1)
        try:
            execute(remote, SCHEMA, "public")
            reports = OlderSystemService(database).connect(SYSTEM, url=f"{base}/{name}")
            views = stored(remote, "SELECT count(*) FROM pg_views WHERE schemaname NOT IN ('pg_catalog', "
                                   "'information_schema')")  # fmt: skip
        finally:
            remote.dispose()
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
            admin.dispose()
    assert views == [(0,)]
    assert [report.state for report in reports] == ["imported", "imported"]
    assert stored(database, "SELECT count(*) FROM stock_movements") == [(7,)]


def test_an_older_hotel_can_be_one_that_exists_here(older: Database) -> None:
    with older.transaction() as connection:
        connection.execute(text("INSERT INTO hotels (code, name) VALUES ('DENIZ', 'Deniz')"))
    connect(older, hotel_codes={1: "DENIZ"})
    assert stored(older, "SELECT code FROM hotels ORDER BY 1") == [("DENIZ",), ("OTEL-2",)]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DROP TABLE minibar_dolum_talepleri", "older_table_missing"),
        ("ALTER TABLE odalar RENAME COLUMN oda_no TO numara", "older_column_missing"),
    ],
)
def test_a_schema_that_is_not_the_older_systems_is_named(older: Database, statement: str, code: str) -> None:
    execute(older, statement)
    with pytest.raises(AppError, match=code):
        connect(older)


def test_tables_that_older_releases_lack_are_left_out(older: Database) -> None:
    execute(older, "DROP TABLE oda_dnd_kayitlari, oda_tipi_setup, setup_icerik")
    first, _ = connect(older)
    assert "do_not_disturb" not in first.details["kinds"]
    assert first.details["kinds"]["visits"]["inserted"] == 5


def test_a_missing_schema_and_a_missing_permission_are_errors(database: Database) -> None:
    with pytest.raises(AppError, match="older_schema_missing"):
        OlderSystemService(database).connect(SYSTEM, "yok")
    with pytest.raises(AppError, match="forbidden"):
        OlderSystemService(database).connect(Scope("bora"), "eski")
