"""P-6: a model's load and a cached hit; B-11: publication, clean-up, memory, cold keys, readers and Zipf access.

``run(zipf_seconds=900)`` is the long form; rows of memory hold MB where the others hold seconds.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from time import perf_counter

import joblib
import numpy as np
from sqlalchemy import text

from core.scope import SYSTEM
from core.settings import Settings
from db.queries.models import ModelRow
from pipeline.models.retention import VERSIONS_KEPT
from pipeline.models.service import ModelManager, TrainedModel
from pipeline.models.stored import StoredModel, with_reference
from tests.benchmarks import model_load as shared
from tests.benchmarks.model_load import Place
from tests.benchmarks.report import Row
from tests.benchmarks.servers import fresh_database
from tests.integration.builders import build_hotel

LOADS, HITS, SAVES = 50, 1000, 20
FILES, MODELS = 100, 100
ROUNDS = 20
PUBLICATIONS, READERS = 60, 4
ZIPF_SECONDS = 30.0
UNCACHED_SECONDS = 5.0
UNIT = "(MB, not seconds)"
PLAIN_LOAD, PLAIN_DUMP = "joblib.load of the same content", "joblib.dump(compress=1) of the same object"


def run(zipf_seconds: float = ZIPF_SECONDS) -> list[Row]:
    """Forests of 100 trees on 26 features; every part has a hotel of its own."""
    with fresh_database() as database, TemporaryDirectory(prefix="barometer-bench-") as folder:
        place = Place.of(database, Path(folder))
        with place.manager() as manager:
            rows = [*load_rows(manager), save_row(manager), cleanup_row(manager)]
            rows += [cold_row(manager, threads) for threads in (10, 50)]
            rows.append(publication_row(place, manager))
            hotel = hundred_models(manager)
        return rows + memory_and_zipf_rows(place, hotel, zipf_seconds)


def new_hotel(manager: ModelManager) -> int:
    with manager.database.transaction() as connection:
        return build_hotel(connection).hotel_id


def new_model(manager: ModelManager) -> TrainedModel:
    return shared.trained(new_hotel(manager), shared.features())


def published(manager: ModelManager) -> tuple[ModelRow, StoredModel]:
    """A saved model's row, and the object that its file holds."""
    model = new_model(manager)
    row = shared.row_of(manager, manager.save_model_to_file(model))
    return row, with_reference(model.estimator, model.batch)


