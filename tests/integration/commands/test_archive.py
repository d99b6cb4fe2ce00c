"""``manage.py archive``: listed, verified with every finding by name, brought back, sent away again (A7)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from db.session import Database
from operations.archive.archiving import Archiving
from pipeline.metrics.archive.folder import ArchiveFolder
from tests.integration.builders import build_hotel
from tests.integration.commands.conftest import Run
from tests.integration.operations.archive.conftest import INSERT

AT = datetime(2025, 6, 2, 9, tzinfo=UTC)


def archived(database: Database, folder: Path) -> str:
    """Two days of one product's rows lie in the archive; its name."""
    with database.transaction() as connection:
        hotel = build_hotel(connection)
        for day in range(2):
            connection.execute(text(INSERT), {
                "hotel": hotel.hotel_id, "metric_type": "stok_seviye", "entity_type": "product", "extra": None,
                "entity_id": hotel.products[0], "at": AT + timedelta(days=day), "value": 5.0, "exposure": None,
            })  # fmt: skip
        query = text("SELECT name FROM products WHERE id = :id")
        name = str(connection.execute(query, {"id": hotel.products[0]}).scalar_one())
    assert Archiving(database, ArchiveFolder(folder)).archive_old(hotel.hotel_id, AT + timedelta(days=200)).rows == 2
    return name


def test_days_are_listed_brought_back_verified_and_sent_away(manage: Run, database: Database, tmp_path: Path) -> None:
    assert "Nothing has been archived yet" in manage("archive", "list").stdout
    folder = tmp_path / "home" / "archive"
    name = archived(database, folder)
    assert "2025-06" in manage("archive", "list").stdout
    missing = manage("archive", "restore", "--from", "2024-01-01", "--to", "2024-01-02")
    assert (missing.returncode, "archive" in missing.stderr) == (1, True)
    done = manage("archive", "restore", "--from", "2025-06-01", "--to", "2025-06-30", "--keep", "9")
    assert (done.returncode, done.stdout.strip()) == (0, "Moved 2 rows."), done.stderr
    assert "2 rows · system" in manage("archive", "list").stdout
    assert manage("archive", "verify").returncode == 0
    with database.transaction() as connection:
        connection.execute(text("UPDATE ml_metrics SET metric_value = 77 WHERE timestamp = :at"), {"at": AT})
    path = max(folder.rglob("*.parquet"))
    path.write_bytes(b"x")
    found = manage("archive", "verify")
    assert found.returncode == 1
    assert f"Product {name} · 2025-06-02T09:00:00+00:00 · 77" in found.stdout
    assert path.name in found.stdout
    sent = manage("archive", "return", "1")
    assert (sent.returncode, sent.stdout.strip()) == (0, "Moved 2 rows."), sent.stderr
    assert manage("archive", "return", "1").returncode == 1


def test_a_folder_of_another_installation_is_adopted_when_somebody_says_so(
    manage: Run, database: Database, tmp_path: Path
) -> None:
    folder = ArchiveFolder(tmp_path / "home" / "archive")
    archived(database, folder.root)
    assert "already" in manage("archive", "adopt", "--yes").stderr
    folder.put_mark("of another")
    assert manage("archive", "adopt").returncode == 1, "nobody answered"
    assert folder.mark() == "of another"
    done = manage("archive", "adopt", "--yes")
    assert (done.returncode, "this installation's now" in " ".join(done.stdout.split())) == (0, True), done.stderr
    assert folder.mark() != "of another"
