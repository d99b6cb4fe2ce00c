"""Keys: made once, newest seals, all open, a missing one is told, nothing readable stays (A9.3)."""

import multiprocessing
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import AppError
from core.key_ring import KeyRing, key_ring, new_key, parse_keys
from core.settings import Settings

SECRET = {"families": {"cell": {"extra_evidence": 3.14159}}}


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "secrets" / "encryption_keys")


def test_what_is_sealed_shows_nothing_and_comes_back(ring: KeyRing) -> None:
    sealed = ring.seal(SECRET)
    assert "3.14159" not in sealed
    assert "cell" not in sealed
    assert ring.unseal(sealed) == SECRET
    assert ring.seal(SECRET) != sealed  # no two look alike
    assert stat.S_IMODE(ring.path.stat().st_mode) == 0o600
    assert "secret" not in repr(ring.all()[0])


def test_processes_that_start_together_make_one_key(tmp_path: Path) -> None:
    rings = [KeyRing(tmp_path / "secrets" / "keys") for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        sealed = list(pool.map(lambda ring: ring.seal(SECRET), rings))
    assert len({text.split(":")[0] for text in sealed}) == 1
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["keys"]


def add(path: Path, count: int) -> None:
    ring = KeyRing(path)
    for _ in range(count):
        ring.add()


def test_processes_that_add_keys_at_the_same_time_lose_none(ring: KeyRing) -> None:
    ring.seal(SECRET)
    fork = multiprocessing.get_context("fork")
    others = [fork.Process(target=add, args=(ring.path, 15)) for _ in range(4)]
    for other in others:
        other.start()
    for other in others:
        other.join(120)
    assert len(ring.all()) == 1 + 4 * 15


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", b"nonsense"])
def test_a_damaged_key_file_is_told_and_never_taken_for_a_new_installation(ring: KeyRing, content: bytes) -> None:
    ring.path.parent.mkdir(parents=True)
    ring.path.write_bytes(content)
    ring.path.chmod(0o600)
    for work in (lambda: ring.seal(SECRET), lambda: ring.find("12345678"), lambda: ring.remove(set())):
        with pytest.raises(AppError, match="encryption_key_wrong"):
            work()
    assert ring.path.read_bytes() == content


def test_a_key_file_that_cannot_be_read_or_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    with pytest.raises(AppError, match="encryption_keys_unreadable"):
        KeyRing(tmp_path / "keys").seal(SECRET)
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(AppError, match="encryption_keys_unreadable"):
        KeyRing(tmp_path / "file" / "keys").seal(SECRET)


def test_a_signature_of_strange_characters_is_none_of_ours(ring: KeyRing) -> None:
    key_id = ring.sign(b"a model").split(":")[0]
    assert not ring.is_signed(f"{key_id}:çşğ", b"a model")
    with pytest.raises(AppError, match="encryption_key_missing"):
        ring.is_signed("çşğ", b"a model")


def test_a_content_is_sealed_as_a_whole(ring: KeyRing) -> None:
    sealed = ring.seal_bytes(b"a whole model")
    assert b"whole" not in sealed
    assert ring.unseal_bytes(sealed) == b"a whole model"
    with pytest.raises(AppError, match="sealed_text_damaged"):
        ring.unseal_bytes(sealed[:-5])


def test_a_new_key_seals_in_every_process_at_once_and_older_ones_still_open(ring: KeyRing) -> None:
    other = KeyRing(ring.path)
    before = other.seal(SECRET)
    added = ring.add()
    assert other.seal(SECRET).startswith(added.id)
    assert other.unseal(before) == SECRET
    ring.remove({before.split(":")[0]})
    with pytest.raises(AppError, match="encryption_key_missing"):
        other.unseal(before)
    ring.remove({added.id})
    assert [key.id for key in ring.all()] == [added.id]  # the first one stays


def test_a_lost_key_is_named_and_nothing_new_is_sealed_in_its_place_by_reading(ring: KeyRing) -> None:
    sealed = ring.seal(SECRET)
    ring.path.unlink()
    with pytest.raises(AppError, match=f"encryption_key_missing.*{sealed.split(':')[0]}"):
        ring.unseal(sealed)
    assert not ring.path.exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-4],
        lambda text: text[:40] + ("A" if text[40] != "A" else "B") + text[41:],
        lambda text: text[:9] + "garbage",
    ],
)
def test_a_damaged_value_is_an_error_and_never_garbage(ring: KeyRing, damage: object) -> None:
    sealed = ring.seal(SECRET)
    with pytest.raises(AppError, match="sealed_text_damaged"):
        ring.unseal(damage(sealed))  # type: ignore[operator]


def test_signatures_hold_for_exactly_what_was_signed(ring: KeyRing) -> None:
    signature = ring.sign(b"a model")
    assert ring.is_signed(signature, b"a model")
    assert not ring.is_signed(signature, b"another model")
    assert not ring.is_signed(signature[:-1] + ("0" if signature[-1] != "0" else "1"), b"a model")


def test_keys_that_others_can_read_are_refused(ring: KeyRing) -> None:
    ring.seal(SECRET)
    ring.path.chmod(0o640)
    with pytest.raises(AppError, match="encryption_keys_exposed"):
        ring.seal(SECRET)


def test_keys_of_the_settings_win_and_are_not_ours_to_change(tmp_path: Path) -> None:
    first, second = new_key(), new_key()
    given = key_ring(Settings(home=tmp_path, encryption_keys=f"{first.secret},{second.secret}"))
    assert [key.id for key in given.all()] == [first.id, second.id]
    with pytest.raises(AppError, match="encryption_keys_given"):
        given.add()
    assert not (tmp_path / "secrets").exists()


def test_a_text_that_is_no_key_is_named_by_its_place() -> None:
    with pytest.raises(AppError, match=r"encryption_key_wrong.*position=2"):
        parse_keys(f"{new_key().secret}\nnonsense\n", "the file")
