"""The sign rule of stock movements and the level after each of them (SPEC A2.1)."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import AppError
from sources.ledger import COUNT, SIGNS, levels, signed_quantity


def frame(*rows: tuple[int, int, str, int]) -> pd.DataFrame:
    """(product, hour, type, quantity) as movements."""
    data = [
        (product, pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(hours=hour), position, kind, quantity)
        for position, (product, hour, kind, quantity) in enumerate(rows)
    ]
    return pd.DataFrame(data, columns=["product_id", "occurred_at", "id", "movement_type", "quantity"])


def one_by_one(movements: pd.DataFrame) -> list[int]:
    """The rule written as a loop: the reference for the vectorised one."""
    levels_of: dict[int, int] = {}
    found = []
    for row in movements.sort_values(["product_id", "occurred_at", "id"]).itertuples():
        level = levels_of.get(row.product_id, 0)
        counted = row.movement_type == COUNT
        level = row.quantity if counted else level + signed_quantity(row.movement_type, row.quantity)
        levels_of[row.product_id] = level
        found.append(level)
    return found


@pytest.mark.parametrize(
    ("kind", "quantity", "change"),
    [
        ("giris", 5, 5), ("devir", 5, 5), ("cikis", 5, -5), ("fire", 5, -5), ("transfer", 5, -5), ("transfer", -5, 5),
    ],
)  # fmt: skip
def test_each_movement_type_has_one_sign(kind: str, quantity: int, change: int) -> None:
    assert signed_quantity(kind, quantity) == change


@pytest.mark.parametrize("kind", ["sayim", "iade", ""])
def test_a_count_or_an_unknown_type_has_no_sign(kind: str) -> None:
    with pytest.raises(AppError, match="unknown_movement_type"):
        signed_quantity(kind, 1)


def test_a_count_sets_the_level_and_its_delta_is_the_correction() -> None:
    found = levels(frame((1, 0, "devir", 10), (1, 1, "cikis", 3), (1, 2, "sayim", 5), (1, 3, "giris", 4)))
    assert found["level"].tolist() == [10, 7, 5, 9]
    assert found["delta"].tolist() == [10, -3, -2, 4]


def test_a_count_of_one_product_leaves_the_others_alone() -> None:
    found = levels(frame((1, 0, "giris", 10), (2, 1, "giris", 7), (1, 2, "sayim", 1), (2, 3, "fire", 2)))
    assert found.groupby("product_id")["level"].last().to_dict() == {1: 1, 2: 5}


def test_a_history_that_begins_with_a_count_starts_there() -> None:
    found = levels(frame((1, 0, "sayim", 12), (1, 1, "cikis", 2)))
    assert found["level"].tolist() == [12, 10]


def test_no_movements_have_no_levels() -> None:
    assert levels(frame()).empty


def test_an_unknown_type_is_an_error_and_not_a_zero() -> None:
    with pytest.raises(AppError, match="unknown_movement_type"):
        levels(frame((1, 0, "giris", 1), (1, 1, "hediye", 1)))


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 20), st.sampled_from([*SIGNS, COUNT]), st.integers(0, 50)),
        max_size=40,
    )
)
def test_the_vectorised_rule_equals_the_rule_applied_one_by_one(rows: list[tuple[int, int, str, int]]) -> None:
    movements = frame(*rows)
    assert levels(movements)["level"].tolist() == one_by_one(movements)
