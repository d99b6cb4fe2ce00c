"""Numbers, ranges and instants as each language writes them."""

from datetime import UTC, datetime

import pytest

from core.i18n import Translator


@pytest.mark.parametrize(
    ("low", "high", "written"), [(0.0, 2.0, "0–2"), (0.0, 0.04, "0"), (-1.0, 1.5, "-1–1,5"), (3, 3, "3")]
)
def test_a_range_of_one_number_is_written_once(low: float, high: float, written: str) -> None:
    assert Translator("tr").range(low, high) == written


def test_a_sentence_with_a_lower_and_an_upper_value_can_say_their_range() -> None:
    params = {"room": "305", "value": 11, "product": "Kola", "at": "x"}
    text = Translator("en")("alert.consumption", lower=0.0, upper=2.0, **params)
    assert "0–2 were expected" in text
    assert "0 were expected" in Translator("en")("alert.consumption", lower=0.0, upper=0.0, **params)


def test_instants_are_told_in_the_hotels_time_zone() -> None:
    at = datetime(2024, 11, 18, 5, 2, tzinfo=UTC)
    assert Translator("tr", "Europe/Istanbul").instant(at) == "Pzt 18 Kas 08:02"


def test_numbers_in_sentences_have_the_digits_worth_reading() -> None:
    t = Translator("en")
    assert [t.value(number) for number in (264.84, 38.87, 0.08, 1048.2)] == ["265", "38.9", "0.08", "1,048"]
    assert t.range(21.6, 159.8) == "22–160"


def test_a_stored_message_that_lacks_a_parameter_of_today_shows_a_dash_and_no_error() -> None:
    """Alerts outlive the version that wrote them."""
    t = Translator("en")
    assert "–" in t.stored("reason.outflow", {"flow": 3})
    assert t.stored("reason.outflow", {"flow": 3, "usual": 2}) == t("reason.outflow", flow=3, usual=2)
    assert t.stored("reason.refill_load", {"count": 2}) == t("reason.refill_load", count=2)
    with pytest.raises(KeyError):
        t("reason.outflow", flow=3)
