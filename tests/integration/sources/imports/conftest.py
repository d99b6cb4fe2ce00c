"""A hotel built from files, and shortcuts to write files and read tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.scope import SYSTEM
from db.session import Database
from sources.imports.report import ImportReport
from sources.imports.service import ImportService

Run = Callable[..., ImportReport]
Stored = Callable[[str], list[tuple[Any, ...]]]
PREMISES = {
    "rooms": "Oda No;Kat;Oda Tipi\n101;1;STD\n102;1;STD\n",
    "staff": "Personel Kodu;Ad Soyad\nayse;Ayşe Yılmaz\nbora;Bora Şahin\n",
    "products": "Ürün Kodu;Ürün Adı;Grup;Maliyet;Fiyat;Kritik Seviye\n"
    "KOLA;Kola 330 ml;İçecek;12,50;90,00;20\nSU;Su;İçecek;3;25;50\n",
}


@pytest.fixture
def service(database: Database) -> ImportService:
    return ImportService(database)


@pytest.fixture
def stored(database: Database) -> Stored:
    """The rows of a SELECT."""

    def read(sql: str) -> list[tuple[Any, ...]]:
        with database.reading() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]

    return read


@pytest.fixture
def hotel(service: ImportService, tmp_path: Path) -> int:
    """Two rooms, two products and two people, imported from files like everything else."""
    hotel_id = service.ensure_hotel(SYSTEM, "H1", "Deniz Otel")
    for kind, content in PREMISES.items():
        path = tmp_path / f"{kind}.csv"
        path.write_text(content, encoding="utf-8")
        assert service.run(SYSTEM, hotel_id, kind, path).errors == []
    return hotel_id


@pytest.fixture
def run(service: ImportService, hotel: int, tmp_path: Path) -> Run:
    """Import a text as a CSV file of a kind into the hotel."""

    def import_text(kind: str, content: str, **options: Any) -> ImportReport:
        path = tmp_path / f"{kind}-now.csv"
        path.write_text(content, encoding="utf-8")
        return service.run(SYSTEM, hotel, kind, path, **options)

    return import_text
