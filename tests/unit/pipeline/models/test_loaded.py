"""The cache of loaded models: single flight, shared failures, bounded bytes, nothing closed under a reader (R4)."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from core.errors import AppError
from pipeline.models.loaded import LoadedModels
from tests.waiting import wait_for


@dataclass
class Item:
    """A model that knows whether it was closed while somebody used it."""

    memory_bytes: int = 100
    users: int = 0
    is_closed: bool = False
    history: list[str] = field(default_factory=list)

    def use(self) -> None:
        assert not self.is_closed
        self.history.append("use")

    def leave(self) -> None:
        self.history.append("leave")

    def close(self) -> None:
        assert self.history[-1] == "leave", "closed under its reader"
        self.is_closed = True


class Loader:
    """Counts loads; slow enough that others arrive meanwhile, at most until it may end."""

    def __init__(self, seconds: float = 0.0, error: Exception | None = None) -> None:
        self.seconds, self.error, self.count, self.at_once, self.most = seconds, error, 0, 0, 0
        self.lock, self.may_end = threading.Lock(), threading.Event()

    def __call__(self) -> Item:
        with self.lock:
            self.count += 1
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        self.may_end.wait(self.seconds)
        with self.lock:
            self.at_once -= 1
        if self.error:
            raise self.error
        return Item()


def together(count: int, work: Callable[[int], object]) -> list[object]:
    """``work`` in so many threads that begin at the same moment; what each returned or raised."""
    barrier = threading.Barrier(count)

    def one(number: int) -> object:
        barrier.wait()
        try:
            return work(number)
        except (AppError, RuntimeError) as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_a_hundred_threads_on_a_cold_key_load_once_in_every_of_fifty_rounds() -> None:
    for _ in range(50):
        cache, loader = LoadedModels[Item](1_000), Loader(0.001)

        def use(number: int, cache: LoadedModels[Item] = cache, loader: Loader = loader) -> bool:
            with cache.lease("model", loader) as item:
                return item.is_closed

        assert together(100, use) == [False] * 100
        assert loader.count == 1
        counts = cache.take_counts()[None]
        assert counts.misses == 1
        assert counts.hits + counts.waits == 99


def test_a_model_larger_than_the_budget_is_used_by_all_who_waited_and_then_dropped() -> None:
    cache, loader, all_in = LoadedModels[Item](50), Loader(0.05), threading.Barrier(20)

    def use(number: int) -> bool:
        with cache.lease("model", loader) as item:
            all_in.wait(60)  # everybody holds it at the same time
            return item.is_closed

    assert together(20, use) == [False] * 20
    assert loader.count == 1
    assert (cache.keys(), cache.kept_bytes) == ([], 0)


def test_a_failure_is_shared_and_remembered_for_a_moment_only() -> None:
    clock = [0.0]
    cache = LoadedModels[Item](1_000, monotonic=lambda: clock[0])
    loader = Loader(0.01, AppError("model_corrupt", 409, params={"path": "x"}))

    def use(number: int) -> None:
        with cache.lease("model", loader):
            pytest.fail("there is no model")

    errors = together(20, use)
    assert {error.code for error in errors if isinstance(error, AppError)} == {"model_corrupt"}
    assert len({id(error) for error in errors}) == 20  # each thread has its own, with its own traceback
    assert loader.count == 1
    with pytest.raises(AppError, match="model_corrupt"):
        use(0)
    assert loader.count == 1
    clock[0] += 6.0
    with pytest.raises(AppError, match="model_corrupt"):
        use(0)
    assert loader.count == 2
    cache.forget("model")
    loader.error = None
    with cache.lease("model", loader) as item:
        assert not item.is_closed


def test_a_bug_in_a_loader_reaches_everybody_and_blocks_nobody() -> None:
    cache, loader = LoadedModels[Item](1_000, failed_seconds=0.0), Loader(0.01, RuntimeError("a bug"))

    def use(number: int) -> None:
        with cache.lease("model", loader):
            pass

    assert [type(error) for error in together(10, use)] == [RuntimeError] * 10
    loader.error = None
    use(0)


def test_at_most_two_load_at_once_and_beyond_the_queue_it_is_busy() -> None:
    cache, loader, refused = LoadedModels[Item](10_000, waiting=3), Loader(60.0), list[int]()

    def use(number: int) -> str:
        try:
            with cache.lease(number, loader):
                return "used"
        except AppError:
            refused.append(number)
            if len(refused) == 7:
                wait_for(lambda: loader.at_once == 2)
                loader.may_end.set()  # nobody is left who could come in time
            raise

    results = together(12, use)
    busy = [result for result in results if isinstance(result, AppError)]
    assert loader.most == 2
    assert results.count("used") == 5
    assert {error.code for error in busy} == {"models_busy"}
    assert cache.take_counts()[None].refusals == 7
    assert [use(number) for number in range(12)] == ["used"] * 12  # busy is not remembered


def test_the_least_recently_used_model_goes_first_and_bytes_stay_within_the_budget() -> None:
    cache = LoadedModels[Item](300)
    for key in ("a", "b", "c", "a", "d"):
        with cache.lease(key, Item):
            pass
    assert cache.keys() == ["c", "a", "d"]
    assert cache.kept_bytes == 300
    assert cache.take_counts()[None].evictions == 1


def test_a_model_in_use_is_neither_taken_nor_closed_until_it_is_left() -> None:
    cache = LoadedModels[Item](100)
    with cache.lease("a", Item) as first:
        with cache.lease("b", Item) as second:
            assert not first.is_closed
            assert cache.kept_bytes == 200  # both are in use: they count, and stay
        assert second.is_closed
        assert not first.is_closed
        cache.clear()
        cache.forget("a")
        assert not first.is_closed
        assert cache.kept_bytes == 0
    assert first.is_closed
    assert first.history == ["use", "leave"]


@pytest.mark.parametrize(("ratio", "kept"), [(0.5, 4), (0.85, 2), (0.95, 0)])
def test_under_memory_pressure_half_or_all_of_the_idle_models_go(ratio: float, kept: int) -> None:
    """With the control that little pressure takes nothing. The model that is asked for comes on top."""
    clock, used = [0.0], [0.0]
    cache = LoadedModels[Item](10_000, used_ratio=lambda: used[0], monotonic=lambda: clock[0])
    for key in range(4):
        with cache.lease(key, Item):
            pass
    clock[0], used[0] = 10.0, ratio
    with cache.lease("new", Item):
        assert cache.keys() == [*range(4 - kept, 4), "new"]


def test_pressure_does_not_take_a_model_from_its_reader() -> None:
    clock = [0.0]
    cache = LoadedModels[Item](10_000, used_ratio=lambda: 0.99, monotonic=lambda: clock[0])
    with cache.lease("a", Item) as item:
        clock[0] = 10.0
        with cache.lease("b", Item):
            assert not item.is_closed
            assert "a" in cache.keys()  # noqa: SIM118 (a method of the cache)


def test_counts_belong_to_their_owner_and_are_taken_once() -> None:
    cache = LoadedModels[Item](1_000)
    for owner in (1, 1, 2):
        with cache.lease("model", Item, owner=owner):
            pass
    taken = cache.take_counts()
    assert (taken[1].misses, taken[1].hits, taken[2].hits) == (1, 1, 1)
    assert cache.take_counts() == {}


def test_a_file_system_without_locks_blocks_nobody() -> None:
    """An item that cannot be taken into use is closed, and everybody who waits is told."""
    made: list[Item] = []

    class Stubborn(Item):
        def use(self) -> None:
            raise OSError("no locks available")

        def close(self) -> None:
            self.is_closed = True

    def load() -> Item:
        time.sleep(0.01)
        made.append(Stubborn())
        return made[-1]

    cache = LoadedModels[Item](1_000)

    def use(number: int) -> str:
        try:
            with cache.lease("model", load):
                return "used"
        except (OSError, AppError):
            return "told"

    assert together(5, use) == ["told"] * 5
    assert all(item.is_closed for item in made)


def test_loads_run_on_threads_of_their_own() -> None:
    """A thread that loads keeps its part of the allocator's memory for good: two of them, not one a caller."""
    cache, names = LoadedModels[Item](10_000), set[str]()

    def load() -> Item:
        names.add(threading.current_thread().name)
        return Item()

    def use(number: int) -> None:
        with cache.lease(number, load):
            pass

    together(20, use)
    assert names <= {"model-loader_0", "model-loader_1"}
    cache.shut()
    assert cache.keys() == []
