"""The installation's keys: they encrypt what a copy of the database must not show, and sign model files (SPEC A9.3).

Encryption is Fernet (AES-128-CBC with HMAC-SHA256, github.com/fernet/spec). A sealed text names its key, so that keys
can be exchanged while everything runs: the first key of the ring seals, every key of it opens.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from core.errors import AppError
from core.private_file import alone_in, is_exposed, write_private
from core.settings import Settings

FILE_MODE = 0o600
SIGNING = b"barometer: signatures of model files"


@dataclass(frozen=True)
class Key:
    """One key: 32 random bytes as Fernet writes them. ``id`` tells keys apart and reveals nothing of them."""

    secret: str = field(repr=False)

    @cached_property
    def id(self) -> str:
        return hashlib.sha256(self.secret.encode()).hexdigest()[:8]

    @cached_property
    def fernet(self) -> Fernet:
        return Fernet(self.secret)

    @cached_property
    def signing(self) -> bytes:
        """A key of its own for signatures, derived from the secret."""
        return self.derived(SIGNING)

    def sign(self, message: bytes) -> str:
        """``<key id>:<HMAC-SHA256>``."""
        return f"{self.id}:{hmac.new(self.signing, message, hashlib.sha256).hexdigest()}"

    def derived(self, purpose: bytes) -> bytes:
        """A key of its own for one purpose: 32 bytes."""
        return hmac.new(self.secret.encode(), purpose, hashlib.sha256).digest()


def new_key() -> Key:
    return Key(Fernet.generate_key().decode())


def parse_keys(text: str, origin: str) -> tuple[Key, ...]:
    """Keys separated by commas or lines, newest first; raises ``encryption_key_wrong`` naming the place."""
    keys = []
    for position, part in enumerate(text.replace(",", "\n").split()):
        try:
            Fernet(part)
        except ValueError as error:
            raise AppError("encryption_key_wrong", 500, params={"origin": origin, "position": position + 1}) from error
        keys.append(Key(part))
    return tuple(keys)


@dataclass
class KeyRing:
    """Keys from the settings (``given``), or else from the file at ``path``, which is made at the first sealing.

    The file is looked at before every use, so a key that another process added is known at once.
    """

    path: Path
    given: tuple[Key, ...] = ()
    _known: tuple[tuple[int, int], tuple[Key, ...]] | None = field(default=None, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def all(self) -> tuple[Key, ...]:
        """Newest first; empty before the first sealing. Raises ``encryption_keys_exposed`` if others may read them."""
        if self.given:
            return self.given
        with self._named():
            try:
                found = self.path.stat()
            except FileNotFoundError:
                return ()
            if is_exposed(found):
                raise AppError("encryption_keys_exposed", 500, params={"path": str(self.path)})
            stamp = (found.st_mtime_ns, found.st_ino)
            with self._lock:
                if self._known is None or self._known[0] != stamp:
                    self._known = (stamp, self._read())
                return self._known[1]

    def seal(self, document: Any) -> str:
        """A JSON document as ``<key id>:<Fernet token>``."""
        key = self.first()
        content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return f"{key.id}:{key.fernet.encrypt(content).decode()}"

    def unseal(self, text: str) -> Any:
        """The document; raises ``encryption_key_missing`` or ``sealed_text_damaged``, never gives garbage."""
        key_id, _, token = text.partition(":")
        try:
            return json.loads(self.find(key_id).fernet.decrypt(token.encode()))
        except InvalidToken as error:
            raise AppError("sealed_text_damaged", 500, params={"key": key_id}) from error

    def seal_bytes(self, content: bytes) -> bytes:
        """A content as ``<key id>:<Fernet token>``."""
        key = self.first()
        return f"{key.id}:".encode() + key.fernet.encrypt(content)

    def unseal_bytes(self, sealed: bytes) -> bytes:
        """The content; raises like ``unseal``."""
        key_id, _, token = sealed.partition(b":")
        try:
            return self.find(key_id[:64].decode("ascii", "replace")).fernet.decrypt(token)
        except InvalidToken as error:
            raise AppError("sealed_text_damaged", 500, params={"key": key_id[:8].decode("ascii", "replace")}) from error

    def sign(self, message: bytes) -> str:
        """``<key id>:<HMAC-SHA256>``."""
        return self.first().sign(message)

    def signatures(self, message: bytes) -> tuple[str, ...]:
        """What each key signs, newest first: finds again what was marked before the keys were exchanged."""
        self.first()
        return tuple(key.sign(message) for key in self.all())

    def is_signed(self, signature: str, message: bytes) -> bool:
        """Whether one of our keys signed exactly this; raises ``encryption_key_missing`` when its key is gone."""
        key_id, _, digest = signature.partition(":")
        expected = hmac.new(self.find(key_id).signing, message, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), digest.encode())

    def find(self, key_id: str) -> Key:
        for key in self.all():
            if key.id == key_id:
                return key
        raise AppError("encryption_key_missing", 503, params={"key": key_id[:8], "path": str(self.path)})

    def add(self) -> Key:
        """Put a new key first; raises ``encryption_keys_given`` where the settings name the keys."""
        self._refuse_given()
        key = new_key()
        with self._alone():
            self._write((key, *(self._read() if self.path.exists() else ())))
        return key

    def adopt(self, keys: Iterable[Key]) -> list[str]:
        """Keep keys of elsewhere behind our own, to open what they sealed; the ids of those that were not known."""
        known = {key.id for key in self.all()}
        fresh = [key for key in keys if key.id not in known]
        if fresh:
            self._refuse_given()
            with self._alone():
                self._write((*(self._read() if self.path.exists() else ()), *fresh))
        return [key.id for key in fresh]

    def remove(self, key_ids: set[str]) -> None:
        """Forget some keys; the first one stays."""
        self._refuse_given()
        with self._alone():
            first, *others = self._read()
            self._write((first, *(key for key in others if key.id not in key_ids)))

    def changed_at(self) -> datetime | None:
        """When a key was added or forgotten last; None without a file."""
        return datetime.fromtimestamp(self.path.stat().st_mtime, UTC) if self.path.exists() else None

    def first(self) -> Key:
        """The key that seals, made when there is none yet."""
        keys = self.all()
        if keys:
            return keys[0]
        with self._alone():  # of processes that start together one makes the first key
            if not self.path.exists():
                self._write((new_key(),))
        return self.all()[0]

    def _refuse_given(self) -> None:
        if self.given:
            raise AppError("encryption_keys_given")

    def _read(self) -> tuple[Key, ...]:
        """The keys of the file; an empty one is no ring without keys but a damaged one."""
        text = self.path.read_bytes().decode("ascii", "replace")
        return parse_keys(text, str(self.path)) or parse_keys("-", str(self.path))

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            params = {"path": str(self.path), "reason": error.strerror or type(error).__name__}
            raise AppError("encryption_keys_unreadable", 500, params=params) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._named(), alone_in(self.path.parent):
            yield

    def _write(self, keys: tuple[Key, ...]) -> None:
        write_private(self.path, "".join(f"{key.secret}\n" for key in keys), FILE_MODE)


def key_ring(settings: Settings) -> KeyRing:
    """The ring of an installation."""
    given = parse_keys(settings.encryption_keys, "BAROMETER_ENCRYPTION_KEYS") if settings.encryption_keys else ()
    return KeyRing(settings.data_dir / "secrets" / "encryption_keys", given)


def backup_key_ring(settings: Settings) -> KeyRing:
    """Keys of their own for backups, which carry the ring of the installation inside."""
    given = parse_keys(settings.backup_keys, "BAROMETER_BACKUP_KEYS") if settings.backup_keys else ()
    return KeyRing(settings.data_dir / "secrets" / "backup_keys", given)