def seconds_of(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def alternating(ours: Callable[[], object], reference: Callable[[], object], repeats: int) -> np.ndarray:
    """Repeats × (ours, reference), in turns: what disturbs the machine disturbs both."""
    ours()
    reference()
    return np.array([(seconds_of(ours), seconds_of(reference)) for _ in range(repeats)])


def load_rows(manager: ModelManager) -> list[Row]:
    row, stored = published(manager)
    plain = manager.folder.root / "plain.joblib"
    joblib.dump(stored, plain, compress=1)
    took = alternating(lambda: manager.load_model_from_file(row), lambda: joblib.load(plain), LOADS)
    ours, reference = np.percentile(took, 95, axis=0)

    def hit() -> None:
        with manager.loaded(row):
            pass

    hit()
    hits = np.array([seconds_of(hit) for _ in range(HITS)])
    middle = float(np.median(took[:, 1]))
    kilobytes = (row.size_bytes or 0) / 1000
    return [
        Row("P-6", f"load of one model, {kilobytes:,.0f} kB, checked and recorded, p95 of {LOADS}", ours, PLAIN_LOAD,
            reference, "≤ 1.3 × and < 0.1 s", "medians {:.1f} and {:.1f} ms".format(*np.median(took, axis=0) * 1000)),
        Row("P-6", f"{HITS:,} cached hits", hits.sum(), f"{HITS:,} × median joblib.load", HITS * middle, "≤ 0.01 ×",
            f"ratio {hits.mean() / middle:.5f}; a hit: median {1e6 * np.median(hits):.0f} µs, "
            f"p99 {1e6 * np.percentile(hits, 99):.0f} µs"),
    ]  # fmt: skip


def save_row(manager: ModelManager) -> Row:
    """The model is written, made durable, read back, scored and named by a committed row."""
    model = new_model(manager)
    stored = with_reference(model.estimator, model.batch)
    plain = manager.folder.root / "plain.joblib"
    took = alternating(lambda: manager.save_model_to_file(model), lambda: joblib.dump(stored, plain, compress=1), SAVES)
    ours, reference = np.percentile(took, 95, axis=0)
    note = "medians {:.1f} and {:.1f} ms".format(*np.median(took, axis=0) * 1000)
    return Row(
        "B-11", f"publication to the committed row, p95 of {SAVES}", ours, PLAIN_DUMP, reference, "< 0.5 s", note
    )


def cleanup_row(manager: ModelManager) -> Row:
    model = new_model(manager)
    for _ in range(FILES + VERSIONS_KEPT):
        manager.save_model_to_file(model)
    began = perf_counter()
    cleaned = manager.cleanup_old_models(SYSTEM, model.hotel_id)
    ours = perf_counter() - began
    assert cleaned.files == FILES, cleaned
    content = bytes(cleaned.size_bytes // FILES)
    plain = [manager.folder.root / f"plain-{number}" for number in range(FILES)]
    for path in plain:
        path.write_bytes(content)
    reference = seconds_of(lambda: [path.unlink() for path in plain])
    note = f"{cleaned.size_bytes / 1e6:.0f} MB, in one transaction with the rows"
    return Row("B-11", f"clean-up of {FILES} files", ours, f"unlink of {FILES} such files", reference, "< 5 s", note)


def cold_row(manager: ModelManager, threads: int) -> Row:
    """A round: the model is forgotten, and all threads ask for it at the same instant."""
    row, _ = published(manager)
    barrier = Barrier(threads)

    def used() -> int:
        with manager.loaded(row) as estimator:
            return id(estimator)

    def ask() -> tuple[float, int]:
        barrier.wait()
        return perf_counter(), used()

    ours, alone, objects, loads = [], [], [], []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(ROUNDS):
            manager.cache.forget((*row.kind, row.id, row.sha256))
            alone.append(seconds_of(used))
            manager.cache.forget((*row.kind, row.id, row.sha256))
            before = recorded_loads(manager, row)
            answers = list(pool.map(lambda _: ask(), range(threads)))
            ours.append(perf_counter() - min(began for began, _ in answers))
            objects.append(len({found for _, found in answers}))
            loads.append(recorded_loads(manager, row) - before)
    note = f"loads a round {min(loads)} to {max(loads)}, different objects {min(objects)} to {max(objects)}"
    work = f"{threads} threads ask for one cold model, until all have it, median of {ROUNDS} rounds"
    return Row(
        "B-11", work, float(np.median(ours)), "one thread alone", float(np.median(alone)), "1 load a round", note
    )


def recorded_loads(manager: ModelManager, row: ModelRow) -> int:
    query = text("SELECT count(*) FROM ml_model_loads WHERE model_id = :id")
    with manager.database.reading() as connection:
        return int(connection.execute(query, {"id": row.id}).scalar_one())


def publication_row(place: Place, manager: ModelManager) -> Row:
    model = new_model(manager)
    kind = model.hotel_id, model.metric_type, model.model_type

    def publish() -> None:
        manager.save_model_to_file(model)

    alone = [seconds_of(publish) for _ in range(PUBLICATIONS)]
    with readers(place, kind) as seen:
        ours = [seconds_of(publish) for _ in range(PUBLICATIONS)]
    failed = sum((reads.failures for reads in seen), Counter[str]())
    note = (
        f"{sum(reads.count for reads in seen):,} reads, {failed.total()} failed{f' {dict(failed)}' if failed else ''}, "
        f"{sum(reads.backwards for reads in seen)} saw an older version after a newer one; "
        f"p95 {1000 * np.percentile(ours, 95):.0f} and {1000 * np.percentile(alone, 95):.0f} ms"
    )
    work = (
        f"publication, median of {PUBLICATIONS}, while {READERS} processes read the active version "
        f"(half by in_use, half look it up and load it each time; {1000 * shared.PAUSE_SECONDS:.0f} ms between reads)"
    )
    return Row("B-11", work, float(np.median(ours)), "the same without readers", float(np.median(alone)),
               "0 failed reads", note)  # fmt: skip


@contextmanager
def readers(place: Place, kind: tuple[int, str, str]) -> Iterator[list[shared.Reads]]:
    """Processes that read for the time of the block; afterwards the list holds what they saw."""
    seen: list[shared.Reads] = []
    ready, stop, results = shared.SPAWN.Barrier(READERS + 1), shared.SPAWN.Event(), shared.SPAWN.Queue()
    children = [
        shared.SPAWN.Process(
            target=shared.read_until, args=(place, kind, bool(number % 2), ready, stop, results), daemon=True
        )
        for number in range(READERS)
    ]
    for child in children:
        child.start()
    ready.wait(60)
    try:
        yield seen
    finally:
        stop.set()
        seen += [results.get(timeout=60) for _ in children]
        for child in children:
            child.join()


def hundred_models(manager: ModelManager) -> int:
    """A hotel with that many active models, all different."""
    hotel_id, frame = new_hotel(manager), shared.features()
    for number in range(MODELS):
        manager.save_model_to_file(shared.trained(hotel_id, frame, f"metric_{number}", number))
    return hotel_id


def memory_and_zipf_rows(place: Place, hotel_id: int, seconds: float) -> list[Row]:
    held, weight = shared.in_child(shared.held_mb, place, hotel_id)
    half = max(1, int(weight / 2))
    usual = int(Settings.model_fields["model_cache_mb"].default)
    rows = []
    for cache_mb, threads, reach in ((half, 1, "≤ 0.5 ×"), (usual, 1, "< 50 MB"), (usual, 10, "< 50 MB")):
        grown, kept = shared.in_child(shared.cached_mb, place, hotel_id, cache_mb, threads)
        work = f"{UNIT} growth (USS) of a process: {MODELS} models, a cache of {cache_mb} MB, threads: {threads}"
        note = f"{kept:.1f} MB kept by the cache's count, which is {weight / held:.3f} of a held model's real growth"
        rows.append(Row("B-11", work, grown, "growth of one that holds them all", held, reach, note))
    return [*rows, *zipf_rows(place, hotel_id, half, seconds)]


def zipf_rows(place: Place, hotel_id: int, half: int, seconds: float) -> list[Row]:
    plain = shared.in_child(shared.uncached, place, hotel_id, UNCACHED_SECONDS)
    soak = shared.in_child(shared.soak, place, hotel_id, half, seconds)
    lru = shared.plain_lru_hit_ratio(MODELS, MODELS // 2, len(soak.seconds))
    what = f"{seconds:.0f} s of Zipf access, {shared.THREADS} threads, {MODELS} models, half of their bytes kept"
    ours, reference = (np.percentile(one, [50, 99]) * 1000 for one in (soak.seconds, plain))
    note = (
        f"{len(soak.seconds):,} accesses ({len(soak.seconds) / seconds:,.0f}/s against "
        f"{len(plain) / UNCACHED_SECONDS:,.0f}/s), hit ratio {soak.hit_ratio:.3f} (plain LRU {lru:.3f}), "
        f"{soak.wrong} wrong models; medians {ours[0]:.2f} and {reference[0]:.0f} ms"
    )
    tenth = soak.memory[len(soak.memory) // 10][1]
    slope = f"slope {soak.slope_mb_per_minute:+.2f} MB a minute in the second half"
    return [
        Row("B-11", f"{what}: p99 of an access", ours[1] / 1000, "joblib.load at each access, as many threads",
            reference[1] / 1000, "-", note),
        Row("B-11", f"{UNIT} {what}: memory (USS) at the end", soak.memory[-1][1],
            "after the first tenth", tenth, "≤ 1.05 ×", slope),
    ]  # fmt: skip
