"""``manage.py backup`` with parts: told, put back, taken back; the rest stays (C8)."""

from pathlib import Path

from db.queries import configuration as versions
from db.session import Database
from tests.integration.builders import build_hotel
from tests.integration.commands.conftest import Run


def test_a_part_is_told_put_back_and_taken_back(manage: Run, database: Database, tmp_path: Path) -> None:
    with database.transaction() as connection:
        build_hotel(connection)
    text = tmp_path / "settings.toml"
    for upon, days in (("0", 120), ("1", 60)):
        text.write_text(f"metric_days = {days}\n")
        assert manage("config", "set", str(text), "--upon", upon, "--reason", "tried").returncode == 0
        if upon == "0":
            assert manage("backup", "create").returncode == 0
    [name] = [path.stem for path in (tmp_path / "home" / "backups").glob("*.backup")]
    told = manage("backup", "preview", name, "--only", "configuration,thresholds", "--hotel", "none")
    assert (told.returncode, "hotel" in told.stderr) == (1, True)
    told = manage("backup", "preview", name, "--only", "configuration")
    [row] = [line for line in told.stdout.splitlines() if "metric_days" in line]
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        "configuration: metric_days", "60", "120", "changed", "–",
    ]  # fmt: skip
    for wrong in (("--only", "users"), ("--hotel", "H1")):
        assert manage("backup", "restore", name, "--yes", *wrong).returncode == 1
    done = manage("backup", "restore", name, "--yes", "--only", "configuration")
    assert done.returncode == 0, done.stderr
    assert "1 change" in done.stdout
    assert texts(database) == ["metric_days = 120\n", "metric_days = 60\n", "metric_days = 120\n"]
    assert manage("backup", "restore", name, "--yes", "--only", "configuration").returncode == 1  # nothing differs
    assert "undo --parts --of 1" in " ".join(manage("backup", "list").stdout.split())
    assert manage("backup", "undo", "--parts", "--of", "7", "--yes").returncode == 1
    undone = manage("backup", "undo", "--parts", "--of", "1", "--yes")
    assert (undone.returncode, "metric_days" in undone.stdout) == (0, True)
    assert texts(database)[0] == "metric_days = 60\n"
    assert manage("backup", "undo", "--parts", "--yes").returncode == 1


def texts(database: Database) -> list[str]:
    with database.reading() as connection:
        return [row.text for row in versions.newest(connection, 10)]
