"""Secrets are masked by their forms, whole (C13)."""

import pytest

from core.masking import MASK, masked


@pytest.mark.parametrize("text", [
    "bmk_abcDEF-SECRETTAIL_x", "bmr_abcDEF-SECRETTAIL_x", "/password?link=abc-DEF_SECRETTAIL",
    "/auth/enter?next=/alerts&ticket=abc-SECRETTAIL", "Bearer abc.SECRETTAIL", "postgresql://u:SECRETTAIL@host/db",
    "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$SECRETTAIL", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOjF9.SECRETTAIL",
])  # fmt: skip
def test_nothing_of_a_secret_is_left(text: str) -> None:
    told = masked({"note": f"before {text} after"})["note"]
    assert "SECRETTAIL" not in told
    assert MASK in told
    assert told.startswith("before ")
    assert told.endswith(" after")


def test_what_is_no_secret_stays() -> None:
    text = "room 305, link to /alerts?alert=7, 3 tickets"
    assert masked({"note": text}) == {"note": text}
