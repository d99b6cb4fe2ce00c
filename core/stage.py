"""What every stage of the pipeline reports about its run, and how it tells its progress."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Progress = Callable[[float, str], None]  # (ratio done 0–1, what is being done: a catalog key)


def silent(ratio: float, note: str) -> None:
    """The progress of those who do not watch."""


@dataclass(frozen=True)
class StageReport:
    """Rows read and written by one run, with details by metric type; recorded in ``job_runs``."""

    rows_in: int = 0
    rows_out: int = 0
    details: dict[str, Any] = field(default_factory=dict)

    def __add__(self, other: "StageReport") -> "StageReport":
        return StageReport(self.rows_in + other.rows_in, self.rows_out + other.rows_out, self.details | other.details)
