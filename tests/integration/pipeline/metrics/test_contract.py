"""The contract of collection that every metric type of the registry keeps, on a small sample hotel (P1, A7.2)."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from core.clock import local_date
from core.scope import SYSTEM
from db.queries import collect_daily
from db.queries.metrics import read_metrics
from db.session import Database
from pipeline.metrics.registry import METRIC_TYPES
from pipeline.metrics.service import MetricsService
from sources.simulation.service import SimulationService

UNTIL = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ZONE = "Europe/Istanbul"
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
ROOMS, DAYS = 14, 44
DAY = timedelta(days=1)
LONG_AGO = "now() - interval '1 day'"

Tables = dict[str, pd.DataFrame]


def read(database: Database, hotel_id: int, name: str) -> pd.DataFrame:
    with database.reading() as connection:
        return read_metrics(connection, hotel_id, name, *EVER)


def tables(database: Database, hotel_id: int) -> Tables:
    return {name: read(database, hotel_id, name) for name in METRIC_TYPES}


def forget(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("TRUNCATE ml_metrics"))
        connection.execute(text("DELETE FROM pipeline_watermarks"))


def at_once(database: Database, hotel_id: int, at: datetime = UNTIL) -> Tables:
    forget(database)
    MetricsService(database).collect(SYSTEM, hotel_id, at)
    return tables(database, hotel_id)


def assert_same(one: Tables, other: Tables) -> None:
    for name in METRIC_TYPES:
        pd.testing.assert_frame_equal(one[name], other[name], check_exact=True, obj=name)


def simulated(database: Database, days: int = DAYS, until: datetime = UNTIL) -> int:
    return SimulationService(database).create(SYSTEM, rooms=ROOMS, days=days, seed=3, until=until)[0]


def everything_recorded_long_ago(database: Database) -> None:
    """Recording times of the past, so that an incremental run reads only what a test changes."""
    with database.transaction() as connection:
        for source in ("visits", "stock_movements", "custody_movements", "room_checks", "stays", "refill_requests",
                       "qr_scans", "do_not_disturb", "custom_points"):  # fmt: skip
            connection.execute(text(f"ALTER TABLE {source} DISABLE TRIGGER USER"))
            connection.execute(text(f"UPDATE {source} SET recorded_at = {LONG_AGO} WHERE recorded_at > {LONG_AGO}"))
            connection.execute(text(f"ALTER TABLE {source} ENABLE TRIGGER USER"))
        connection.execute(text(f"UPDATE ml_metrics SET collected_at = {LONG_AGO} WHERE collected_at > {LONG_AGO}"))


def test_every_type_is_collected_and_twice_writes_nothing(database: Database) -> None:
    hotel_id = simulated(database)
    found = at_once(database, hotel_id)
    today = local_date(UNTIL, ZONE)
    for name, metric in METRIC_TYPES.items():
        rows = found[name]
        assert len(rows) > 10, name
        assert (rows["interval_start"] < rows["timestamp"]).all(), name
        assert (rows["timestamp"] <= UNTIL).all(), name
        assert not rows.duplicated(["entity_id", "timestamp"]).any(), name
        if metric.cadence_minutes == 24 * 60:
            starts = rows["interval_start"].dt.tz_convert(ZONE)
            assert (starts.dt.normalize() == starts).all(), name
            assert (rows["timestamp"].dt.tz_convert(ZONE).dt.date <= today).all(), name
    service = MetricsService(database)
    assert service.collect(SYSTEM, hotel_id, UNTIL).rows_out == 0
    assert service.compare_everything(SYSTEM, hotel_id, UNTIL).rows_out == 0


def test_zeros_are_rows_where_counting_goes_on_and_missing_days_have_none(database: Database) -> None:
    """DETECTION 3."""
    hotel_id = simulated(database)
    with database.transaction() as connection:  # an attendant who scanned nothing on one day
        connection.execute(
            text(
                "DELETE FROM qr_scans WHERE scanned_at::date = '2026-02-10' "
                "AND staff_id = (SELECT min(staff_id) FROM qr_scans)"
            )
        )
    found = at_once(database, hotel_id)
    for name in ("talep_yogunluk", "gelir_urun", "zimmet_fire", "qr_okutma_siklik", "tuketim_miktar", "gelir_oda"):
        assert (found[name]["metric_value"] == 0).any(), name
    for name in ("talep_yogunluk", "gelir_urun", "zimmet_fire", "qr_okutma_siklik", "doluluk_oran"):
        gaps = found[name].groupby("entity_id")["timestamp"].diff().dropna()
        assert (gaps == DAY).all(), name
    for name in ("qr_okutma_performans", "bosta_tuketim", "gelir_oda"):
        gaps = found[name].groupby("entity_id")["timestamp"].diff().dropna()
        assert (gaps > DAY).any(), name
    assert (found["qr_okutma_performans"]["exposure"] > 0).all()
    assert (found["bosta_tuketim"]["exposure"] > 0).all()


def test_a_history_that_arrives_in_pieces_gives_the_table_of_one_collection(database: Database) -> None:
    """Steps of every length, across midnights, with the visits that the sample hotel records late."""
    service, simulation = MetricsService(database), SimulationService(database)
    began = UNTIL - 20 * DAY
    hotel_id = simulated(database, DAYS - 20, began)
    service.collect(SYSTEM, hotel_id, began)
    at = began
    for hours in (1, 9, 14, 24, 0.25, 30, 100, 200, 102):
        at = min(at + timedelta(hours=hours), UNTIL)
        simulation.extend(SYSTEM, hotel_id, at)
        service.collect(SYSTEM, hotel_id, at)
    in_pieces = tables(database, hotel_id)
    assert service.compare_everything(SYSTEM, hotel_id, at).rows_out == 0
    assert_same(in_pieces, at_once(database, hotel_id, at))


@dataclass(frozen=True)
class Correction:
    """One old record is changed; ``entity`` tells whose rows may change, ``days`` for how many days after it."""

    change: str
    moment: str
    entity: str
    days: float = 1.0


PICK = "SELECT {columns} FROM {table} t WHERE {at} < '2026-02-15T12:00Z' {where} ORDER BY {at} DESC, id DESC LIMIT 1"


def picked(columns: str, table: str, at: str, where: str = "") -> str:
    return PICK.format(columns=columns, table=table, at=at, where=where)


def corrected(table: str, at: str, change: str, entity: str, *, where: str = "", days: float = 1.0) -> Correction:
    return Correction(
        f"UPDATE {table} SET {change} WHERE id = ({picked('id', table, at, where)})", picked(at, table, at, where),
        picked(entity, table, at, where), days,
    )  # fmt: skip


CONSUMED = "AND EXISTS (SELECT FROM visit_lines l WHERE l.visit_id = t.id AND l.consumed_quantity > 0)"
LINE = (
    "UPDATE visit_lines SET consumed_quantity = consumed_quantity + 1 WHERE id = (SELECT min(id) FROM visit_lines "
    f"WHERE consumed_quantity > 0 AND visit_id = ({picked('id', 'visits', 'occurred_at', CONSUMED)}))"
)
OF_LINE = (
    f"FROM visit_lines WHERE consumed_quantity > 0 AND visit_id = ({picked('id', 'visits', 'occurred_at', CONSUMED)})"
)
VISITED = picked("occurred_at", "visits", "occurred_at", CONSUMED)
VACANT = (
    "AND id IN (SELECT (extra_data->>'visit_id')::bigint FROM ml_metrics WHERE extra_data->>'occupancy' = 'vacant')"
)
VACANT_VISIT = picked("id", "visits", "occurred_at", VACANT)
REFILLED = "AND visit_id IN (SELECT visit_id FROM visit_lines WHERE refilled_quantity > 0)"
FLOOR = "(SELECT floor_id FROM rooms r WHERE r.id = t.room_id)"
SLOT = (
    "SELECT s.id FROM minibar_slots s JOIN visits v ON v.room_id = s.room_id "
    f"WHERE v.id = ({picked('id', 'visits', 'occurred_at', CONSUMED)}) "
    f"AND s.product_id = (SELECT product_id {OF_LINE} ORDER BY id LIMIT 1)"
)
CORRECTIONS = {
    "stok_seviye": corrected("stock_movements", "occurred_at", "quantity = quantity + 1", "product_id",
                             where="AND movement_type = 'giris'", days=8),
    "stok_bitis_tahmini": corrected("stock_movements", "occurred_at", "quantity = quantity + 1", "product_id",
                                    where="AND movement_type = 'cikis'", days=30),
    "tuketim_miktar": Correction(LINE, VISITED, SLOT, 0.0),
    "gelir_oda": Correction(LINE, VISITED, picked("room_id", "visits", "occurred_at", CONSUMED)),
    "gelir_urun": Correction(LINE, VISITED, f"SELECT product_id {OF_LINE} ORDER BY id LIMIT 1"),
    "bosta_tuketim": Correction(
        "INSERT INTO visit_lines (hotel_id, visit_id, product_id, consumed_quantity) SELECT v.hotel_id, v.id, "
        f"(SELECT min(product_id) FROM minibar_slots s WHERE s.room_id = v.room_id), 2 FROM visits v "
        f"WHERE v.id = ({VACANT_VISIT})", picked("occurred_at", "visits", "occurred_at", VACANT),
        "SELECT min(id) FROM hotels"),
    "dolum_sure": corrected("room_checks", "ended_at", "started_at = started_at - interval '1 minute'", "staff_id",
                            where=REFILLED, days=0.0),
    "zimmet_kullanim": corrected("custody_movements", "occurred_at", "quantity = quantity + 1", "staff_id",
                                 where="AND movement_type = 'kullanim'", days=60),
    "zimmet_fire": corrected("custody_movements", "occurred_at", "movement_type = 'fire'", "staff_id",
                             where="AND movement_type = 'kullanim'", days=60),
    "doluluk_oran": corrected("stays", "arrival_on", "departure_on = departure_on + 20", "hotel_id", days=60),
    "talep_yanit_sure": corrected("refill_requests", "completed_at", "requested_at = requested_at - interval '1 hour'",
                                  "room_id", days=0.0),
    "talep_yogunluk": corrected("refill_requests", "requested_at", "requested_at = requested_at - interval '3 days'",
                                FLOOR),
    "qr_okutma_siklik": corrected("qr_scans", "scanned_at", "scanned_at = scanned_at - interval '3 days'", "staff_id"),
    "ozel_seri": Correction(
        "UPDATE custom_points SET value = value + 9 WHERE occurred_at = '2026-02-15T12:00Z'",
        "SELECT CAST('2026-02-15T12:00Z' AS timestamptz)", "SELECT min(id) FROM custom_series", 0.0),
    "qr_okutma_performans": corrected("qr_scans", "scanned_at", "succeeded = NOT succeeded", "staff_id"),
}  # fmt: skip


def differing(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Rows of either table that the other one does not have."""
    both = before.merge(after, how="outer", indicator=True)
    return both[both["_merge"] != "both"]


