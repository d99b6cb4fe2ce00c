"""Files as they come: encodings, delimiters, blank and broken rows, wrong types, empty files."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from core.errors import AppError
from sources.imports.columns import match_columns
from sources.imports.fields import KINDS
from sources.imports.reading import read_table

CONTENT = "Ürün;Miktar\nŞalgam;1\nİçli köfte;2\n"


def saved(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1254"])
def test_turkish_letters_survive_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    frame = read_table(saved(tmp_path, "a.csv", CONTENT.encode(encoding))).frame
    assert frame.columns.tolist() == ["Ürün", "Miktar"]
    assert frame["Ürün"].tolist() == ["Şalgam", "İçli köfte"]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    frame = read_table(saved(tmp_path, "a.csv", CONTENT.replace(";", delimiter).encode())).frame
    assert frame.shape == (2, 2)


def test_a_compressed_file_is_the_same_table(tmp_path: Path) -> None:
    frame = read_table(saved(tmp_path, "a.csv.gz", gzip.compress(CONTENT.encode(), mtime=0))).frame
    assert frame["Miktar"].tolist() == ["1", "2"]


def test_rows_keep_their_numbers_past_blank_and_broken_rows(tmp_path: Path) -> None:
    content = 'a;b\n1;2\n\n;\n3\n"x\ny";5\n6;7\n'
    table = read_table(saved(tmp_path, "a.csv", content.encode()))
    assert table.frame.index.tolist() == [2, 6, 7]
    assert [(error.row, error.code, error.params) for error in table.errors] == [
        (5, "wrong_column_count", {"expected": 2, "found": 1})
    ]


def test_typed_cells_of_spreadsheets_and_parquet_keep_their_values(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"room": [101.0, 102.0], "price": [1.234, 2.5], "at": pd.to_datetime(["2026-03-01 09:00", "2026-03-02 00:00"]),
         "text": ["=1+1", None]},
    )  # fmt: skip
    frame.to_parquet(tmp_path / "a.parquet")
    with pd.ExcelWriter(
        tmp_path / "a.xlsx", engine="xlsxwriter", engine_kwargs={"options": {"strings_to_formulas": False}}
    ) as writer:
        frame.to_excel(writer, index=False)
    for name in ("a.parquet", "a.xlsx"):
        read = read_table(tmp_path / name).frame
        assert read["room"].tolist() == ["101", "102"], name
        assert read["price"].tolist() == ["1.234000", "2.500000"], name
        assert read["at"].iloc[0].startswith("2026-03-01 09:00"), name
        assert read["text"].iloc[0] == "=1+1", name
        assert read.index.tolist() == [2, 3], name


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"%PDF", "import_file_type"),
        ("a.xlsx", CONTENT.encode(), "import_file_unreadable"),
        ("a.parquet", CONTENT.encode(), "import_file_unreadable"),
        ("a.csv.gz", CONTENT.encode(), "import_file_unreadable"),
        ("a.csv.gz", gzip.compress(CONTENT.encode(), mtime=0)[:-12], "import_file_unreadable"),
        ("a.csv", b"PK\x03\x04\x00\x00", "import_file_unreadable"),
        ("a.csv", b"a;b\n\x81\x8d;1\n", "import_file_encoding"),
        ("a.csv", b"", "import_file_empty"),
        ("a.csv", b"\n\n", "import_file_empty"),
        ("a.csv", b"a;b\n", "import_file_empty"),
        ("a.csv", b"a;b\n;\n", "import_file_empty"),
    ],
)
def test_what_is_no_table_is_an_error_that_says_why(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    with pytest.raises(AppError, match=code):
        read_table(saved(tmp_path, name, content))


def test_an_empty_spreadsheet_and_an_absent_file_are_errors(tmp_path: Path) -> None:
    pd.DataFrame().to_excel(tmp_path / "a.xlsx", index=False, engine="xlsxwriter")
    with pytest.raises(AppError, match="import_file_empty"):
        read_table(tmp_path / "a.xlsx")
    with pytest.raises(AppError, match="import_file_missing"):
        read_table(tmp_path / "b.csv")


def test_the_file_must_have_the_required_columns_once() -> None:
    stays = KINDS["stays"]
    assert match_columns(["Oda No", "Giriş Tarihi", "Çıkış Tarihi", "Kişi Sayısı"], stays) == {
        "room": "Oda No", "arrival_on": "Giriş Tarihi", "departure_on": "Çıkış Tarihi", "adults": "Kişi Sayısı",
    }  # fmt: skip
    with pytest.raises(AppError, match="import_column_missing") as caught:
        match_columns(["Oda No", "Giriş Tarihi"], stays)
    assert caught.value.params["columns"] == "departure_on, adults"
    with pytest.raises(AppError, match="import_column_twice"):
        match_columns(["Oda", "Oda"], stays)


def test_a_mapping_wins_and_must_fit_the_file() -> None:
    products = KINDS["products"]
    headings = ["kod", "ad", "grup", "price", "Liste"]
    assert match_columns(headings, products, {"price": "Liste"})["price"] == "Liste"
    assert match_columns(headings, products, stored={"price": "Liste", "cost": "yok"})["price"] == "Liste"
    with pytest.raises(AppError, match="import_mapped_column_missing"):
        match_columns(headings, products, {"price": "yok"})
    with pytest.raises(AppError, match="import_field_unknown"):
        match_columns(headings, products, {"colour": "Liste"})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_heading_means_two_fields_of_a_kind_unless_its_own_name_decides(kind: str) -> None:
    """Every field is found by each of its headings in a file that has only required columns besides."""
    for field in KINDS[kind].fields:
        for heading in (field.name, *field.headings):
            others = [other.name for other in KINDS[kind].fields if other.required and other.name != field.name]
            assert match_columns([heading, *others], KINDS[kind]).get(field.name) == heading
