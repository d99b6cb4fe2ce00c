"""``manage.py config``: shown, refused with every line, set, listed, taken back (C9)."""

from pathlib import Path

from tests.integration.commands.conftest import Run


def test_settings_are_set_listed_and_taken_back(manage: Run, tmp_path: Path) -> None:
    wrong, right = tmp_path / "wrong.toml", tmp_path / "right.toml"
    wrong.write_text("metric_days = 3\nnonsense = 1\n")
    right.write_text("metric_days = 120\n")
    refused = manage("config", "set", str(wrong), "--upon", "0", "--reason", "why")
    assert refused.returncode == 1
    assert refused.stdout.splitlines() == [
        "Line 1: metric_days must be at least 35.", "Line 2: there is no setting nonsense.",
    ]  # fmt: skip
    assert manage("config", "set", str(right), "--upon", "0", "--reason", "disk").returncode == 0
    overtaken = manage("config", "set", str(right), "--upon", "0", "--reason", "disk")
    assert overtaken.returncode == 1
    assert manage("config", "set", "-").returncode == 2  # no question that would take the first line for its answer
    shown = manage("config", "show", BAROMETER_ADMIN_PASSWORD="planted-password").stdout
    assert "planted-password" not in shown
    [row] = [line for line in shown.splitlines() if " metric_days " in line]
    assert [cell.strip() for cell in row.split("│")[1:-1]] == ["metric_days", "120", "database"]
    assert manage("config", "show", "--text").stdout == "metric_days = 120\n"
    assert manage("config", "rollback", "0", "--reason", "back").returncode == 0
    history = manage("config", "history", "--key", "metric_days").stdout
    assert [line.split("  ")[0] for line in history.splitlines()] == ["2", "1"]
    assert "metric_days 120 → –" in history
