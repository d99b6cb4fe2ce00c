"""New passwords: long, not the name, not what everybody uses, and no rules on kinds of characters (A9.1)."""

import unicodedata

import pytest
from argon2 import PasswordHasher, Type

from core.errors import AppError
from identity import passwords
from identity.passwords import COMMON_FILE, MAX_LENGTH, MIN_LENGTH, check_policy, hash_password, is_common, matches
from tests.conftest import REAL_HASHER


def refusal(password: str, username: str = "ayse") -> str | None:
    try:
        check_policy(password, username)
    except AppError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("kisa parola", "password_too_short"),
        ("x" * 11, "password_too_short"),
        ("a b" * 100, "password_too_long"),
        ("ayse12345678", "password_is_name"),
        ("AYSE!ayse?99", "password_is_name"),
        ("qwerty123456", "password_common"),  # on the list
        ("123456789012", "password_common"),
        ("PASSWORD1234", "password_common"),  # a listed word and a few digits
        ("!!monkey-2026!!", "password_common"),
        ("aaaaaaaaaaaa", "password_common"),
        ("kedikedikedikedi", "password_common"),  # one word over and over
        ("abcdefghijklmn", "password_common"),
    ],
)
def test_a_poor_password_is_refused_by_its_reason(password: str, code: str) -> None:
    assert refusal(password) == code


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "yağmurlu salı çorbası",
        "tttt kedi 7 lamba",
        "ayşe denize gitti, dönmedi",
        "99999999997132",
    ],
)
def test_a_long_one_of_any_kind_of_characters_is_taken(password: str) -> None:
    assert refusal(password) is None


def test_the_list_is_what_the_documentation_says() -> None:
    listed = COMMON_FILE.read_text(encoding="utf-8").split()
    assert len(listed) == len(set(listed)) == 10_173
    assert len([one for one in listed if len(one) >= MIN_LENGTH]) == 229
    assert COMMON_FILE.stat().st_size < 200_000
    assert {"123456", "password", "qwerty"} < set(listed)


def test_without_the_list_a_listed_password_would_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_common("qwerty123456")
    monkeypatch.setattr(passwords, "_common", frozenset)
    assert not is_common("qwerty123456")


def test_a_password_is_the_same_however_the_keyboard_writes_its_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    typed = "yağmurlu salı çorbası"
    decomposed = unicodedata.normalize("NFD", typed)
    assert decomposed != typed
    assert matches(hash_password(decomposed), typed)
    assert not matches(hash_password(decomposed), typed + " ")


def test_the_longest_is_still_taken() -> None:
    words = "yağmurlu salı çorbası " * 20
    assert refusal(words[:MAX_LENGTH]) == "password_common"  # the same words over and over
    assert refusal("".join(chr(ord("a") + (7 * i * i) % 26) for i in range(MAX_LENGTH - 1)) + "!") is None


def test_the_hashes_of_the_installation_cost_a_thief_memory_and_time() -> None:
    """Argon2id with at least what OWASP asks for (19 MiB, two passes); the other tests take a quick one."""
    assert REAL_HASHER.type is Type.ID
    assert REAL_HASHER.memory_cost >= 19 * 1024
    assert REAL_HASHER.time_cost >= 2
    assert passwords._HASHER.memory_cost < REAL_HASHER.memory_cost
