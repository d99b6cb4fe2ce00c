"""How full the memory is this process may use: the control group's limit where there is one, else the machine's."""

from dataclasses import dataclass
from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class MemoryGauge:
    """Reads cgroup v2 files below ``root`` (docs.kernel.org/admin-guide/cgroup-v2)."""

    root: Path = CGROUP
    membership: Path = Path("/proc/self/cgroup")

    def used_ratio(self) -> float:
        """The larger of both ratios: of the tightest limit above this process, and of the machine's memory."""
        machine = psutil.virtual_memory()
        ratios = [1.0 - machine.available / machine.total]
        for folder in self._folders():
            limit, used = _number(folder / "memory.max"), _number(folder / "memory.current")
            if limit and used is not None:
                # Pages of files that nobody used lately are given back before anybody is killed.
                ratios.append(max(used - _inactive_file(folder), 0) / limit)
        return max(ratios)

    def _folders(self) -> list[Path]:
        """The process's own group and those above it; inside a container its own group is the root."""
        try:
            lines = self.membership.read_text().splitlines()
        except OSError:
            return [self.root]
        own = next((line[3:].strip("/") for line in lines if line.startswith("0::")), "")
        folder = self.root / own
        return [folder, *(parent for parent in folder.parents if parent.is_relative_to(self.root))]


def _number(path: Path) -> int | None:
    """A figure of the group; None where there is no such file or no limit ("max")."""
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _inactive_file(folder: Path) -> int:
    try:
        lines = (folder / "memory.stat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("inactive_file ")), 0)
