"""A selective restore that cannot be done or does not end changes nothing: damage, death, versions, full disks (C8)."""

import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from core.errors import AppError
from core.scope import SYSTEM
from operations.backups.jobs import BackupJobs
from operations.backups.parts.service import Wanted
from operations.backups.parts.shapes import PARTS
from tests.architecture.source_tree import ROOT
from tests.integration.operations.backups.conftest import Installation, shelf_of
from tests.integration.operations.backups.decided import Decided, decide_otherwise, decided
from tests.integration.operations.backups.test_backup_jobs import DENIZ, run_asked
from tests.integration.operations.backups.test_misfortunes import no_room

ALL = Wanted.of(PARTS)
KILLED = """
import os, signal, sys
from pathlib import Path
from core.clock import SystemClock
from core.embedded.servers import Servers
from core.key_ring import KeyRing
from core.scope import SYSTEM
from core.settings import Settings
from db.queries import audit
from db.session import open_database
from operations.assembly import backup_services
from operations.backups.parts.service import Wanted
url, home, name, place = sys.argv[1:]
settings = Settings(home=Path(home), models_dir=Path(home) / "models")
database = open_database(url, keys=KeyRing(Path(home) / "secrets" / "encryption_keys"))
parts = backup_services(database, SystemClock(), settings, Servers(url, "", None, None))["backup_jobs"].parts
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
record = audit.record
def recorded(connection, actor, action, **more):
    record(connection, actor, action, **more)
    if action == place:
        die()
audit.record = recorded
wanted = Wanted.of(["thresholds", "verdicts", "configuration"])
parts.restore(SYSTEM, name, wanted, lambda _, said: said == place and die())
"""


@pytest.fixture
def people(installation: Installation) -> Decided:
    found = decided(installation, installation.hotel)
    decide_otherwise(found)
    return found


