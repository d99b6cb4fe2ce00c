"""The container files hold together: one command, secrets in files, non-root, read-only, health checks (D4, D5)."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.embedded.postgres import APP_ROLE
from core.settings import ROOT, Settings, environment_names
from operations import container
from operations.container import COMMANDS, check_models_folder, make_secrets

OURS = ("secrets", "prepare", "sidecar", "keeper", "dashboard")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_services_are_those_of_the_specification(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {*OURS, "postgres", "valkey"}


def test_our_containers_cannot_write_to_their_image_nor_gain_rights(compose: dict[str, Any]) -> None:
    for name in (*OURS, "valkey"):
        service = compose["services"][name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_every_service_that_stays_has_a_health_check_and_waits_for_what_it_needs(compose: dict[str, Any]) -> None:
    for name in ("postgres", "valkey", "sidecar", "keeper", "dashboard"):
        service = compose["services"][name]
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name
        for needed, how in service["depends_on"].items():
            assert needed in compose["services"]
            assert how["condition"] in ("service_healthy", "service_completed_successfully")


def test_every_volume_and_network_that_is_used_is_declared_and_models_stay(compose: dict[str, Any]) -> None:
    """SPEC B7: the model directory is a persistent volume."""
    used = {mount.split(":")[0] for service in compose["services"].values() for mount in service.get("volumes", [])}
    assert used == set(compose["volumes"])
    networks = {name for service in compose["services"].values() for name in service.get("networks", [])}
    assert networks == set(compose["networks"])
    for name in ("prepare", "sidecar", "keeper", "dashboard"):
        assert "models:/app/ml_models" in compose["services"][name]["volumes"]
    assert "/app/ml_models" in dockerfile()


def test_no_password_stands_in_the_files_and_every_variable_is_a_setting(compose: dict[str, Any]) -> None:
    known = {name for field, info in Settings.model_fields.items() for name in environment_names(field, info)}
    for name in ("prepare", "sidecar", "keeper", "dashboard"):
        for variable in compose["services"][name]["environment"]:
            assert variable.removesuffix("_FILE") in known, variable
    plain = [
        f"{name}: {variable}"
        for name, service in compose["services"].items()
        for variable in service.get("environment", {})
        if any(word in variable for word in ("PASSWORD", "SECRET", "_URL")) and not variable.endswith("_FILE")
    ]
    assert plain == []


def test_every_role_runs_a_file_that_the_image_contains(compose: dict[str, Any]) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for name in OURS:
        role = compose["services"][name]["command"][0]
        if role in COMMANDS:
            assert f"!{COMMANDS[role][0]}" in ignored
    for line in ignored:
        if line.startswith("!"):
            assert (ROOT / line[1:]).exists(), line
    assert ignored[1] == "*"


def test_the_image_runs_as_a_user_of_its_own() -> None:
    lines = dockerfile().splitlines()
    user = [line for line in lines if line.startswith("USER")]
    assert user == ["USER 10001:10001"]
    assert lines.index(user[0]) > max(
        position for position, line in enumerate(lines) if line.startswith(("RUN", "COPY"))
    )
    assert any(line.startswith("HEALTHCHECK") for line in lines)


def test_secrets_are_made_once_and_fit_the_servers_names(tmp_path: Path, compose: dict[str, Any]) -> None:
    folders = [tmp_path / "secrets", tmp_path / "owner"]
    for folder in folders:
        folder.mkdir()
    make_secrets(*folders)
    first = files(*folders)
    make_secrets(*folders)
    assert files(*folders) == first
    assert f"//barometer:{first['postgres_password']}@postgres:5432/" in first["database_owner_url"]
    assert "@postgres:5432/" in first["database_url"]
    assert "@valkey:6379/" in first["redis_url"]
    environment = [service.get("environment", {}) for service in compose["services"].values()]
    named = {value for each in environment for key, value in each.items() if key.endswith("_FILE")}
    assert {Path(value).name for value in named} | {"valkey.conf"} == set(first)


def files(*folders: Path) -> dict[str, str]:
    return {path.name: path.read_text() for folder in folders for path in folder.iterdir()}


def test_only_preparation_and_keeper_sign_in_as_the_owner(tmp_path: Path, compose: dict[str, Any]) -> None:
    """Dashboard and sidecar neither name the owner's address nor mount the volume that it lies in."""
    services = compose["services"]
    for name in ("prepare", "keeper"):
        assert services[name]["environment"]["DATABASE_OWNER_URL_FILE"] == "/owner/database_owner_url"
    assert "ports" not in services["keeper"]
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD_FILE"] == "/owner/postgres_password"
    mounts = {name for name, service in services.items() if "owner:" in str(service.get("volumes", []))}
    assert mounts == {"secrets", "postgres", "prepare", "keeper"}
    assert "-m 755 /secrets /owner" in dockerfile()  # a new volume takes the owner of the image's folder
    for name in ("sidecar", "dashboard"):
        assert "DATABASE_OWNER_URL_FILE" not in services[name]["environment"]
        assert services[name]["environment"]["DATABASE_URL_FILE"] == "/secrets/database_url"
    ours, owner = tmp_path / "secrets", tmp_path / "owner"
    ours.mkdir()
    owner.mkdir()
    make_secrets(ours, owner)
    assert f"//{APP_ROLE}:" in (ours / "database_url").read_text()
    password = (owner / "postgres_password").read_text()
    assert [name for name, content in files(ours).items() if password in content] == []


def test_an_installation_with_one_role_for_everything_gets_the_second_and_keeps_its_passwords(tmp_path: Path) -> None:
    ours, owner = tmp_path / "secrets", tmp_path / "owner"
    ours.mkdir()
    owner.mkdir()
    before = {"postgres_password": "kept", "valkey.conf": "requirepass x", "redis_url": "redis://:x@valkey:6379/0"}
    before["database_url"] = "postgresql://barometer:kept@postgres:5432/barometer"
    for name, content in before.items():
        (ours / name).write_text(content)
        (ours / name).chmod(0o444)
    make_secrets(ours, owner)
    now = files(ours, owner)
    assert now["database_owner_url"] == before["database_url"]
    assert {name: now[name] for name in ("postgres_password", "redis_url")} == {
        name: before[name] for name in ("postgres_password", "redis_url")
    }
    account = now["redis_reader_url"].removeprefix("redis://").partition("@")[0].split(":")
    configured = now["valkey.conf"].splitlines()
    assert configured[0] == before["valkey.conf"]
    assert configured[1].startswith(f"user {account[0]} on >{account[1]} ")
    assert make_secrets(ours, owner) == 0
    assert files(ours, owner) == now
    assert f"//{APP_ROLE}:" in now["database_url"]
    assert not (ours / "postgres_password").exists()


def test_the_model_folder_is_corrected_to_755_and_refused_when_it_cannot_be_written(tmp_path: Path) -> None:
    """SPEC B1, D5: modes checked at start."""
    folder = tmp_path / "ml_models"
    folder.mkdir(mode=0o755)
    folder.chmod(0o777)
    check_models_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o755
    (tmp_path / "file").touch()
    with pytest.raises(container.AppError, match="data_folder_unusable"):
        check_models_folder(tmp_path / "file")


def test_compose_itself_accepts_the_file_where_it_is_installed() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed")
    subprocess.run([docker, "compose", "-f", ROOT / "docker-compose.yml", "config", "--quiet"], check=True)
