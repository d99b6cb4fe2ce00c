"""The cache of loaded models under Zipf access: bounded, right, worth it, and nothing stays behind (R4, B11)."""

import gc
import os
import weakref
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from core.clock import FixedClock
from core.settings import Settings
from db.queries import models as queries
from db.queries.models import ModelRow
from db.session import Database
from pipeline.models.loaded import LoadedModels
from pipeline.models.model_files import OpenedModel
from pipeline.models.service import ModelManager, TrainedModel
from tests.benchmarks.model_load import plain_lru_hit_ratio, zipf_weights
from tests.conftest import NOW
from tests.integration.builders import build_hotel
from tests.waiting import wait_for

MODELS, THREADS = 40, 4
ACCESSES, FEW = 800, 100  # of each thread; few are enough for a planted fault
BALLAST = 20_000  # bytes of each model


@dataclass
class Shelf:
    """Published models, and everything that was ever loaded of them."""

    manager: ModelManager
    rows: list[ModelRow]
    opened: "list[weakref.ref[OpenedModel]]" = field(default_factory=list)

    def open(self, row: ModelRow) -> OpenedModel:
        opened = self.manager.reader.open(row)
        self.opened.append(weakref.ref(opened))
        return opened

    @property
    def model_bytes(self) -> int:
        """Of one model; all of them weigh the same."""
        [weight] = {self._weight(row) for row in (self.rows[0], self.rows[-1])}
        return weight

    def _weight(self, row: ModelRow) -> int:
        opened = self.manager.reader.open(row)
        opened.close()
        return opened.memory_bytes

    def alive(self) -> int:
        """Loaded models that somebody still refers to; the thread that loaded one does for a moment longer."""
        gc.collect()
        return sum(one() is not None for one in self.opened)

    def open_files(self) -> list[int]:
        """Descriptors of model files that this process holds open."""
        folder = str(self.manager.folder.root.resolve())
        links = (link for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
        return [int(link.name) for link in links if str(link.readlink()).startswith(folder)]


@dataclass(frozen=True)
class Soaked:
    """What came of a soak; ``excess_bytes``: the most above the budget that was seen while models were in use."""

    wrong: int
    hit_ratio: float
    excess_bytes: int


@pytest.fixture
def shelf(database: Database, clock: FixedClock, tmp_path: Path) -> Iterator[Shelf]:
    manager = ModelManager(database, Settings(home=tmp_path / "home", models_dir=tmp_path / "models"), clock)
    with database.transaction() as connection:
        hotel_id = build_hotel(connection).hotel_id
    for number in range(MODELS):
        estimator = {"metric": f"metric_{number:02}", "ballast": b"x" * BALLAST}
        begin = NOW - timedelta(days=1)
        manager.save_model_to_file(TrainedModel(hotel_id, "zscore", estimator["metric"], estimator, begin, NOW))
    with database.reading() as connection:
        shelf = Shelf(manager, queries.list_models(connection, hotel_id)[::-1])
    yield shelf
    for descriptor in shelf.open_files():
        os.close(descriptor)


def soak(
    cache: "LoadedModels[OpenedModel]",
    shelf: Shelf,
    key: Callable[[ModelRow], Hashable] = lambda row: row.id,
    accesses: int = ACCESSES,
) -> Soaked:
    """Several threads use models, the first ones far more often than the last ones (Zipf)."""
    start = Barrier(THREADS)

    def use(number: int) -> tuple[int, int]:
        wrong, excess = 0, 0
        start.wait()
        for one in np.random.default_rng(number).choice(MODELS, size=accesses, p=zipf_weights(MODELS)):
            row = shelf.rows[one]
            with cache.lease(key(row), lambda row=row: shelf.open(row)) as opened:
                wrong += opened.stored.estimator["metric"] != row.metric_type
                excess = max(excess, cache.kept_bytes - cache.budget_bytes)
        return wrong, excess

    with ThreadPoolExecutor(THREADS) as pool:
        seen = list(pool.map(use, range(THREADS)))
    misses = sum(counts.misses for counts in cache.take_counts().values())
    return Soaked(sum(wrong for wrong, _ in seen), 1 - misses / (THREADS * accesses), max(most for _, most in seen))


def half(shelf: Shelf) -> int:
    return shelf.model_bytes * MODELS // 2


def test_a_soak_at_half_capacity_stays_within_the_budget_and_leaves_nothing_behind(shelf: Shelf) -> None:
    cache: LoadedModels[OpenedModel] = LoadedModels(half(shelf))
    for _ in range(2):
        soaked = soak(cache, shelf)
        assert soaked.wrong == 0
        assert soaked.excess_bytes <= 0  # four in use are less than half: others can always go instead
        assert soaked.hit_ratio > plain_lru_hit_ratio(MODELS, MODELS // 2, THREADS * ACCESSES) - 0.05
        assert cache.kept_bytes == len(cache.keys()) * shelf.model_bytes <= cache.budget_bytes
        wait_for(lambda: shelf.alive() == len(shelf.open_files()) == len(cache.keys()) == MODELS // 2)
    cache.clear()
    assert (cache.kept_bytes, shelf.alive(), shelf.open_files()) == (0, 0, [])


def test_what_is_above_the_budget_while_it_is_used_goes_when_its_use_ends(shelf: Shelf) -> None:
    """Room for one model, four threads: the budget must be exceeded, for as long as they read."""
    cache: LoadedModels[OpenedModel] = LoadedModels(shelf.model_bytes)
    soaked = soak(cache, shelf)
    assert soaked.wrong == 0
    assert 0 < soaked.excess_bytes <= (THREADS - 1) * shelf.model_bytes
    assert cache.kept_bytes <= cache.budget_bytes
    wait_for(lambda: shelf.alive() == len(shelf.open_files()) == len(cache.keys()) == 1)


class Hoarding(LoadedModels[OpenedModel]):
    """Planted leak: what was evicted is still referred to."""

    def _dropped(self, entry: Any) -> list[OpenedModel]:
        vars(self).setdefault("hoard", []).append(entry.item)
        return super()._dropped(entry)


class NeverClosing(LoadedModels[OpenedModel]):
    """Planted leak: files of what was evicted stay open."""

    def _dropped(self, entry: Any) -> list[OpenedModel]:
        super()._dropped(entry)
        return []


class Unbounded(LoadedModels[OpenedModel]):
    """Planted fault: nothing is evicted."""

    def _shrink(self, *_: Any) -> list[OpenedModel]:
        return []


class Forgetting(LoadedModels[OpenedModel]):
    """Planted fault: what comes back is not kept."""

    def _give_back(self, entry: Any) -> None:
        super()._give_back(entry)
        self.clear()


def test_a_planted_leak_of_models_shows(shelf: Shelf) -> None:
    cache = Hoarding(half(shelf))
    soak(cache, shelf, accesses=FEW)
    assert shelf.alive() > len(shelf.open_files()) == len(cache.keys())


def test_a_planted_leak_of_open_files_shows(shelf: Shelf) -> None:
    cache = NeverClosing(half(shelf))
    soak(cache, shelf, accesses=FEW)
    wait_for(lambda: len(shelf.open_files()) > shelf.alive() == len(cache.keys()))


def test_a_cache_that_never_evicts_shows(shelf: Shelf) -> None:
    cache = Unbounded(half(shelf))
    assert soak(cache, shelf, accesses=FEW).excess_bytes > 0
    assert cache.kept_bytes > cache.budget_bytes


def test_a_cache_that_keeps_nothing_shows(shelf: Shelf) -> None:
    soaked = soak(Forgetting(half(shelf)), shelf, accesses=FEW)
    assert soaked.hit_ratio < plain_lru_hit_ratio(MODELS, MODELS // 2, THREADS * FEW) - 0.05


def test_a_model_under_the_key_of_another_one_shows(shelf: Shelf) -> None:
    assert soak(LoadedModels(half(shelf)), shelf, key=lambda row: row.id // 2, accesses=FEW).wrong > 0
