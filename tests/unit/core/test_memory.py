"""The memory gauge reads the tightest limit above the process, without the pages that are given back (R4)."""

from pathlib import Path

import psutil
import pytest

from core.memory import MemoryGauge


@pytest.fixture(autouse=True)
def roomy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    class Machine:
        total, available = 100, 90

    monkeypatch.setattr(psutil, "virtual_memory", Machine)


def group(folder: Path, limit: str, used: int, inactive: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(limit + "\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\ninactive_file {inactive}\n")


def gauge(root: Path, own: str) -> MemoryGauge:
    membership = root / "membership"
    membership.write_text(f"0::/{own}\n")
    return MemoryGauge(root / "cgroup", membership)


def test_the_limit_of_the_group_counts_and_files_in_memory_do_not(tmp_path: Path) -> None:
    group(tmp_path / "cgroup" / "app", "1000", 900, inactive=200)
    assert gauge(tmp_path, "app").used_ratio() == pytest.approx(0.7)


def test_a_tighter_limit_further_up_counts(tmp_path: Path) -> None:
    group(tmp_path / "cgroup" / "hotel" / "app", "max", 100)
    group(tmp_path / "cgroup" / "hotel", "200", 190)
    assert gauge(tmp_path, "hotel/app").used_ratio() == pytest.approx(0.95)


def test_without_any_limit_the_machine_counts(tmp_path: Path) -> None:
    group(tmp_path / "cgroup" / "app", "max", 100)
    assert gauge(tmp_path, "app").used_ratio() == pytest.approx(0.1)
    assert MemoryGauge(tmp_path / "nowhere", tmp_path / "none").used_ratio() == pytest.approx(0.1)


def test_the_real_files_of_this_machine_can_be_read() -> None:
    assert 0.0 <= MemoryGauge().used_ratio() <= 1.5
