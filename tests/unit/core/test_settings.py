"""Settings: the environment, ``.env``, secrets in files, and the example that is generated from the table (D5)."""

from pathlib import Path

import pytest

from core.errors import AppError
from core.masking import SECRET_NAME
from core.settings import ROOT, Settings, environment_example


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DATABASE_URL", "DATABASE_URL_FILE", "BAROMETER_ADMIN_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")


def test_the_example_in_the_repository_is_the_generated_one() -> None:
    """Renew it with ``python -m core.env_example``."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == environment_example()


def test_the_example_names_every_setting_and_sets_none() -> None:
    lines = environment_example().splitlines()
    assert len([line for line in lines if line.startswith("#") and "=" in line and " " not in line.split("=")[0]]) == (
        len(Settings.model_fields)
    )
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_the_example_read_back_gives_the_defaults(tmp_path: Path) -> None:
    text = environment_example().replace("\n#", "\n").replace("\n ", "\n# ")
    settings = [line for line in text.splitlines() if "=" in line and " " not in line.split("=")[0]]
    (tmp_path / ".env").write_text("\n".join(settings))
    read = Settings().model_dump()
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert {k: v for k, v in read.items() if not isinstance(v, Path)} == {
        k: v for k, v in defaults.items() if not isinstance(v, Path)
    }


def test_a_secret_is_read_from_the_file_that_its_variable_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "database_url"
    secret.write_text("postgresql://u:p@db/x\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(secret))
    assert Settings().database_url == "postgresql://u:p@db/x"
    secret.write_text("hidden")
    monkeypatch.setenv("BAROMETER_ADMIN_PASSWORD_FILE", str(secret))
    assert Settings().admin_password == "hidden"


def test_no_secret_is_told() -> None:
    """What backups write down and what logs say of the settings: addresses hold passwords too."""
    secret = {
        name for name in Settings.model_fields if SECRET_NAME.search(name) or name.endswith(("_url", "_keys"))
    } - {"second_factor_required", "oidc_redirect_url", "public_url"}
    assert {"oidc_client_secret", "redis_reader_url", "database_owner_url", "backup_keys"} <= secret
    settings = Settings.model_construct(**dict.fromkeys(secret, "sesame"), address="192.0.2.1")
    assert "sesame" not in f"{settings.told()} {settings!r}"
    assert settings.told()["address"] == "192.0.2.1"
    assert not secret & settings.told().keys()


def test_a_direct_value_wins_over_the_file_and_the_file_over_dotenv(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://dotenv/x\n")
    assert Settings().database_url == "postgresql://dotenv/x"
    (tmp_path / "secret").write_text("postgresql://file/x")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "secret"))
    assert Settings().database_url == "postgresql://file/x"
    monkeypatch.setenv("DATABASE_URL", "postgresql://environment/x")
    assert Settings().database_url == "postgresql://environment/x"


def test_a_secret_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL_FILE", "/nowhere/secret")
    with pytest.raises(AppError) as refused:
        Settings()
    assert refused.value.code == "secret_file_unreadable"
    assert refused.value.params["variable"] == "DATABASE_URL_FILE"


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("BAROMETER_PORT", "")
    assert (Settings().database_url, Settings().port) == (None, 8501)