# The last entry is written when everything is changed and nothing committed.
@pytest.mark.parametrize("place", ["backup.restoring", "parts.restoring", "thresholds_saved", "parts_restored"])
def test_whoever_is_killed_in_the_middle_has_changed_nothing(people: Decided, place: str) -> None:
    installation, before = people.installation, people.installation.rows()
    command = [
        sys.executable,
        "-c",
        KILLED,
        installation.service.owner_url,
        str(installation.folder),
        people.name,
        place,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert installation.rows() == before
    people.parts.restore(SYSTEM, people.name, ALL)  # and hinders nobody
    assert installation.beside() == []
    assert people.verdict("false")[0] == "yanlis_pozitif"


def test_a_damaged_or_newer_backup_changes_nothing(people: Decided, monkeypatch: pytest.MonkeyPatch) -> None:
    installation, before = people.installation, people.installation.rows()
    [path] = installation.archives
    whole = path.read_bytes()
    for position in (40, len(whole) // 2, len(whole) - 3):
        changed = bytearray(whole)
        changed[position] ^= 4
        path.write_bytes(bytes(changed))
        for work in (people.parts.preview, people.parts.restore):
            with pytest.raises(AppError, match=r"backup_damaged|encryption_key_missing"):
                work(SYSTEM, people.name, ALL)
    assert installation.service.one(SYSTEM, people.name).state == "damaged"  # the list says so from then on
    path.unlink()
    monkeypatch.setattr("operations.backups.making.backups.schema_revision", lambda _: "9999")
    newer = installation.backup()
    with pytest.raises(AppError, match="backup_from_newer_version"):
        people.parts.restore(SYSTEM, newer.name, ALL)
    assert (installation.rows(), installation.beside()) == (before, [])


def test_an_archive_whose_rows_are_not_those_that_were_counted_changes_nothing(
    people: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where pg_restore leaves something out without a word."""
    before = people.installation.rows()
    states = people.parts.preview(SYSTEM, people.name, ALL)
    assert states.possible
    real = subprocess.Popen
    monkeypatch.setattr(
        "db.dumps.subprocess.Popen",
        lambda command, **more: real(
            [*command, *(["--schema-only"] if "pg_restore" in str(command[0]) else [])], **more
        ),
    )  # fmt: skip
    with pytest.raises(AppError, match="backup_differs"):
        people.parts.restore(SYSTEM, people.name, ALL)
    assert people.installation.rows() == before


def test_a_backup_from_before_there_was_a_configuration_says_so(installation: Installation) -> None:
    installation.execute("DROP TABLE configuration_versions CASCADE")
    made = installation.backup()
    installation.execute(
        "CREATE TABLE configuration_versions (id bigint GENERATED ALWAYS AS IDENTITY, text varchar, "
        "previous_id bigint, author varchar, saved_at timestamptz, reason varchar, checksum varchar)"
    )
    [change] = installation.parts.preview(SYSTEM, made.name, Wanted.of(["configuration"])).changes
    assert (change.action, change.reason and change.reason.id) == ("impossible", "parts.no_configuration")
    with pytest.raises(AppError, match="parts_nothing"):
        installation.parts.restore(SYSTEM, made.name, Wanted.of(["configuration"]))


def test_a_configuration_that_is_not_valid_any_more_is_refused_with_its_line(people: Decided) -> None:
    """Somebody wrote it past the console, or a later version knows the setting no more."""
    people.installation.execute(
        "INSERT INTO configuration_versions (text, previous_id, author, saved_at, reason, checksum) SELECT "
        "E'# told\\nno_such_setting = 1\\n', max(id), 'x', now(), 'x', 'x' FROM configuration_versions"
    )
    made = people.installation.backup()
    people.configure("alert_budget_per_day = 2.0\n")
    [change] = people.parts.preview(SYSTEM, made.name, Wanted.of(["configuration"])).changes
    assert change.reason is not None
    assert (change.reason.id, change.reason.params) == (
        "parts.configuration_invalid", {"line": 2, "key": "no_such_setting"},
    )  # fmt: skip
    with pytest.raises(AppError, match="parts_nothing"):
        people.parts.restore(SYSTEM, made.name, Wanted.of(["configuration"]))
    assert people.configured() == "alert_budget_per_day = 2.0\n"


def test_a_threshold_that_no_rule_allows_any_more_is_told_and_the_others_come_back(
    people: Decided, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.detection.thresholds.settings.EXTRA_EVIDENCE_RANGE", (0.0, 0.4))
    found = people.compared("thresholds")
    [refused] = [change for change in found.changes if change.action == "impossible"]
    assert (refused.what["metric_type"], refused.reason and refused.reason.id) == (
        "tuketim_miktar", "error.threshold_wrong_range",
    )  # fmt: skip
    people.parts.restore(SYSTEM, people.name, Wanted.of(["thresholds"]))
    assert people.in_force()["*"][0] == 7.5
    assert people.in_force()["tuketim_miktar"][1] == {}


def test_a_full_disk_changes_nothing(people: Decided) -> None:
    before, shelf = people.installation.rows(), shelf_of(people.installation)
    with no_room(100_000), pytest.raises(AppError, match="disk_full"):
        people.parts.restore(SYSTEM, people.name, ALL)
    assert (people.installation.rows(), shelf_of(people.installation)) == (before, shelf)


def test_what_is_asked_for_on_screens_is_compared_and_restored_by_the_keeper(people: Decided) -> None:
    installation = people.installation
    jobs = BackupJobs(installation.database, installation.clock, installation.service, people.parts)
    assert jobs.compared(DENIZ_MAY) is None
    jobs.preview_parts(DENIZ_MAY, people.name, ALL)
    run = run_asked(installation, jobs)
    assert (run.state, run.error_text) == ("succeeded", None)
    shown = jobs.compared(DENIZ_MAY)
    assert shown is not None
    assert shown.result is not None
    assert (shown.id, shown.result["counts"]["verdicts"]["added"]) == (run.id, 1)
    assert len(shown.result["items"]) == 9
    with pytest.raises(AppError, match="backup_confirmation_wrong"):
        jobs.restore_parts(DENIZ_MAY, people.name, ALL, "yes", shown.result["mark"])
    with pytest.raises(AppError, match="forbidden"):
        jobs.restore_parts(DENIZ, people.name, ALL, people.name)
    jobs.restore_parts(DENIZ_MAY, people.name, ALL, people.name, shown.result["mark"])
    done = run_asked(installation, jobs)
    assert (done.state, done.error_text) == ("succeeded", None)
    assert done.rows_out == 8
    assert people.verdict("false")[0] == "yanlis_pozitif"
    assert jobs.compared(DENIZ_MAY) is None  # it was made use of
    [undoable] = people.parts.undoable(DENIZ_MAY)
    assert (undoable.by, undoable.parts, undoable.safety) == ("deniz", PARTS, (done.result or {})["safety"])


DENIZ_MAY = replace(DENIZ, permissions=DENIZ.permissions | {"thresholds.write", "alerts.triage", "config.write"})
