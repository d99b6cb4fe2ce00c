"""Keys in an installation: a dump shows nothing, keys are exchanged under load, a lost one is told (A9.3)."""

import os
import subprocess
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.embedded.postgres import BINARIES
from core.errors import AppError
from core.key_ring import KeyRing
from core.scope import SYSTEM, Scope
from core.settings import Settings
from db import migrate
from db.session import Database, open_database
from operations.keys.service import KeyService
from pipeline.detection.thresholds.service import ThresholdService
from pipeline.detection.thresholds.settings import Change, FamilyRule
from pipeline.models.service import ModelManager
from tests.integration.builders import build_hotel
from tests.integration.pipeline.models.versions import KIND, publish, row_of

SECRET_EVIDENCE, SECRET_BUDGET = 2.7182818, 31.4159


class Installation:
    """A database whose keys lie in a file, with thresholds and a model in it."""

    def __init__(self, database: Database, folder: Path, clock: FixedClock) -> None:
        self.ring = KeyRing(folder / "secrets" / "encryption_keys")
        url = database.engine.url.render_as_string(hide_password=False)
        self.database = open_database(url, keys=self.ring)
        settings = Settings(home=folder, models_dir=folder / "models")
        self.thresholds = ThresholdService(self.database, clock, settings)
        self.models = ModelManager(self.database, settings, clock)
        self.keys = KeyService(self.database, self.ring, clock)
        with self.database.transaction() as connection:
            self.hotel = build_hotel(connection).hotel_id
        self.tighten(SECRET_EVIDENCE)
        self.thresholds.save(SYSTEM, self.hotel, "*", Change(budget_per_day=SECRET_BUDGET), "busy season")
        self.model = publish(self.models, self.hotel, 1.0)

    def tighten(self, evidence: float) -> None:
        change = Change(families={"cell": FamilyRule(extra_evidence=evidence)})
        self.thresholds.save(SYSTEM, self.hotel, "tuketim_miktar", change, "quiet", trace={"tried": [evidence]})

    def settle(self) -> None:
        """The keys were changed two hours ago."""
        before = (self.keys.clock.now() - timedelta(hours=2)).timestamp()
        os.utime(self.ring.path, (before, before))

    def evidence(self) -> float:
        current = self.thresholds.current(SYSTEM, self.hotel)["tuketim_miktar"]
        return current.families["cell"].extra_evidence or 0.0


@pytest.fixture
def installation(database: Database, tmp_path: Path, clock: FixedClock) -> object:
    made = Installation(database, tmp_path, clock)
    yield made
    made.database.dispose()


def dumped(database: Database) -> str:
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    found = subprocess.run([BINARIES / "pg_dump", url], capture_output=True, text=True, check=True)
    return found.stdout


def test_a_dump_shows_neither_thresholds_nor_parameters_nor_keys(installation: Installation) -> None:
    content = dumped(installation.database)
    key = installation.ring.all()[0]
    secrets = (str(SECRET_EVIDENCE), str(SECRET_BUDGET), "extra_evidence", "271828", "max_samples", "votes", key.secret)
    assert [secret for secret in secrets if secret in content] == []
    assert "busy season" in content  # it is the whole dump: what people wrote beside it stands there
    assert installation.evidence() == SECRET_EVIDENCE
    assert (row_of(installation.models, installation.model.id).parameters or {})["max_samples"] == 271828


def test_before_encryption_the_same_search_would_have_found_them(installation: Installation) -> None:
    """Negative control: the columns of the revision before hold them in clear."""
    migrate.downgrade(installation.database, "0007")
    content = dumped(installation.database)
    assert all(secret in content for secret in (str(SECRET_EVIDENCE), "extra_evidence", "max_samples"))
    migrate.upgrade(installation.database)
    assert str(SECRET_EVIDENCE) not in dumped(installation.database)
    assert installation.evidence() == SECRET_EVIDENCE


def test_a_new_key_seals_everything_and_the_old_one_is_forgotten(installation: Installation) -> None:
    before = installation.ring.all()[0].id
    done = installation.keys.rotate(SYSTEM)
    assert done.lost == 0
    assert done.values == 5  # two thresholds, the trace of one, the parameters of a model and its signature
    uses = {use.id: use.values for use in installation.keys.listed(SYSTEM)}
    assert uses == {done.key_id: done.values, before: 0}
    with pytest.raises(AppError, match="encryption_keys_too_new"):
        installation.keys.retire(SYSTEM)
    installation.settle()
    assert installation.keys.retire(SYSTEM) == [before]
    assert installation.evidence() == SECRET_EVIDENCE
    fresh = ModelManager(installation.database, installation.models.settings, installation.models.clock)
    with fresh.in_use(installation.hotel, *KIND) as model:
        assert model.factor == 1.0


def test_keys_are_exchanged_while_others_read_and_write(installation: Installation) -> None:
    stop, problems = threading.Event(), list[BaseException]()

    def work() -> None:
        number = 0.0
        while not stop.is_set():
            number += 0.001
            try:
                installation.tighten(number)
                assert installation.evidence() == pytest.approx(number)
                installation.models.load_model_from_file(row_of(installation.models, installation.model.id))
            except (AppError, AssertionError) as error:
                problems.append(error)
                return

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(5):
        installation.keys.rotate(SYSTEM)
    stop.set()
    worker.join()
    assert problems == []
    installation.keys.rotate(SYSTEM)
    installation.settle()
    assert len(installation.keys.retire(SYSTEM)) == 6
    assert installation.evidence() > 0


def test_a_lost_key_is_told_and_can_be_given_up(installation: Installation) -> None:
    installation.ring.path.unlink()
    with pytest.raises(AppError, match="encryption_key_missing"):
        installation.evidence()
    with pytest.raises(AppError, match="model_locked"):
        installation.models.load_model_from_file(row_of(installation.models, installation.model.id))
    assert [use.is_here for use in installation.keys.listed(SYSTEM)] == [False]
    assert installation.keys.discard_lost(SYSTEM) == {
        "detection_settings": 2, "ml_models": 1, "second_factors": 0,
    }  # fmt: skip
    assert "cell" not in installation.thresholds.current(SYSTEM, installation.hotel)["tuketim_miktar"].families
    installation.tighten(1.5)
    assert installation.evidence() == 1.5
    newer = publish(installation.models, installation.hotel, 2.0, day=1)
    assert row_of(installation.models, newer.id).is_active


def test_a_key_that_came_back_opens_everything_again(installation: Installation) -> None:
    content = installation.ring.path.read_text()
    installation.ring.path.unlink()
    with pytest.raises(AppError):
        installation.evidence()
    installation.ring.path.write_text(content)
    installation.ring.path.chmod(0o600)
    assert installation.evidence() == SECRET_EVIDENCE


def test_only_those_who_may_do_everything_change_keys(installation: Installation) -> None:
    for work in (installation.keys.rotate, installation.keys.retire, installation.keys.discard_lost):
        with pytest.raises(AppError, match="forbidden"):
            work(Scope("ayse", frozenset({"models.write", "system.read"}), None))


def test_without_keys_nothing_sealed_can_be_read(installation: Installation, database: Database) -> None:
    plain = open_database(database.engine.url.render_as_string(hide_password=False))
    with plain.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM detection_settings")).scalar_one() == 2
    with pytest.raises(AppError, match="encryption_keys_wanted"):
        ThresholdService(plain, installation.thresholds.clock, Settings()).current(SYSTEM, installation.hotel)
    plain.dispose()
