"""What the profiler sees of threads: who takes processor time, who waits, and what measuring misses (C10)."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.settings import ROOT
from operations.profiler import report
from operations.profiler.sampling import MAX_STACKS, Sampler, StackTime
from operations.profiler.watch import everything, of_screens, of_the_api


def grind(ended: threading.Event) -> None:
    while not ended.is_set():
        sum(number * number for number in range(2_000))


def idle(ended: threading.Event) -> None:
    ended.wait()


@contextmanager
def threads() -> Iterator[None]:
    ended = threading.Event()
    running = [threading.Thread(target=work, args=(ended,), name=f"test-{work.__name__}") for work in (grind, idle)]
    for one in running:
        one.start()
    yield
    ended.set()
    for one in running:
        one.join()


def profile_of(sampler: Sampler, looks: int = 40) -> dict[str, Any]:
    with threads():
        for _ in range(looks):
            sampler.look()
            time.sleep(0.005)
    return report.stored(sampler, ROOT)


def own(profile: dict[str, Any], by: report.By) -> dict[str, float]:
    return {one.name: one.total_seconds for one in report.hottest(profile, by)}


def test_a_thread_that_works_takes_processor_time_and_one_that_waits_only_time() -> None:
    profile = profile_of(Sampler(lambda name: name.startswith("test-")))
    cpu, elapsed = own(profile, "cpu"), own(profile, "elapsed")
    assert cpu["grind"] > 0.5 * report.seconds(profile, "cpu") > 0
    assert cpu.get("idle", 0.0) < 0.02 * report.seconds(profile, "cpu")
    assert elapsed["idle"] > 0.3 * report.seconds(profile, "elapsed")
    [place] = {one.file for one in report.hottest(profile, "cpu") if one.name == "grind"}
    assert place == "tests/unit/operations/profiler/test_sampling.py"


def test_one_call_that_lasts_is_one_call_however_often_it_is_seen() -> None:
    profile = profile_of(Sampler(lambda name: name.startswith("test-")))
    calls = {one.name: one.calls for one in report.hottest(profile, "elapsed")}
    assert (calls["grind"], calls["idle"]) == (1, 1)


def test_only_wanted_threads_are_looked_at_and_the_profilers_own_never() -> None:
    profile = profile_of(Sampler(lambda name: name == "test-idle"))
    assert "grind" not in own(profile, "elapsed")
    assert not everything("profile-sampler")
    assert not everything("heart-3")
    assert (of_screens("ScriptRunner.scriptThread"), of_the_api("ScriptRunner.scriptThread")) == (True, False)
    assert (of_screens("AnyIO worker thread"), of_the_api("AnyIO worker thread")) == (False, True)


def test_stacks_beyond_the_bound_are_counted_not_kept() -> None:
    sampler = Sampler(lambda name: name == "test-idle")
    for number in range(MAX_STACKS):
        sampler.stacks[("f", "file", number),] = StackTime()
    profile_of(sampler, looks=3)
    assert len(sampler.stacks) == MAX_STACKS
    assert sampler.dropped_samples == 2


def test_a_file_that_is_run_is_named_by_its_file() -> None:
    sampler = Sampler(everything)
    sampler.stacks[("<module>", str(ROOT / "pages/system/jobs.py"), 1),] = StackTime(1.0, 1.0, 9)
    assert report.stored(sampler, ROOT)["frames"] == [["jobs.py", "pages/system/jobs.py", 1]]
