"""The doctor finds what is wrong and has advice for every finding, in both languages."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import FixedClock, SystemClock
from core.embedded.servers import Servers
from core.embedded.valkey import ValkeyServer
from core.i18n import LANGUAGES, Translator
from core.settings import ROOT, Settings
from core.version import version
from db import migrate
from db.queries import health as queries
from db.queries.health import HeartbeatRow
from db.session import Database
from operations import doctor
from operations.doctor import Check, run_checks


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "models").mkdir(mode=0o755)
    return Settings(home=tmp_path / "home", models_dir=tmp_path / "models")


@pytest.fixture
def servers(database: Database, app_database: Database, valkey_server: ValkeyServer) -> Servers:
    app, owner = (each.engine.url.render_as_string(hide_password=False) for each in (app_database, database))
    return Servers(app, valkey_server.url, None, None, owner)


def states(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.state for check in checks}


@pytest.fixture(autouse=True)
def every_finding_can_be_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test makes the doctor say must exist in both languages with all its values."""
    said: list[Check] = []
    original = doctor.found

    def listening(*args: object, **kwargs: object) -> Check:
        said.append(original(*args, **kwargs))  # type: ignore[arg-type]
        return said[-1]

    monkeypatch.setattr(doctor, "found", listening)
    yield
    assert said
    for check in said:
        for language in LANGUAGES:
            t = Translator(language)
            assert t(check.message_id, **check.params) != check.message_id
            if check.advice_id:
                assert t(check.advice_id, **check.params) != check.advice_id


def test_a_sound_installation_has_no_findings(database: Database, settings: Settings, servers: Servers) -> None:
    clock = SystemClock()
    with database.transaction() as connection:
        queries.beat_service(connection, HeartbeatRow("sidecar", 1, "here", version(), clock.now(), clock.now()))
    checks = states(run_checks(settings, servers, clock))
    assert len(checks) == 15
    assert {name for name, state in checks.items() if state != "ok"} <= {"port"}


def test_an_old_schema_a_silent_sidecar_and_a_wrong_clock_are_found(
    database: Database, settings: Settings, servers: Servers
) -> None:
    off = FixedClock(SystemClock().now() + timedelta(minutes=5))
    assert states(run_checks(settings, servers, off))["clock"] == "warn"
    assert states(run_checks(settings, servers, off))["sidecar"] == "warn"
    migrate.downgrade(database, "base")
    checks = states(run_checks(settings, servers, off))
    assert (checks["migrations"], checks["sidecar"]) == ("fail", "warn")


def test_one_role_for_everything_is_found_and_a_role_that_cannot_sign_in(settings: Settings, servers: Servers) -> None:
    one = Servers(servers.owner_url, servers.redis_url, None, None)
    assert states(run_checks(settings, one, SystemClock()))["roles"] == "warn"
    nobody = Servers(servers.owner_url.replace("//barometer:", "//nobody:"), "", None, None, servers.owner_url)
    assert doctor.roles_check(nobody.database_url).state == "fail"
    assert doctor.roles_check("mysql://x/y").state == "fail"


def test_the_application_alone_can_ask_the_doctor(settings: Settings, servers: Servers) -> None:
    alone = Servers(servers.database_url, servers.redis_url, None, None)
    checks = states(run_checks(settings, alone, SystemClock()))
    assert (checks["roles"], checks["extensions"]) == ("ok", "ok")


def test_servers_that_do_not_answer_are_found(settings: Settings) -> None:
    nowhere = Servers("postgresql://u:p@127.0.0.1:1/x", "redis://127.0.0.1:1/0", None, None)
    checks = states(run_checks(settings, nowhere, SystemClock()))
    assert (checks["database"], checks["cache"]) == ("fail", "fail")
    wrong = Servers("mysql://x/y", "redis://127.0.0.1:1/0", None, None)
    assert states(run_checks(settings, wrong, SystemClock()))["database"] == "fail"


def test_folders_that_others_can_enter_or_nobody_can_write_are_found(settings: Settings, tmp_path: Path) -> None:
    settings.data_dir.chmod(0o755)
    settings.models_dir.chmod(0o777)
    found = states(list(doctor.folder_checks(settings)))
    assert (found["data_folder_mode"], found["models_folder_mode"]) == ("warn", "warn")
    (tmp_path / "file").touch()
    blocked = settings.model_copy(update={"models_dir": tmp_path / "file"})
    assert states(list(doctor.folder_checks(blocked)))["models_folder"] == "fail"


def test_packages_are_compared_with_the_locked_versions(tmp_path: Path) -> None:
    assert doctor.packages_check(ROOT / "requirements.txt").state == "ok"
    planted = tmp_path / "requirements.txt"
    lines = [
        "pandas==0.0.1 ; sys_platform != 'none' \\",
        "    --hash=sha256:0",
        "no-such-package==1",
        "not-here==1 ; python_version < '3'",
    ]
    planted.write_text("\n".join(lines) + "\n")
    check = doctor.packages_check(planted)
    assert (check.state, check.params["packages"]) == ("warn", "pandas, no-such-package")


def test_an_old_python_is_found() -> None:
    assert (doctor.python_check((3, 10, 2)).state, doctor.python_check((3, 11, 0)).state) == ("fail", "ok")


def test_a_full_disk_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "free_megabytes", lambda _: 499)
    assert doctor.disk_check(settings).state == "fail"
