"""What the benchmarks of model files share: managers that other processes open too, models, and what children do."""

import gc
import time
from array import array
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psutil

from core.errors import AppError
from core.key_ring import Key, KeyRing
from core.logs import configure_logging
from core.settings import Settings
from db.queries import models as queries
from db.queries.models import ModelRow
from db.session import Database, open_database
from pipeline.features.names import FEATURES
from pipeline.models.service import ModelManager, TrainedModel
from pipeline.models.switching import Kind
from pipeline.training.isolation import fit_forest

SPAWN = get_context("spawn")
UNTIL = datetime(2026, 3, 2, 5, tzinfo=UTC)
ROWS, BATCH_ROWS = 2000, 8
THREADS = 4
ZIPF_EXPONENT = 1.1
PAUSE_SECONDS = 0.01  # between two reads: four readers that never rest would measure two cores, not a publication
SAMPLE_SECONDS = 0.5
PASSES = 4


@dataclass(frozen=True)
class Place:
    """Where models lie: enough for another process to open them."""

    url: str
    keys: tuple[Key, ...]
    home: Path

    @classmethod
    def of(cls, database: Database, home: Path) -> "Place":
        assert database.keys is not None
        return cls(database.engine.url.render_as_string(hide_password=False), database.keys.all(), home)

    @contextmanager
    def manager(self, cache_mb: int = 48) -> Iterator[ModelManager]:
        configure_logging("bench", "WARNING")
        database = open_database(self.url, keys=KeyRing(self.home / "keys", self.keys))
        settings = Settings(home=self.home / "home", models_dir=self.home / "models", model_cache_mb=cache_mb)
        try:
            yield ModelManager(database, settings)
        finally:
            database.dispose()


def features() -> pd.DataFrame:
    """Random rows of the stored features."""
    values = np.random.default_rng(6).normal(size=(ROWS, len(FEATURES)))
    return pd.DataFrame(values, columns=list(FEATURES))


def trained(hotel_id: int, frame: pd.DataFrame, metric_type: str = "stok_seviye", seed: int = 0) -> TrainedModel:
    """A forest of 100 trees with its reference batch; the seed tells models apart."""
    return TrainedModel(
        hotel_id, "isolation_forest", metric_type, fit_forest(frame, FEATURES, seed), UNTIL - timedelta(days=70), UNTIL,
        list(FEATURES), {"seed": seed}, batch=frame.head(BATCH_ROWS),
    )  # fmt: skip


def row_of(manager: ModelManager, model_id: int) -> ModelRow:
    with manager.database.reading() as connection:
        row = queries.model(connection, model_id)
    assert row is not None
    return row


def rows_of(manager: ModelManager, hotel_id: int) -> list[ModelRow]:
    """Oldest first."""
    with manager.database.reading() as connection:
        return queries.list_models(connection, hotel_id)[::-1]


def in_child(work: Any, *given: Any) -> Any:
    """What ``work`` gives in a fresh process: its memory is its own."""
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        return pool.submit(work, *given).result()


def unshared_mb(is_collected: bool = True) -> float:
    """Memory of this process alone (USS), after a garbage collection."""
    if is_collected:
        gc.collect()
    return float(psutil.Process().memory_full_info().uss / 1e6)


def held_mb(place: Place, hotel_id: int) -> tuple[float, float]:
    """Growth of a process that holds every model of the hotel; the models' own count of it."""
    with place.manager() as manager:
        rows = rows_of(manager, hotel_id)
        manager.load_model_from_file(rows[0])  # whatever is imported at the first load
        before = unshared_mb()
        held = [manager.reader.open(row) for row in rows]
        return unshared_mb() - before, sum(opened.memory_bytes for opened in held) / 1e6


def cached_mb(place: Place, hotel_id: int, cache_mb: int, threads: int) -> tuple[float, float]:
    """Growth of a process whose threads use every model through a cache of so many MB; what the cache keeps."""
    with place.manager(cache_mb) as manager, ThreadPoolExecutor(threads) as pool:
        rows = rows_of(manager, hotel_id)
        manager.load_model_from_file(rows[0])
        before = unshared_mb()

        def use(row: ModelRow) -> None:
            with manager.loaded(row):
                pass

        list(pool.map(use, rows * PASSES))
        return unshared_mb() - before, manager.cache.kept_bytes / 1e6


@dataclass
class Reads:
    """What a reader saw; ``backwards``: an older version after a newer one."""

    count: int = 0
    failures: "Counter[str]" = field(default_factory=Counter)
    backwards: int = 0


