"""Rules over rows: overlapping stays against a brute-force check, duplicates that name their first row."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from sources.imports.fields import KINDS
from sources.imports.keys import with_external_ids
from sources.imports.rules import duplicates, overlapping_stays

DAY = pd.Timestamp("2026-01-01")


def stays(rows: list[tuple[str, int, int]]) -> pd.DataFrame:
    """(room, first day, nights), numbered as the rows of a file."""
    frame = pd.DataFrame(rows, columns=["room", "first", "nights"])
    arrival = DAY + pd.to_timedelta(frame["first"], unit="D")
    departure = arrival + pd.to_timedelta(frame["nights"], unit="D")
    found = pd.DataFrame({"room": frame["room"].astype(object), "arrival_on": arrival, "departure_on": departure})
    return found.set_axis(range(2, len(found) + 2), axis=0)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 12), st.integers(1, 5)), max_size=12))
def test_an_overlap_is_reported_exactly_when_two_stays_share_a_night(rows: list[tuple[str, int, int]]) -> None:
    nights = [{(room, first + n) for n in range(count)} for room, first, count in rows]
    shared = any(a & b for position, a in enumerate(nights) for b in nights[:position])
    errors = overlapping_stays(stays(rows)) if rows else []
    assert bool(errors) == shared
    for error in errors:
        assert nights[error.row - 2] & nights[error.params["other_row"] - 2]


def test_a_departure_day_is_free_for_the_next_arrival() -> None:
    assert overlapping_stays(stays([("A", 0, 3), ("A", 3, 2)])) == []
    assert len(overlapping_stays(stays([("A", 0, 3), ("A", 2, 2)]))) == 1


def test_a_long_stay_is_named_past_a_short_one() -> None:
    errors = overlapping_stays(stays([("A", 0, 10), ("A", 1, 1), ("A", 5, 1)]))
    assert [(error.row, error.params["other_row"]) for error in errors] == [(3, 2), (4, 2)]


def test_duplicates_name_the_first_row() -> None:
    frame = pd.DataFrame({"external_id": ["a", "b", "a", "a"]}, index=[2, 3, 4, 5])
    assert [(error.row, error.params["other_row"]) for error in duplicates(frame, ["external_id"], "external_id")] == [
        (4, 2), (5, 2),
    ]  # fmt: skip


def test_equal_rows_of_a_repeatable_kind_get_different_stable_ids() -> None:
    row = {"product": "SU", "movement_type": "giris", "quantity": 1, "occurred_at": pd.Timestamp(DAY, tz="UTC")}
    frame = pd.DataFrame([row, row, {**row, "quantity": 2}])
    ids = with_external_ids(frame, KINDS["movements"])["external_id"]
    assert ids.is_unique
    assert ids.tolist() == with_external_ids(frame, KINDS["movements"])["external_id"].tolist()
    assert with_external_ids(frame.assign(staff=None), KINDS["movements"])["external_id"].tolist() == ids.tolist()


def test_a_given_id_is_kept() -> None:
    frame = pd.DataFrame({"room": ["1", "1"], "arrival_on": [DAY, DAY], "external_id": ["X", None]})
    ids = with_external_ids(frame, KINDS["stays"])["external_id"].tolist()
    assert ids[0] == "X"
    assert ids[1].startswith("h:")
