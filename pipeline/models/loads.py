"""What the cache of loaded models is given, and what it counts."""

from dataclasses import dataclass
from typing import Protocol


class Loaded(Protocol):
    """What a load gives: how much memory it takes, and what to do when its use begins and ends, and when it goes."""

    @property
    def memory_bytes(self) -> int: ...

    def use(self) -> None: ...

    def leave(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class Counts:
    """What happened since the counts were taken last."""

    hits: int = 0
    misses: int = 0
    waits: int = 0  # asked while another one loaded it, and got that one's
    failures: int = 0
    refusals: int = 0
    evictions: int = 0
    load_seconds: float = 0.0
