"""A deviation never contradicts the figures that stand beside it (A5.2)."""

import pytest

from core.i18n import Translator
from pages.shell.sentences import deviation


@pytest.mark.parametrize(
    ("value", "expected", "ratio", "said"),
    [
        (27.0, 140.0, -0.81, "−81%"),
        (10.0, 0.04, 9.96, "+10"),  # bounded by detection: a percentage of next to nothing says nothing
        (-8.0, 0.0, -1.0, "−8"),
        (6.0, 6.0, 0.0, "0%"),
        (None, 6.0, 0.5, "+50%"),
        (5.0, None, None, "–"),
    ],
)
def test_it_is_a_percentage_where_the_figures_give_one_and_an_amount_elsewhere(
    value: float | None, expected: float | None, ratio: float | None, said: str
) -> None:
    assert deviation(Translator("en"), value, expected, ratio) == said