def read_until(place: Place, kind: Kind, is_fresh: bool, ready: Any, stop: Any, results: Any) -> None:
    """Use the active version until told to stop: by ``in_use``, or by a new look-up and load each time."""
    reads, last = Reads(), 0
    with place.manager() as manager:
        batch = features().head(1)
        ready.wait()
        while not stop.is_set():
            reads.count += 1
            try:
                last, before = (_read_fresh if is_fresh else _read_in_use)(manager, kind, batch), last
                reads.backwards += last < before
            except AppError as error:
                reads.failures[error.code] += 1
            time.sleep(PAUSE_SECONDS)
    results.put(reads)


def _read_fresh(manager: ModelManager, kind: Kind, batch: pd.DataFrame) -> int:
    with manager.database.reading() as connection:
        row = queries.model(connection, queries.active_id(connection, kind) or 0)
    if row is None:
        raise AppError("model_none_active")
    manager.load_model_from_file(row).scores(batch)
    return row.id


def _read_in_use(manager: ModelManager, kind: Kind, batch: pd.DataFrame) -> int:
    hotel_id, metric_type, model_type = kind
    with manager.in_use(hotel_id, metric_type, model_type) as estimator:
        estimator.scores(batch)
    return manager.switchboard.row(kind).id


@dataclass(frozen=True)
class Soak:
    """What came of a time of Zipf access; ``memory``: seconds and MB of this process alone."""

    seconds: list[float]  # of each access, until the model was there
    wrong: int
    hit_ratio: float
    memory: list[tuple[float, float]]

    @property
    def slope_mb_per_minute(self) -> float:
        """Of the second half: the first one fills the cache and the allocator's arenas."""
        later = np.array(self.memory[len(self.memory) // 2 :])
        return float(np.polyfit(later[:, 0] / 60, later[:, 1], 1)[0])


def zipf_weights(size: int) -> np.ndarray:
    weights = 1 / np.arange(1, size + 1) ** ZIPF_EXPONENT
    return np.asarray(weights / weights.sum())


def soak(place: Place, hotel_id: int, cache_mb: int, seconds: float) -> Soak:
    """Zipf access by four threads; each looks whether it got the model it asked for."""
    with place.manager(cache_mb) as manager, ThreadPoolExecutor(THREADS) as pool:
        rows, started = rows_of(manager, hotel_id), perf_counter()

        def seed_of(row: ModelRow) -> int:
            with manager.loaded(row) as estimator:
                return int(estimator.forest.random_state)

        threads = [pool.submit(accesses, rows, seed_of, started + seconds, number) for number in range(THREADS)]
        memory = []
        while perf_counter() < started + seconds:
            time.sleep(SAMPLE_SECONDS)
            memory.append((perf_counter() - started, unshared_mb(is_collected=False)))
        outcomes = [thread.result() for thread in threads]
        counts = manager.cache.take_counts()[hotel_id]
    took = [one for outcome in outcomes for one in outcome[0]]
    return Soak(took, sum(outcome[1] for outcome in outcomes), 1 - counts.misses / len(took), memory)


def uncached(place: Place, hotel_id: int, seconds: float) -> list[float]:
    """The seconds of each access where every access is a joblib.load, by as many threads."""
    with place.manager() as manager, ThreadPoolExecutor(THREADS) as pool:
        rows, until = rows_of(manager, hotel_id), perf_counter() + seconds
        folder = place.home / "models"

        def seed_of(row: ModelRow) -> int:
            return int(joblib.load(folder / str(row.model_path)).estimator.forest.random_state)

        threads = [pool.submit(accesses, rows, seed_of, until, number) for number in range(THREADS)]
        return [one for thread in threads for one in thread.result()[0]]


def accesses(rows: Sequence[ModelRow], seed_of: Any, until: float, number: int) -> "tuple[array[float], int]":
    """Seconds of each access of one thread until the time is up, and how many gave another model."""
    draws = np.random.default_rng(number)
    weights = zipf_weights(len(rows))
    seconds, wrong = array("d"), 0  # the soak's own memory is not to be measured: 8 bytes an access
    while (began := perf_counter()) < until:
        row = rows[draws.choice(len(rows), p=weights)]
        began = perf_counter()
        wrong += seed_of(row) != (row.parameters or {})["seed"]
        seconds.append(perf_counter() - began)
    return seconds, wrong


def plain_lru_hit_ratio(models: int, room: int, count: int) -> float:
    """What an LRU of so many places hits of Zipf draws: the figure that the cache should come to."""
    kept: OrderedDict[int, None] = OrderedDict()
    hits = 0
    for one in np.random.default_rng(0).choice(models, size=count, p=zipf_weights(models)).tolist():
        hits += one in kept
        kept[one] = None
        kept.move_to_end(one)
        if len(kept) > room:
            kept.popitem(last=False)
    return hits / count
