"""Log files read backwards in blocks: the lines of one process's files, the newest first, whatever stands in them."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import NamedTuple

NAME = re.compile(r"(?P<stream>[a-z][a-z0-9_-]{0,30})\.jsonl(?:\.(?P<number>\d{1,3}))?")
BLOCK_BYTES = 128 * 1024
LINE_BYTES = 64 * 1024  # what is kept of a line; ours are shorter, damaged ones may be endless
FIRST_BYTES = 4096
HALF_LINE_BYTES = 128 * 1024  # looked through for the last line break
LISTINGS = 3


class Place(NamedTuple):
    """A place in a stream: everything in the file before the offset, and every older file."""

    file_id: str
    offset: int


Position = Mapping[str, Place]  # a place in each stream; nothing lies before the place of a stream that is missing


class RawLine(NamedTuple):
    """``data``: at most LINE_BYTES of a line of ``size`` bytes that begins at ``offset`` of the file."""

    file_id: str
    offset: int
    data: bytes
    size: int


@dataclass
class Budget:
    """How much may be read: bytes, and seconds from now."""

    bytes_left: int
    seconds: float
    began: float = field(default_factory=monotonic)

    @property
    def is_spent(self) -> bool:
        return self.bytes_left <= 0 or monotonic() - self.began > self.seconds


@dataclass(frozen=True)
class LogFile:
    """An open file; it stays readable when it is renamed or deleted meanwhile.

    ``file_id`` is made of its first line, so it outlives being renamed. ``end``: where its last whole line ends; what
    follows is half a line that is being written.
    """

    descriptor: int
    file_id: str
    end: int
    changed_at: datetime

    def read(self, begin: int, end: int) -> bytes:
        """Less than was asked for when the file has become shorter."""
        return os.pread(self.descriptor, max(0, end - begin), begin)


@dataclass
class Stream:
    """The files of one service, the newest first."""

    name: str
    files: list[LogFile]

    def end(self) -> Place | None:
        """After the newest line; None when there is none."""
        return Place(self.files[0].file_id, self.files[0].end) if self.files else None

    def begins_line(self, place: Place) -> bool:
        """Whether a line begins there: an offset that a caller tells may lie anywhere."""
        file = next((one for one in self.files if one.file_id == place.file_id), None)
        if file is None or place.offset >= file.end:
            return False
        return place.offset == 0 or file.read(place.offset - 1, place.offset) == b"\n"

    def back(self, start: Place | None, stop: Place | None, budget: Budget) -> Iterator[RawLine]:
        """Lines before ``start`` until ``stop`` or the end of the budget, the newest first.

        What comes last may be a part of a line without any data: the budget ended within a line of many megabytes.
        """
        is_begun = False
        for file in self.files:
            if not is_begun and (start is None or file.file_id != start.file_id):
                continue
            end = file.end if is_begun or start is None else min(start.offset, file.end)
            is_begun = True
            is_last = stop is not None and file.file_id == stop.file_id
            yield from _lines_back(file, end, stop.offset if stop and is_last else 0, budget)
            if is_last or budget.is_spent:
                return


def _lines_back(file: LogFile, end: int, floor: int, budget: Budget) -> Iterator[RawLine]:
    """``end`` lies behind a line break, ``floor`` too (or is 0)."""
    position, rest, size = end - 1, b"", 0  # of the line whose begin is not found yet: its first bytes, its length
    while position >= floor and not budget.is_spent:
        begin = max(floor, position - BLOCK_BYTES)
        block = file.read(begin, position)
        if len(block) < position - begin:
            return  # it has become shorter: somebody emptied it
        budget.bytes_left -= len(block)
        at = position
        pieces = block.split(b"\n")
        for number in range(len(pieces) - 1, -1, -1):
            piece = pieces[number]
            if number == 0 and begin > floor:
                rest, size = (piece + rest)[:LINE_BYTES], size + len(piece)
                continue
            yield RawLine(file.file_id, at - len(piece), (piece + rest)[:LINE_BYTES], len(piece) + size)
            at -= len(piece) + 1
            rest, size = b"", 0
        position = begin if begin > floor else floor - 1
    if size > LINE_BYTES and position > floor:
        yield RawLine(file.file_id, position + 1, b"", size)


def forward(stream: Stream, place: Place, most_lines: int, most_bytes: int) -> list[RawLine]:
    """The lines from ``place`` on, the oldest first, also those in newer files."""
    found: list[RawLine] = []
    names = [file.file_id for file in stream.files]
    if place.file_id not in names:
        return found
    for number in range(names.index(place.file_id), -1, -1):
        file = stream.files[number]
        at = place.offset if file.file_id == place.file_id else 0
        block = file.read(at, min(file.end, at + most_bytes))
        most_bytes -= len(block)
        for piece in block.split(b"\n")[:-1]:
            if len(found) == most_lines:
                return found
            found.append(RawLine(file.file_id, at, piece[:LINE_BYTES], len(piece)))
            at += len(piece) + 1
    return found


def open_streams(folder: Path) -> dict[str, Stream]:
    """Every service that wrote into the folder, its files opened; give them back with ``close_streams``.

    A file can be renamed between being listed and being opened: the folder is listed again until nothing has changed.
    """
    for attempt in range(LISTINGS):
        found_now = [(stream, _opened(path)) for stream, path in _listed(folder)]
        opened = [(stream, descriptor) for stream, descriptor in found_now if descriptor is not None]
        inodes = [os.fstat(descriptor).st_ino for _, descriptor in opened]
        if attempt == LISTINGS - 1 or inodes == [_inode(path) for _, path in _listed(folder)]:
            break
        for _, descriptor in opened:
            os.close(descriptor)
    found: dict[str, Stream] = {}
    seen: set[str] = set()
    for name, descriptor in opened:
        file = _file(descriptor)
        if file is None or file.file_id in seen:
            os.close(descriptor)
            continue
        seen.add(file.file_id)
        found.setdefault(name, Stream(name, [])).files.append(file)
    return found


def close_streams(streams: Mapping[str, Stream]) -> None:
    for stream in streams.values():
        for file in stream.files:
            os.close(file.descriptor)


def _listed(folder: Path) -> list[tuple[str, Path]]:
    """(stream, path), the newest file of a stream first; nothing but regular files with names of ours."""
    if not folder.is_dir():
        return []
    found = []
    for path in folder.iterdir():
        match = NAME.fullmatch(path.name)
        if match and path.is_file() and not path.is_symlink():
            found.append((match["stream"], int(match["number"] or 0), path))
    return [(stream, path) for stream, _, path in sorted(found)]


def _opened(path: Path) -> int | None:
    """None when it is gone meanwhile."""
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return -1


def _file(descriptor: int) -> LogFile | None:
    """None when no whole line stands in it."""
    found = os.fstat(descriptor)
    first, has_break, _ = os.pread(descriptor, FIRST_BYTES, 0).partition(b"\n")
    if not has_break and len(first) < FIRST_BYTES:
        return None
    file_id, size = hashlib.sha256(first).hexdigest()[:12], found.st_size
    end = size  # one damaged line without an end is a line too
    for length in (FIRST_BYTES, HALF_LINE_BYTES):
        begin = max(0, size - length)
        place = os.pread(descriptor, size - begin, begin).rfind(b"\n")
        if place >= 0:
            end = begin + place + 1
            break
    return LogFile(descriptor, file_id, end, datetime.fromtimestamp(found.st_mtime, UTC))
