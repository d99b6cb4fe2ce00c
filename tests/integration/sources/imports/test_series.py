"""Custom metrics and the rest of what a hotel records come in by file (SPEC P1, DETECTION 3)."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from core.scope import SYSTEM
from sources.imports.service import ImportService
from tests.integration.sources.imports.conftest import Run, Stored

POINTS = "timestamp;value;entity\n01.03.2026 10:00;21,5;Lobi\n01.03.2026 10:15;;Lobi\n01.03.2026 10:00;-3e-9;Spa\n"
STORED = (
    "SELECT metric_code, entity, occurred_at, value FROM custom_points p JOIN custom_series s ON s.id = series_id "
    "ORDER BY 1, 2, 3"
)


def test_points_become_one_series_an_entity_and_a_blank_value_is_not_observed(run: Run, stored: Stored) -> None:
    report = run("series", POINTS, metric="nem")
    assert (report.inserted, report.errors) == (2, [])
    at = datetime(2026, 3, 1, 7, tzinfo=UTC)
    assert stored(STORED) == [("nem", "Lobi", at, 21.5), ("nem", "Spa", at, -3e-9)]


def test_the_same_points_twice_change_nothing_and_a_corrected_one_is_recorded_anew(run: Run, stored: Stored) -> None:
    run("series", POINTS, metric="nem")
    before = dict(stored("SELECT value, recorded_at FROM custom_points"))
    assert run("series", POINTS, metric="nem").unchanged == 2
    assert run("series", POINTS.replace("21,5", "22,5"), metric="nem").updated == 1
    after = dict(stored("SELECT value, recorded_at FROM custom_points"))
    assert after[-3e-9] == before[-3e-9]
    assert after[22.5] > before[21.5]


def test_a_column_names_the_metric_else_the_file_does(run: Run, stored: Stored) -> None:
    run("series", "metric;timestamp;value\nsu;2026-03-01 10:00;1\nelektrik;2026-03-01 10:00;2\n")
    run("series", "timestamp;value\n2026-03-01 10:00;3\n")
    assert stored("SELECT DISTINCT metric_code FROM custom_series ORDER BY 1") == [
        ("elektrik",), ("series-now",), ("su",),
    ]  # fmt: skip


def test_errors_name_row_field_and_rule(run: Run, stored: Stored) -> None:
    report = run("series", POINTS + "yesterday;1;Lobi\n01.03.2026 11:00;warm;Lobi\n01.03.2026 10:00;9;Spa\n")
    assert [(error.row, error.field, error.code) for error in report.errors] == [
        (5, "occurred_at", "not_a_date"), (6, "value", "not_a_number"), (7, "occurred_at", "duplicate_in_file"),
    ]  # fmt: skip
    assert stored("SELECT count(*) FROM custom_points") == [(0,)]


def test_parquet_values_keep_their_full_precision(
    service: ImportService, hotel: int, stored: Stored, tmp_path: Path
) -> None:
    values = [1.234, 1e-12, 123456.7890123, 0.1 + 0.2, 7.0]
    path = tmp_path / "exact.parquet"
    stamps = pd.date_range("2026-03-01", periods=len(values), freq="h", tz="UTC")
    pd.DataFrame({"timestamp": stamps, "value": values}).to_parquet(path)
    assert service.run(SYSTEM, hotel, "series", path).inserted == len(values)
    assert [row[0] for row in stored("SELECT value FROM custom_points ORDER BY occurred_at")] == values


def test_requests_scans_and_do_not_disturb_are_imported_once(run: Run, stored: Stored) -> None:
    requests = "room;requested_at;completed_at\n101;2026-03-01 10:00;2026-03-01 10:20\n102;2026-03-01 11:00;\n"
    scans = "Oda;Okutma Zamanı;Personel;Başarılı\n101;01.03.2026 10:05;bora;evet\n102;01.03.2026 10:06;bora;hayır\n"
    quiet = "Oda;Tarih\n102;01.03.2026 10:30\n"
    files = {"requests": requests, "scans": scans, "do_not_disturb": quiet}
    assert [run(kind, content).inserted for kind, content in files.items()] == [2, 2, 1]
    assert [run(kind, content).unchanged for kind, content in files.items()] == [2, 2, 1]
    assert stored("SELECT succeeded FROM qr_scans ORDER BY scanned_at") == [(True,), (False,)]


def test_a_request_cannot_be_answered_before_it_was_made(run: Run) -> None:
    report = run("requests", "room;requested_at;completed_at\n101;2026-03-01 10:00;2026-03-01 09:20\n")
    assert [(error.row, error.field, error.code) for error in report.errors] == [
        (2, "completed_at", "ends_before_start")
    ]
