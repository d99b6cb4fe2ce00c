"""Log files that several processes write to and that are renamed when they are full, without losing lines."""

import fcntl
import os
import sys
from contextlib import suppress
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path


class SharedRotation(RotatingFileHandler):
    """Renames ``x.jsonl`` to ``x.jsonl.1`` and so on, one process at a time; the others follow to the new file.

    With the library's own handler each process renames by itself: those that still write to a renamed file rename once
    more, and the oldest lines are deleted too early.
    """

    def __init__(self, path: Path, file_bytes: int, older_files: int) -> None:
        super().__init__(
            path, maxBytes=file_bytes, backupCount=older_files, encoding="utf-8", errors="backslashreplace"
        )
        self._is_told = False

    def shouldRollover(self, record: LogRecord) -> bool:  # noqa: N802 - the library's name
        self._follow()
        return bool(super().shouldRollover(record))

    def doRollover(self) -> None:  # noqa: N802 - the library's name
        with open(f"{self.baseFilename}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._follow()
            if os.stat(self.baseFilename).st_size > self.maxBytes // 2:  # nobody did it meanwhile
                super().doRollover()

    def flush(self) -> None:
        super().flush()
        self._is_told = False  # there is room again

    def handleError(self, record: LogRecord) -> None:  # noqa: N802 - the library's name
        """A full disk stops no work: told once, in a line, and without the record, whose secrets nobody masked yet."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not self._is_told:
            self._is_told = True
            with suppress(OSError, ValueError):  # what it is told to may lie on the same disk
                sys.stderr.write(f"{self.baseFilename}: {error.strerror}\n")

    def _follow(self) -> None:
        """Open the file anew when the one that is open was renamed or deleted."""
        if self.stream is not None:
            opened = os.fstat(self.stream.fileno())
            try:
                there = os.stat(self.baseFilename)
            except FileNotFoundError:
                there = None
            if there is not None and (there.st_dev, there.st_ino) == (opened.st_dev, opened.st_ino):
                return
            self.stream.close()
        self.stream = self._open()
