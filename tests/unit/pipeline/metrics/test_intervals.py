"""Visits become intervals, and only differences are written."""

import pandas as pd

from pipeline.metrics.intervals import differences, visit_intervals

START = pd.Timestamp("2026-01-10", tz="UTC").as_unit("us")


def visits(*rows: tuple[int, float, bool, bool]) -> pd.DataFrame:
    """(room, hour, observes, initial); ids in the order of the rows."""
    frame = pd.DataFrame(rows, columns=["room_id", "hour", "observes", "initial"])
    frame["occurred_at"] = START + pd.to_timedelta(frame.pop("hour"), unit="h")
    return frame.assign(visit_id=range(len(frame)))


def test_an_interval_runs_from_one_look_to_the_next_in_the_same_room() -> None:
    intervals, members = visit_intervals(
        visits((1, 0, False, True), (1, 5, True, False), (2, 6, True, False), (1, 9, True, False))
    )
    assert intervals[["room_id", "visit_id"]].values.tolist() == [[1, 1], [1, 3]]
    assert (intervals["timestamp"] - intervals["interval_start"]).dt.total_seconds().tolist() == [18000, 14400]
    assert sorted(members["visit_id"]) == [1, 3]


def test_visits_of_one_instant_are_one_observation() -> None:
    intervals, members = visit_intervals(visits((1, 0, True, False), (1, 5, True, False), (1, 5, False, False)))
    assert intervals["visit_id"].tolist() == [1]
    assert sorted(members["visit_id"]) == [1, 2]


def test_no_visits_make_no_intervals() -> None:
    intervals, members = visit_intervals(visits((1, 0, True, False)).iloc[:0])
    assert intervals.empty
    assert members.empty


def described(*hours: int, occupancy: str = "vacant") -> pd.DataFrame:
    ends = START + pd.to_timedelta(list(hours), unit="h")
    return pd.DataFrame(
        {
            "room_id": 1, "interval_start": ends - pd.Timedelta(hours=1), "timestamp": ends, "visit_id": list(hours),
            "occupancy": occupancy, "guests": 0, "nights": 0, "exposure": float("nan"),
        }
    )  # fmt: skip


def untouched() -> pd.DataFrame:
    return pd.DataFrame({"room_id": [1], "visited_at": pd.Series([None], dtype="datetime64[us, UTC]")})


def test_equal_intervals_are_neither_changed_nor_gone_even_when_both_are_missing() -> None:
    changed, gone = differences(described(1, 2), described(1, 2), untouched())
    assert changed.empty
    assert gone.empty


def test_new_different_and_touched_intervals_are_changed_and_lost_ones_gone() -> None:
    stored = pd.concat([described(1, 3), described(2, occupancy="unknown")])
    changed, gone = differences(described(1, 2, 4), stored, untouched())
    assert changed["visit_id"].tolist() == [2, 4]
    assert gone["timestamp"].tolist() == [START + pd.Timedelta(hours=3)]
    touched = untouched().assign(visited_at=START + pd.Timedelta(hours=2))
    assert differences(described(1, 2), described(1, 2), touched)[0]["visit_id"].tolist() == [2]
