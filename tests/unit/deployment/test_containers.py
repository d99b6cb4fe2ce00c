"""The container files hold together: one command, secrets in files, non-root, read-only, health checks (D4, D5)."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import ROOT, Settings, environment_names
from operations import container
from operations.container import COMMANDS, check_models_folder, make_secrets

OURS = ("secrets", "prepare", "sidecar", "dashboard")


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
    for name in ("postgres", "valkey", "sidecar", "dashboard"):
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
    for name in ("prepare", "sidecar", "dashboard"):
        assert "models:/app/ml_models" in compose["services"][name]["volumes"]
    assert "/app/ml_models" in dockerfile()


def test_no_password_stands_in_the_files_and_every_variable_is_a_setting(compose: dict[str, Any]) -> None:
    known = {name for field, info in Settings.model_fields.items() for name in environment_names(field, info)}
    for name in ("prepare", "sidecar", "dashboard"):
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
    make_secrets(tmp_path)
    first = {path.name: path.read_text() for path in tmp_path.iterdir()}
    make_secrets(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == first
    assert first["postgres_password"] in first["database_url"]
    assert "@postgres:5432/" in first["database_url"]
    assert "@valkey:6379/" in first["redis_url"]
    environment = [service.get("environment", {}) for service in compose["services"].values()]
    named = {value for each in environment for key, value in each.items() if key.endswith("_FILE")}
    assert {Path(value).name for value in named} | {"valkey.conf"} == set(first)


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
