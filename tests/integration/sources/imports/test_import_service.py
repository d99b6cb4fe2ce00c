"""Files into a hotel: idempotent, all or nothing, errors by row and field (issue item 5, SPEC A2)."""

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from core.errors import AppError
from core.i18n import Translator
from core.scope import SYSTEM, Scope
from sources.imports.report import ImportReport, write_errors
from sources.imports.service import ImportService
from tests.integration.sources.imports.conftest import Stored


def saved(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def rules(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(error.row, error.field, error.code) for error in report.errors]


MOVEMENTS = (
    "Ürün Kodu;Hareket Tipi;Miktar;Tarih;Personel;Belge No\n"
    "KOLA;Giriş;120;01.03.2026 09:00;bora;F-1\n"
    "KOLA;Çıkış;24;01.03.2026 10:30;bora;\n"
    "KOLA;Çıkış;24;01.03.2026 10:30;bora;\n"
    "SU;Sayım;0;02.03.2026;;\n"
    "SU;transfer;-5;02.03.2026 11:00;;\n"
)


def test_turkish_headings_numbers_and_local_times_become_our_rows(
    service: ImportService, hotel: int, stored: Stored, tmp_path: Path
) -> None:
    report = service.run(SYSTEM, hotel, "movements", saved(tmp_path, "m.csv", MOVEMENTS))
    assert (report.state, report.rows, report.inserted, report.errors) == ("imported", 5, 5, [])
    rows = stored(
        "SELECT p.code, movement_type, quantity, occurred_at, s.code FROM stock_movements m "
        "JOIN products p ON p.id = product_id LEFT JOIN staff s ON s.id = staff_id ORDER BY m.id",
    )
    assert rows[0] == ("KOLA", "giris", 120, datetime(2026, 3, 1, 6, 0, tzinfo=UTC), "bora")
    assert rows[3] == ("SU", "sayim", 0, datetime(2026, 3, 1, 21, 0, tzinfo=UTC), None)
    assert stored("SELECT cost::text, price::text FROM products ORDER BY code") == [
        ("12.50", "90.00"), ("3.00", "25.00"),
    ]  # fmt: skip


def test_the_same_file_twice_changes_nothing_and_two_equal_rows_stay_two(
    service: ImportService, hotel: int, stored: Stored, tmp_path: Path
) -> None:
    path = saved(tmp_path, "m.csv", MOVEMENTS)
    service.run(SYSTEM, hotel, "movements", path)
    before = stored("SELECT id, external_id, recorded_at FROM stock_movements ORDER BY id")
    version = stored("SELECT version FROM data_versions WHERE topic = 'sources'")
    again = service.run(SYSTEM, hotel, "movements", path)
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 5)
    assert stored("SELECT id, external_id, recorded_at FROM stock_movements ORDER BY id") == before
    assert stored("SELECT version FROM data_versions WHERE topic = 'sources'") == version
    extra = service.run(SYSTEM, hotel, "movements", saved(tmp_path, "m.csv", MOVEMENTS + "SU;fire;1;02.03.2026;;\n"))
    assert (extra.inserted, extra.unchanged) == (1, 5)


def test_the_same_rows_as_xlsx_and_parquet_are_the_same_records(
    service: ImportService, hotel: int, tmp_path: Path
) -> None:
    service.run(SYSTEM, hotel, "movements", saved(tmp_path, "m.csv", MOVEMENTS))
    frame = pd.DataFrame(
        {
            "product": ["KOLA", "KOLA", "KOLA", "SU", "SU"],
            "movement_type": ["giris", "cikis", "cikis", "sayim", "transfer"],
            "quantity": [120, 24, 24, 0, -5],
            "occurred_at": pd.to_datetime(
                ["2026-03-01 09:00", "2026-03-01 10:30", "2026-03-01 10:30", "2026-03-02 00:00", "2026-03-02 11:00"]
            ),
            "staff": ["bora", "bora", "bora", None, None],
            "document_number": ["F-1", None, None, None, None],
        }
    )
    frame.to_excel(tmp_path / "m.xlsx", index=False, engine="xlsxwriter")
    frame.to_parquet(tmp_path / "m.parquet", index=False)
    for name in ("m.xlsx", "m.parquet"):
        report = service.run(SYSTEM, hotel, "movements", tmp_path / name)
        assert (report.inserted, report.updated, report.unchanged, report.errors) == (0, 0, 5, []), name