def reopened(
    database: Database, hotel_id: int, correction: Correction, name: str
) -> tuple[pd.DataFrame, datetime, int]:
    """The rows of a type that an incremental run changed after the correction; when and whose the record was."""
    before = read(database, hotel_id, name)
    with database.transaction() as connection:
        moment = pd.Timestamp(connection.execute(text(correction.moment)).scalar_one())
        entity = int(connection.execute(text(correction.entity)).scalar_one())
        connection.execute(text(correction.change))
    MetricsService(database).collect(SYSTEM, hotel_id, UNTIL)
    changed = differing(before, read(database, hotel_id, name))
    return changed, moment.tz_localize("UTC") if moment.tzinfo is None else moment, entity


def test_a_corrected_record_reopens_its_interval_of_every_type(database: Database) -> None:
    """Also of types that are made of other types' rows; nothing else changes, and a full comparison finds no rest."""
    hotel_id = simulated(database)
    at_once(database, hotel_id)
    assert CORRECTIONS.keys() == METRIC_TYPES.keys()
    for name, correction in CORRECTIONS.items():
        everything_recorded_long_ago(database)
        changed, moment, entity = reopened(database, hotel_id, correction, name)
        assert len(changed), name
        assert set(changed["entity_id"]) == {entity}, name
        assert (changed["timestamp"] >= moment - 4 * DAY).all(), name
        assert (changed["interval_start"] <= moment + timedelta(days=correction.days)).all(), name
    assert MetricsService(database).compare_everything(SYSTEM, hotel_id, UNTIL).rows_out == 0


