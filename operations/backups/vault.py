"""Sealed files: AES-256-GCM in chunks, so that files of any size are sealed and opened in little memory.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption, CRYPTO 2015), as age
and Tink use it: the nonce of a chunk is its number and whether it is the last, so that a chunk that was changed, moved,
repeated, left out or cut off does not open. Each file has a key of its own, derived (HKDF, RFC 5869) from the secret,
a random salt and the label: a changed label opens nothing either.
"""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import RawIOBase
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import AppError

MAGIC = b"BAROMETERBACKUP1"
LENGTH_BYTES = 4
LONGEST_LABEL = 65_536
SALT_BYTES, KEY_BYTES, TAG_BYTES = 32, 32, 16
CHUNK_BYTES = 1 << 20

SecretOf = Callable[[dict[str, Any]], bytes]  # label → 32 secret bytes


def damaged(reason: str) -> AppError:
    """Not a file of ours, or not as it was written; ``reason`` names the place."""
    return AppError("backup_damaged", 409, params={"reason": reason})


def write_label(target: BinaryIO, label: dict[str, Any], secret: bytes) -> "SealingWriter":
    """Begin a sealed file: the label stands in clear, everything that is written afterwards is sealed."""
    salt = os.urandom(SALT_BYTES)
    written = json.dumps(label | {"salt": salt.hex()}, ensure_ascii=False, sort_keys=True).encode()
    head = MAGIC + len(written).to_bytes(LENGTH_BYTES, "big") + written
    target.write(head)
    return SealingWriter(target, _cipher(secret, salt, head))


def read_label(source: BinaryIO) -> dict[str, Any]:
    """What the file says of itself, before anything proves it."""
    return _read_head(source)[0]


def open_sealed(source: BinaryIO, secret_of: SecretOf) -> "SealedReader":
    """The content of a sealed file, which can be read anywhere; raises ``backup_damaged`` if its end is not there."""
    label, head = _read_head(source)
    try:
        salt = bytes.fromhex(label["salt"])
    except (KeyError, TypeError, ValueError) as error:
        raise damaged("salt") from error
    return SealedReader(source, _cipher(secret_of(label), salt, head), len(head))


def _read_head(source: BinaryIO) -> tuple[dict[str, Any], bytes]:
    source.seek(0)
    head = source.read(len(MAGIC) + LENGTH_BYTES)
    length = int.from_bytes(head[len(MAGIC) :], "big")
    if not head.startswith(MAGIC) or not 0 < length <= LONGEST_LABEL:
        raise damaged("not a backup")
    written = source.read(length)
    try:
        label = json.loads(written)
    except ValueError as error:
        raise damaged("label") from error
    if len(written) != length or not isinstance(label, dict):
        raise damaged("label")
    return label, head + written


def _cipher(secret: bytes, salt: bytes, head: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"barometer backup\0" + head).derive(secret))


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


@dataclass(eq=False)
class SealingWriter(RawIOBase):
    """Seals what is written to it. ``finish`` writes the end; a file without it does not open."""

    target: BinaryIO
    cipher: AESGCM
    _waiting: bytearray = field(default_factory=bytearray)
    _number: int = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._waiting += content
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(content)

    def finish(self) -> None:
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, content: bytes, *, is_last: bool) -> None:
        self.target.write(self.cipher.encrypt(_nonce(self._number, is_last), content, None))
        self._number += 1


@dataclass(eq=False)
class SealedReader(RawIOBase):
    """Opens a sealed file chunk by chunk, the last one first; whatever does not open raises ``backup_damaged``."""

    source: BinaryIO
    cipher: AESGCM
    begin: int
    _position: int = 0
    _known: tuple[int, bytes] = (-1, b"")

    def __post_init__(self) -> None:
        body = self.source.seek(0, os.SEEK_END) - self.begin
        self._last = max(body - 1, 0) // (CHUNK_BYTES + TAG_BYTES)
        self.size = self._last * CHUNK_BYTES + len(self._chunk(self._last))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        number, offset = divmod(self._position, CHUNK_BYTES)
        if number > self._last:
            return 0
        content = self._chunk(number)[offset : offset + len(buffer)]
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)

    def whole(self) -> Iterator[float]:
        """Open every chunk, in order; how much of the file was proven (0–1)."""
        for number in range(self._last + 1):
            self._chunk(number)
            yield (number + 1) / (self._last + 1)

    def _chunk(self, number: int) -> bytes:
        if self._known[0] != number:
            self.source.seek(self.begin + number * (CHUNK_BYTES + TAG_BYTES))
            sealed = self.source.read(CHUNK_BYTES + TAG_BYTES)
            try:
                opened = self.cipher.decrypt(_nonce(number, number == self._last), sealed, None)
            except (InvalidTag, ValueError) as error:
                raise damaged(f"chunk {number + 1} of {self._last + 1}") from error
            self._known = (number, opened)
        return self._known[1]
