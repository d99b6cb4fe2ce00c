"""New lines in the order in which they were written, each with the place from which whoever has seen it goes on."""

from collections.abc import Iterator
from dataclasses import dataclass

from operations.logs.files import Place, Position
from operations.logs.lines import LogLine
from operations.logs.service import LogPage


@dataclass
class Following:
    """``position``: everything before it was told. Lines of several processes come together, each in its own order."""

    position: Position

    def told(self, page: LogPage) -> Iterator[LogLine]:
        """The lines of ``LogService.newer`` from the oldest on; after each of them ``position`` lies behind it."""
        for line in reversed(page.lines):
            self.position = {**self.position, line.stream: Place(line.file_id, line.offset + line.size + 1)}
            yield line
        self.position = page.newest
