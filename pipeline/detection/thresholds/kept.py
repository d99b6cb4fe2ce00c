"""Histories that somebody is looking at, kept in the process: a slider that moves reads nothing (A5, C14)."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from pipeline.detection.thresholds.history import History
from pipeline.detection.thresholds.replay import ReplayResult
from pipeline.detection.thresholds.settings import DetectionSettings

KEPT_HISTORIES = 8  # of hotels and periods that somebody is looking at
Key = tuple[int, date, date]  # hotel and period


@dataclass
class Kept:
    """A prepared history as of some data versions, and what the settings in force say about it."""

    versions: tuple[int, ...]
    history: History
    in_force: tuple[dict[str, DetectionSettings], ReplayResult] | None = None


@dataclass
class Histories:
    """Prepared histories by hotel and period: a slider that moves reads nothing and decides once."""

    kept: "OrderedDict[Key, Kept]" = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def find(self, key: Key, versions: tuple[int, ...]) -> Kept | None:
        with self.lock:
            known = self.kept.get(key)
            return known if known is not None and known.versions == versions else None

    def keep(self, key: Key, kept: Kept) -> Kept:
        with self.lock:
            self.kept[key] = kept
            self.kept.move_to_end(key)
            while len(self.kept) > KEPT_HISTORIES:
                self.kept.popitem(last=False)
        return kept
