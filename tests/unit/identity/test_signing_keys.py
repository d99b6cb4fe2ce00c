"""Keys that sign access tokens: private files, one at first use, an overlap when they change (R3)."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from core.clock import FixedClock
from core.errors import AppError
from identity.tokens import signing_keys
from identity.tokens.access_token import AccessClaims, read, signed
from identity.tokens.signing_keys import ACCESS_LIFETIME, OVERLAP, SigningKeys
from tests.conftest import NOW


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def keys(tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> SigningKeys:
    monkeypatch.setattr(signing_keys, "KEY_BITS", 2048)  # made faster; the size of real ones has its own test
    return SigningKeys(tmp_path / "secrets" / "token_keys", clock)


def only_file(keys: SigningKeys) -> Path:
    [path] = keys.folder.glob("*.pem")
    return path


def test_the_first_use_makes_a_key_that_its_owner_alone_may_read_and_nobody_write(keys: SigningKeys) -> None:
    assert keys.verifying() == ()
    key = keys.signing()
    assert stat.S_IMODE(only_file(keys).stat().st_mode) == 0o400
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (keys.folder, keys.folder.parent)} == {0o700}
    assert (keys.signing().id, keys.verifying()) == (key.id, (keys.signing(),))


def test_a_real_key_has_at_least_2048_bits(tmp_path: Path, clock: FixedClock) -> None:
    assert SigningKeys(tmp_path / "keys", clock).signing().private.key_size >= 2048


def test_processes_that_start_together_make_one_key(keys: SigningKeys, clock: FixedClock) -> None:
    several = [SigningKeys(keys.folder, clock) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = {key.id for key in pool.map(SigningKeys.signing, several)}
    assert found == {only_file(keys).stem.partition("_")[2]}


def test_the_older_key_verifies_until_its_last_token_has_expired_and_then_no_longer(
    keys: SigningKeys, clock: FixedClock
) -> None:
    other_process = SigningKeys(keys.folder, clock)
    older = other_process.signing()
    last = AccessClaims(7, "f", "api", "a", NOW, NOW + ACCESS_LIFETIME)
    token = signed(older, last)
    clock.advance(timedelta(seconds=1))
    newer = keys.rotate()
    assert other_process.signing().id == newer.id != older.id
    clock.advance(ACCESS_LIFETIME)
    assert read(token, other_process.verifying(), clock.now()) == last
    assert keys.retire() == []
    clock.advance(OVERLAP - ACCESS_LIFETIME)
    assert [key.id for key in other_process.verifying()] == [newer.id]
    with pytest.raises(AppError, match="token_invalid"):
        read(token, other_process.verifying(), clock.now())
    assert keys.retire() == [older.id]
    assert only_file(keys).stem.endswith(newer.id)


def test_the_newest_key_signs_even_after_the_clock_was_set_back(keys: SigningKeys, clock: FixedClock) -> None:
    ids = [keys.signing().id]
    for step in (timedelta(0), timedelta(hours=-1), timedelta(0)):
        clock.advance(step)
        ids.append(keys.rotate().id)
    assert keys.signing().id == ids[-1]
    assert [key.id for key in keys.all()] == ids[::-1]


def test_a_key_that_others_may_read_signs_nothing(keys: SigningKeys, clock: FixedClock) -> None:
    keys.signing()
    only_file(keys).chmod(0o440)
    with pytest.raises(AppError, match="token_keys_exposed"):
        SigningKeys(keys.folder, clock).signing()


def test_what_is_no_rsa_key_of_enough_bits_is_named(keys: SigningKeys, clock: FixedClock) -> None:
    keys.signing()
    path = only_file(keys)
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the very thing that is refused
    for content in (b"", b"nonsense", pem(weak), pem(ec.generate_private_key(ec.SECP256R1()))):
        path.chmod(0o600)
        path.write_bytes(content)
        with pytest.raises(AppError, match="token_key_damaged"):
            SigningKeys(keys.folder, clock).signing()


def test_a_folder_that_cannot_be_read_is_named(keys: SigningKeys) -> None:
    keys.folder.parent.mkdir(parents=True)
    keys.folder.write_text("")
    with pytest.raises(AppError, match="token_keys_unreadable"):
        keys.signing()


def test_a_staged_or_foreign_file_is_no_key(keys: SigningKeys) -> None:
    key = keys.signing()
    for name in ("notes.txt", f".{only_file(keys).name}.1234", "key.pem"):
        (keys.folder / name).write_text("x")
    assert [one.id for one in keys.all()] == [key.id]


def test_the_id_is_the_thumbprint_that_others_compute(keys: SigningKeys) -> None:
    document = keys.signing().public_document()
    assert jwt.PyJWK(document).key.public_numbers() == keys.signing().private.public_key().public_numbers()
    assert "d" not in document
    assert os.listdir(keys.folder) == [only_file(keys).name]


def test_a_key_shows_nothing_of_itself(keys: SigningKeys) -> None:
    assert "RSAPrivateKey" not in repr(keys.signing())
    assert timedelta(minutes=10) < OVERLAP < timedelta(minutes=15)


def pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    encryption = serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
