"""The archive: a sealed ZIP file of the dump, model files, archived rows, the keys and, at its end, the manifest."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from core.durable_file import whole_file
from core.key_ring import KeyRing
from operations.backups.manifest import FileState, Label, Manifest
from operations.backups.vault import damaged, open_sealed, read_label, write_label

DUMP, KEYS, MANIFEST = "database.dump", "encryption_keys", "manifest.json"
MODELS, ROWS = "models/", "archived-rows/"
SEALING = b"barometer: backups"
READ_BYTES = 1 << 18


@dataclass
class ArchiveWriter:
    """Takes the parts one after the other; ``files`` holds size and checksum of each."""

    zip: ZipFile
    files: dict[str, FileState] = field(default_factory=dict)

    def add(self, name: str, source: IO[bytes], told: Callable[[int], None] = lambda _: None) -> None:
        """Add what the source gives until its end; ``told`` hears how many bytes have gone in."""
        digest, size = sha256(), 0
        packing = ZIP_DEFLATED if name in (KEYS, MANIFEST) else ZIP_STORED  # dump and models are packed already
        entry = ZipInfo(name)
        entry.compress_type = packing
        with self.zip.open(entry, "w", force_zip64=True) as target:
            while content := source.read(READ_BYTES):
                target.write(content)
                digest.update(content)
                size += len(content)
                told(size)
        self.files[name] = FileState(size, digest.hexdigest())

    def finish(self, manifest: Manifest) -> None:
        self.zip.writestr(MANIFEST, json.dumps(manifest.document(), ensure_ascii=False), ZIP_DEFLATED)


@contextmanager
def writing(path: Path, label: Label, keys: KeyRing) -> Iterator[ArchiveWriter]:
    """A new archive, which has its name only when it is whole and on the disk; otherwise nothing of it stays."""
    secret = keys.find(label.key_id).derived(SEALING)
    with whole_file(path, 0o600) as target:
        sealing = write_label(target, label.document(), secret)
        with ZipFile(sealing, "w", allowZip64=True) as file:
            yield ArchiveWriter(file)
        sealing.finish()


@dataclass(frozen=True)
class Archive:
    """An opened archive, whose manifest was proven with the key."""

    zip: ZipFile
    manifest: Manifest
    prove: Callable[[], Iterator[float]]  # opens every byte; raises ``backup_damaged``

    @contextmanager
    def part(self, name: str) -> Iterator["CheckedPart"]:
        """One file of it, to read to its end; its checksum is compared there."""
        with _damage_named():
            source, expected = self.zip.open(name), self.manifest.files[name]
        with source:
            yield CheckedPart(source, name, expected)

    def content(self, name: str) -> bytes:
        with self.part(name) as part:
            return b"".join(iter(lambda: part.read(READ_BYTES), b""))

    def files_of(self, part: str) -> list[str]:
        """Names that begin with ``MODELS`` or ``ROWS``."""
        return [name for name in self.manifest.files if name.startswith(part)]


@dataclass
class CheckedPart:
    """A file in the archive: what was read must be what was written."""

    source: IO[bytes]
    name: str
    expected: FileState
    _size: int = 0

    def __post_init__(self) -> None:
        self._digest = sha256()

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes; raises ``backup_damaged`` where the end is another than the one that was written."""
        content = self.source.read(size)
        self._digest.update(content)
        self._size += len(content)
        if not content and FileState(self._size, self._digest.hexdigest()) != self.expected:
            raise damaged(self.name)
        return content


@contextmanager
def opened(path: Path, keys: KeyRing) -> Iterator[Archive]:
    """The archive; raises ``not_found``, ``backup_damaged``, ``backup_from_newer_version`` or the key's errors."""
    with path.open("rb") as source:
        label = Label.of(read_label(source))
        sealed = open_sealed(source, lambda _: keys.find(label.key_id).derived(SEALING))
        with _damage_named():
            file = ZipFile(BufferedReader(sealed, READ_BYTES))
            manifest = Manifest.of(json.loads(file.read(MANIFEST)))
        with file:
            yield Archive(file, manifest, sealed.whole)


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (BadZipFile, KeyError, TypeError, ValueError) as error:
        raise damaged(type(error).__name__) from error


def label_of(path: Path) -> Label:
    with path.open("rb") as source:
        return Label.of(read_label(source))