def test_deleted_records_are_put_right_by_comparing_everything(database: Database) -> None:
    hotel_id = simulated(database)
    before = at_once(database, hotel_id)
    with database.transaction() as connection:
        for name, at in (("qr_scans", "scanned_at"), ("refill_requests", "requested_at"), ("stays", "arrival_on"),
                         ("custody_movements", "occurred_at"), ("stock_movements", "occurred_at"),
                         ("custom_points", "occurred_at"), ("visits", "occurred_at")):  # fmt: skip
            connection.execute(text(f"DELETE FROM {name} WHERE {at} > '2026-01-26' AND {at} < '2026-02-14'"))
    assert MetricsService(database).compare_everything(SYSTEM, hotel_id, UNTIL).rows_out > 0
    put_right = tables(database, hotel_id)
    assert [name for name in METRIC_TYPES if differing(before[name], put_right[name]).empty] == []
    assert_same(put_right, at_once(database, hotel_id))


def test_without_any_record_left_nothing_is_left_of_any_type(database: Database) -> None:
    """Also the rows of entities that no longer have a single record; an empty hotel is no error."""
    hotel_id = simulated(database, 30)
    at_once(database, hotel_id)
    with database.transaction() as connection:
        for source in ("room_checks", "visit_lines", "visits", "stock_movements", "custody_movements", "stays",
                       "refill_requests", "qr_scans", "do_not_disturb", "custom_points"):  # fmt: skip
            connection.execute(text(f"DELETE FROM {source}"))
    MetricsService(database).compare_everything(SYSTEM, hotel_id, UNTIL)
    assert {name: len(rows) for name, rows in tables(database, hotel_id).items() if len(rows)} == {}


