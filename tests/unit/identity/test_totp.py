"""Codes of an authenticator app: the numbers of RFC 6238, one step of drift, no step twice."""

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlparse

import pytest

from identity import totp

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    """Its eight digits for SHA-1, of which six are the last six."""
    assert totp.code_at(RFC_SECRET, totp.step_of(datetime.fromtimestamp(seconds, UTC))) == code


def test_one_step_of_drift_counts_and_two_do_not() -> None:
    at = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    now = totp.step_of(at)
    found = {
        drift: totp.matching_step(RFC_SECRET, totp.code_at(RFC_SECRET, now + drift), at, None) for drift in range(-2, 3)
    }
    assert found == {-2: None, -1: now - 1, 0: now, 1: now + 1, 2: None}


def test_a_step_that_was_used_and_those_before_it_are_worth_nothing() -> None:
    at = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    now = totp.step_of(at)
    code = totp.code_at(RFC_SECRET, now)
    assert totp.matching_step(RFC_SECRET, code, at, now - 1) == now
    assert totp.matching_step(RFC_SECRET, code, at, now) is None
    assert totp.matching_step(RFC_SECRET, totp.code_at(RFC_SECRET, now - 1), at, now) is None


def test_what_is_no_code_is_refused_and_not_an_error() -> None:
    at = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    assert [totp.matching_step(RFC_SECRET, code, at, None) for code in ("", "12345", "ıİş", "0" * 500)] == [None] * 4


def test_secrets_and_recovery_codes_are_long_and_never_the_same() -> None:
    assert len(base64.b32decode(totp.new_secret())) == 20
    codes = totp.new_recovery_codes()
    assert len(set(codes)) == totp.RECOVERY_CODES
    assert {len(totp.typed(code)) for code in codes} == {16}
    assert totp.typed(f"  {codes[0].swapcase()} ") == codes[0].replace("-", "")


def test_the_link_names_the_installation_the_user_and_the_secret() -> None:
    link = urlparse(totp.app_link(RFC_SECRET, "ayşe"))
    assert (link.scheme, link.netloc) == ("otpauth", "totp")
    assert parse_qs(link.query)["secret"] == [RFC_SECRET]
    assert unquote(link.path) == "/Barometer:ayşe"


def test_the_qr_code_is_a_picture_on_white_that_needs_no_other_file() -> None:
    picture = totp.picture(totp.app_link(RFC_SECRET, "ayse"))
    assert picture.startswith("<svg")
    assert "#fff" in picture
    assert "href" not in picture