def test_one_bad_row_refuses_the_whole_file_and_the_errors_name_row_and_field(
    service: ImportService, hotel: int, stored: Stored, tmp_path: Path
) -> None:
    bad = MOVEMENTS + "FANTA;giriş;5;02.03.2026;;\nSU;giriş;0;02.03.2026;;\nSU;hediye;1;32.03.2026;ali;\n"
    report = service.run(SYSTEM, hotel, "movements", saved(tmp_path, "m.csv", bad))
    assert report.state == "refused"
    assert rules(report) == [
        (7, "product", "unknown_product"),
        (8, "quantity", "quantity_not_positive"),
        (9, "movement_type", "unknown_value"),
        (9, "occurred_at", "not_a_date"),
        (9, "staff", "unknown_staff"),
    ]
    assert stored("SELECT count(*) FROM stock_movements") == [(0,)]
    runs = stored("SELECT state, row_count, error_count FROM import_runs ORDER BY id DESC LIMIT 1")
    assert runs == [("refused", 8, 5)]


def test_asked_to_skip_bad_rows_the_good_ones_are_written(
    service: ImportService, hotel: int, stored: Stored, tmp_path: Path
) -> None:
    """The negative control of all or nothing: the same file, only the switch differs."""
    path = saved(tmp_path, "m.csv", MOVEMENTS + "FANTA;giriş;5;02.03.2026;;\n")
    report = service.run(SYSTEM, hotel, "movements", path, skip_bad_rows=True)
    assert (report.state, report.inserted, len(report.errors)) == ("imported", 5, 1)
    assert stored("SELECT count(*) FROM stock_movements") == [(5,)]


def test_a_dry_run_counts_what_would_happen_and_writes_nothing(
    service: ImportService, hotel: int, stored: Stored, tmp_path: Path
) -> None:
    before = stored("SELECT count(*) FROM import_runs")
    path = saved(tmp_path, "m.csv", MOVEMENTS)
    report = service.run(SYSTEM, hotel, "movements", path, dry_run=True, mapping={"note": "Belge No"})
    assert (report.state, report.inserted) == ("checked", 5)
    assert stored("SELECT count(*) FROM stock_movements") == [(0,)]
    assert stored("SELECT count(*) FROM import_mappings") == [(0,)]
    assert stored("SELECT count(*) FROM import_runs") == before
    assert service.run(SYSTEM, hotel, "movements", path).inserted == 5


def test_a_mapping_is_kept_for_the_hotels_next_file(
    service: ImportService, hotel: int, stored: Stored, tmp_path: Path
) -> None:
    content = "A;B;C;D\nSU;giris;4;2026-03-01 08:00\n"
    mapping = {"product": "A", "movement_type": "B", "quantity": "C", "occurred_at": "D"}
    with pytest.raises(AppError, match="import_column_missing") as caught:
        service.run(SYSTEM, hotel, "movements", saved(tmp_path, "1.csv", content))
    assert "occurred_at" in caught.value.params["columns"]
    assert stored("SELECT state FROM import_runs ORDER BY id DESC LIMIT 1") == [("refused",)]
    service.run(SYSTEM, hotel, "movements", saved(tmp_path, "1.csv", content), mapping=mapping)
    assert service.mapping(SYSTEM, hotel, "movements") == mapping
    next_file = service.run(SYSTEM, hotel, "movements", saved(tmp_path, "2.csv", content.replace("4", "6")))
    assert next_file.inserted == 1


def test_text_that_looks_like_sql_or_a_formula_stays_text(
    service: ImportService, hotel: int, stored: Stored, tmp_path: Path
) -> None:
    note = "'); DROP TABLE stays; --"
    content = f'product,movement_type,quantity,occurred_at,note,document_number\nSU,giris,1,2026-03-01,"{note}",=1+1\n'
    assert service.run(SYSTEM, hotel, "movements", saved(tmp_path, "m.csv", content)).inserted == 1
    assert stored("SELECT note, document_number FROM stock_movements") == [(note, "=1+1")]
    assert stored("SELECT count(*) FROM stays") == [(0,)]


