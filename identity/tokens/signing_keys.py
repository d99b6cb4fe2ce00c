"""The RSA keys that sign access tokens: one file each, readable by its owner only; the newest signs (SPEC R3).

A key says no more than its file's name does: when it was made and its id, the thumbprint of RFC 7638. Until the last
token of an older key has expired, the older key still verifies; then it is of no use, whether it was deleted or not.
"""

import base64
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from core.clock import Clock
from core.errors import AppError
from core.private_file import alone_in, is_exposed, write_private
from core.settings import Settings

FILE_MODE = 0o400
KEY_BITS, MIN_BITS = 3072, 2048  # NIST SP 800-57: 3072 beyond 2030; nothing below 2048 signs
EXPONENT = 65537
ACCESS_LIFETIME = timedelta(minutes=10)
CLOCK_SKEW = timedelta(seconds=30)
SPARE = timedelta(minutes=1)  # another process may sign once more with the older key
OVERLAP = ACCESS_LIFETIME + CLOCK_SKEW + SPARE
NAME = re.compile(r"(\d{8}T\d{12})_([A-Za-z0-9_-]{43})\.pem")
STAMP = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True)
class SigningKey:
    """``superseded_at``: when a newer key was made; None for the one that signs."""

    id: str
    made_at: datetime
    superseded_at: datetime | None
    private: rsa.RSAPrivateKey = field(repr=False)

    def verifies(self, at: datetime) -> bool:
        return self.superseded_at is None or at < self.superseded_at + OVERLAP

    def public_document(self) -> dict[str, str]:
        """As a JSON Web Key (RFC 7517)."""
        return {"use": "sig", "alg": "RS256", "kid": self.id, **_members(self.private.public_key())}


@dataclass
class SigningKeys:
    """The keys of a folder. It is looked at before every use, so a key of another process is known at once."""

    folder: Path
    clock: Clock
    _known: tuple[tuple[str, ...], tuple[SigningKey, ...]] | None = field(default=None, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def all(self) -> tuple[SigningKey, ...]:
        """Newest first; empty before the first use. Raises ``token_keys_exposed`` or ``token_key_damaged``."""
        with self._named():
            try:
                names = self._names()
            except FileNotFoundError:
                return ()
            with self._lock:
                if self._known is None or self._known[0] != names:
                    self._known = (names, self._read(names))
                return self._known[1]

    def signing(self) -> SigningKey:
        """The key that signs, made when there is none yet."""
        keys = self.all()
        if not keys:
            with self._alone():  # of processes that start together one makes the first key
                if not self._names():
                    self._make()
            keys = self.all()
        return keys[0]

    def verifying(self) -> tuple[SigningKey, ...]:
        """The key that signs and older ones whose tokens may not have expired, newest first."""
        now = self.clock.now()
        return tuple(key for key in self.all() if key.verifies(now))

    def rotate(self) -> SigningKey:
        """Make the key that signs from now on; the older ones verify for the rest of their tokens' time."""
        with self._alone():
            self._make()
        return self.signing()

    def retire(self) -> list[str]:
        """Delete keys that verify nothing any more; their ids."""
        now = self.clock.now()
        with self._alone():
            spent = [key for key in self.all() if not key.verifies(now)]
            for key in spent:
                self._path(key).unlink(missing_ok=True)
        return [key.id for key in spent]

    def _make(self) -> None:
        """Later than every other one, even if the clock was set back: the newest signs."""
        latest = max((key.made_at for key in self.all()), default=datetime.min.replace(tzinfo=UTC))
        key = SigningKey(*_generated(max(self.clock.now(), latest + timedelta(microseconds=1))))
        pem = key.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(self._path(key), pem.decode("ascii"), FILE_MODE)

    def _path(self, key: SigningKey) -> Path:
        return self.folder / f"{key.made_at.astimezone(UTC).strftime(STAMP)}_{key.id}.pem"

    def _names(self) -> tuple[str, ...]:
        """Names of key files, newest first."""
        return tuple(sorted(filter(NAME.fullmatch, os.listdir(self.folder)), reverse=True))

    def _read(self, names: tuple[str, ...]) -> tuple[SigningKey, ...]:
        keys: list[SigningKey] = []
        for name in names:
            path = self.folder / name
            try:
                is_open, private = is_exposed(path.stat()), _loaded(path)
            except FileNotFoundError:
                continue  # another process retired it meanwhile: it verified nothing any more
            if is_open:
                raise AppError("token_keys_exposed", 500, params={"path": str(path)})
            made_at = datetime.strptime(name.partition("_")[0], STAMP).replace(tzinfo=UTC)
            keys.append(SigningKey(thumbprint(private), made_at, keys[-1].made_at if keys else None, private))
        return tuple(keys)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            params = {"path": str(self.folder), "reason": error.strerror or type(error).__name__}
            raise AppError("token_keys_unreadable", 500, params=params) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._named(), alone_in(self.folder):
            yield


def signing_keys(settings: Settings, clock: Clock) -> SigningKeys:
    """The signing keys of an installation."""
    return SigningKeys(settings.data_dir / "secrets" / "token_keys", clock)


def thumbprint(private: rsa.RSAPrivateKey) -> str:
    """RFC 7638: the SHA-256 of the public key's members in their canonical order."""
    canonical = json.dumps(_members(private.public_key()), sort_keys=True, separators=(",", ":"))
    return _base64(hashlib.sha256(canonical.encode()).digest())


def _generated(at: datetime) -> tuple[str, datetime, None, rsa.RSAPrivateKey]:
    private = rsa.generate_private_key(EXPONENT, KEY_BITS)
    return thumbprint(private), at, None, private


def _loaded(path: Path) -> rsa.RSAPrivateKey:
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise AppError("token_key_damaged", 500, params={"path": str(path)}) from error
    if not isinstance(private, rsa.RSAPrivateKey) or private.key_size < MIN_BITS:
        raise AppError("token_key_damaged", 500, params={"path": str(path)})
    return private


def _members(public: rsa.RSAPublicKey) -> dict[str, str]:
    numbers = public.public_numbers()
    return {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}


def _number(value: int) -> str:
    return _base64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