def test_a_type_that_forgets_late_records_would_be_noticed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the tests above: a collector that looks at new days only."""
    hotel_id = simulated(database)
    at_once(database, hotel_id)
    everything_recorded_long_ago(database)
    monkeypatch.setattr(collect_daily, "earliest_change", lambda *_: None)
    changed, _, _ = reopened(database, hotel_id, CORRECTIONS["qr_okutma_performans"], "qr_okutma_performans")
    assert changed.empty
    assert MetricsService(database).compare_everything(SYSTEM, hotel_id, UNTIL).rows_out > 0


def test_a_new_type_is_one_entry_of_the_registry(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """P1: another type of a known shape and family is collected and judged without a change anywhere else."""
    from pipeline.detection.detectors import judge_of

    another = replace(METRIC_TYPES["talep_yogunluk"], name="talep_gunluk", alert_type="talep_gunluk")
    monkeypatch.setitem(METRIC_TYPES, another.name, another)
    hotel_id = simulated(database, 20)
    MetricsService(database).collect(SYSTEM, hotel_id, UNTIL, metric_types=("talep_gunluk", "talep_yogunluk"))
    found = tables(database, hotel_id)
    pd.testing.assert_frame_equal(found["talep_gunluk"], found["talep_yogunluk"])
    assert judge_of(another).lookback_days == judge_of(METRIC_TYPES["talep_yogunluk"]).lookback_days
