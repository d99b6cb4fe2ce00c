"""default < database < file < environment, and where each value comes from (C9)."""

import logging
from pathlib import Path

import pytest

from core.settings import Settings, given_by
from operations.configuration.secrets import known_secrets, without_secrets
from operations.configuration.taking import take


def test_the_database_wins_over_defaults_and_the_environment_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAROMETER_ALERT_DAYS", "40")
    settings = Settings()
    assert take(settings, {"alert_days": 50, "metric_days": 120}) == {"metric_days"}
    assert (settings.alert_days, settings.metric_days, settings.feature_days) == (40, 120, 90)
    assert "metric_days" not in settings.model_fields_set
    assert take(settings, {}) == {"metric_days"}, "what the database says no more is the default again"
    assert settings.metric_days == 90


def test_a_changed_level_of_the_log_is_taken_at_once() -> None:
    root = logging.getLogger()
    before = root.level
    try:
        take(Settings(), {"log_level": "ERROR"})
        assert root.level == logging.ERROR
    finally:
        root.setLevel(before)


def test_where_values_come_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("planted-password")
    monkeypatch.setenv("BAROMETER_ADMIN_PASSWORD_FILE", str(secret))
    monkeypatch.setenv("ML_QUALITY_FLOOR", "0.7")
    (tmp_path / ".env").write_text("BAROMETER_METRIC_DAYS=100\nML_QUALITY_FLOOR=0.5\nBAROMETER_ALERT_DAYS=\n")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    found = given_by(Settings())
    assert {name: found.get(name) for name in ("admin_password", "quality_floor", "metric_days", "alert_days")} == {
        "admin_password": "secret_file", "quality_floor": "environment", "metric_days": "env_file", "alert_days": None,
    }  # fmt: skip


def test_secrets_are_known_by_value_and_masked_in_every_text() -> None:
    settings = Settings(
        database_url="postgresql://barometer:planted-one@db/barometer", admin_password="planted-two", backup_keys="a1"
    )
    text = "# planted-one\n# planted-two, a1\nmetric_days = 90"
    assert without_secrets(text, known_secrets(settings)) == "# •••\n# •••, a1\nmetric_days = 90"