def test_errors_can_be_downloaded_in_both_languages_without_formulas(
    service: ImportService, hotel: int, tmp_path: Path
) -> None:
    content = "product;movement_type;quantity;occurred_at\n=cmd|1;giris;9999999999;2026-03-01\n"
    report = service.run(SYSTEM, hotel, "movements", saved(tmp_path, "m.csv", content))
    texts = {}
    for language in ("tr", "en"):
        write_errors(report, tmp_path / f"{language}.csv", Translator(language))
        texts[language] = pd.read_csv(tmp_path / f"{language}.csv", encoding="utf-8-sig")
    assert texts["en"].columns.tolist() == ["row", "field", "value", "rule", "message"]
    assert texts["en"]["rule"].tolist() == ["too_large", "unknown_product"]
    assert texts["en"]["value"].tolist() == ["9999999999", "'=cmd|1"]
    assert (texts["en"]["message"] != texts["tr"]["message"]).all()
    assert not texts["tr"]["message"].str.contains("import.").any()


def test_only_those_allowed_to_import_may_and_only_into_their_hotels(
    service: ImportService, hotel: int, tmp_path: Path
) -> None:
    path = saved(tmp_path, "m.csv", MOVEMENTS)
    with pytest.raises(AppError, match="forbidden"):
        service.run(Scope("bora", frozenset({"alerts.read"}), frozenset({hotel})), hotel, "movements", path)
    with pytest.raises(AppError, match="not_found"):
        service.run(Scope("cem", frozenset({"data.import"}), frozenset({hotel + 1})), hotel, "movements", path)
    with pytest.raises(AppError, match="not_found"):
        service.run(SYSTEM, hotel + 99, "movements", path)
    allowed = Scope("ayse", frozenset({"data.import"}), frozenset({hotel}))
    assert service.run(allowed, hotel, "movements", path).inserted == 5


def test_progress_rises_to_the_end(service: ImportService, hotel: int, tmp_path: Path) -> None:
    seen: list[tuple[float, str]] = []
    path = saved(tmp_path, "m.csv", MOVEMENTS)
    service.run(SYSTEM, hotel, "movements", path, progress=lambda ratio, note: seen.append((ratio, note)))
    ratios = [ratio for ratio, _ in seen]
    assert ratios == sorted(ratios)
    assert ratios[-1] == 1.0


def test_a_hundred_thousand_rows_are_imported_once(service: ImportService, hotel: int, tmp_path: Path) -> None:
    count = 100_000
    times = pd.date_range("2024-01-01", periods=count, freq="7min")
    frame = pd.DataFrame(
        {
            "product": ["KOLA", "SU"] * (count // 2),
            "movement_type": ["giris", "cikis", "cikis", "fire"] * (count // 4),
            "quantity": range(1, count + 1), "occurred_at": times.strftime("%d.%m.%Y %H:%M"), "staff": "bora",
        }
    )  # fmt: skip
    path = tmp_path / "big.csv"
    frame.to_csv(path, sep=";", index=False)
    assert service.run(SYSTEM, hotel, "movements", path).inserted == count
    assert service.run(SYSTEM, hotel, "movements", path).unchanged == count


def test_an_unknown_kind_is_an_error(service: ImportService, hotel: int, tmp_path: Path) -> None:
    with pytest.raises(AppError, match="import_kind_unknown"):
        service.run(SYSTEM, hotel, "invoices", saved(tmp_path, "m.csv", MOVEMENTS))


def test_products_are_corrected_by_code_and_absent_columns_keep_what_is_stored(
    service: ImportService, hotel: int, stored: Stored, tmp_path: Path
) -> None:
    report = service.run(
        SYSTEM, hotel, "products", saved(tmp_path, "p.csv", "code;name;group;price\nSU;Su 0,5 l;İçecek;30\n")
    )
    assert (report.inserted, report.updated) == (0, 1)
    rows = stored("SELECT name, cost::text, price::text, critical_level FROM products WHERE code = 'SU'")
    assert rows == [("Su 0,5 l", "3.00", "30.00", 50)]


def test_days_are_stored_as_written(service: ImportService, hotel: int, stored: Stored, tmp_path: Path) -> None:
    content = "Oda;Giriş Tarihi;Çıkış Tarihi;Kişi Sayısı\n101;30.12.2025;02.01.2026;2\n"
    assert service.run(SYSTEM, hotel, "stays", saved(tmp_path, "s.csv", content)).errors == []
    rows = stored("SELECT arrival_on, departure_on, adults, children FROM stays")
    assert rows == [(date(2025, 12, 30), date(2026, 1, 2), 2, 0)]
