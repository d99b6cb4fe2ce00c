"""The hotel that judges detection: the same seed gives the same records, and the truth is not in them (DETECTION)."""

import pandas as pd

from tests.benchmarks.other_hotel.generate import generate
from tests.benchmarks.other_hotel.judging import by_event, match
from tests.benchmarks.other_hotel.shape import Shape

SHAPE = Shape(seed=3, rooms=30, days=45, events=0.05)


def test_a_seed_decides_everything_and_another_seed_differs() -> None:
    """DETECTION, Evaluation: unseen seeds are new hotels, a known seed is the same hotel."""
    once, again, other = generate(SHAPE), generate(SHAPE), generate(Shape(seed=9, rooms=30, days=45, events=0.05))
    for kind, frame in once.files.items():
        pd.testing.assert_frame_equal(frame, again.files[kind])
    assert not once.files["visits"].equals(other.files["visits"])


def test_most_cells_are_zero_and_the_files_do_not_tell_what_was_planted() -> None:
    """DETECTION, Counts: about 95 % of the cells are zero; labels stay outside the source files."""
    made = generate(SHAPE)
    visits = made.files["visits"]
    cells = visits["external_id"].nunique() * 12
    assert 0.93 < 1 - (visits["consumed_quantity"] > 0).sum() / cells < 0.98
    kinds = set(made.truth["event"])
    assert {"theft_vacant", "tenfold_entry", "stuck_staff", "floor_not_filled"} <= kinds
    text = " ".join(frame.to_csv() for frame in made.files.values())
    assert not any(kind in text for kind in kinds)


def test_an_alert_counts_only_for_the_right_place_time_and_kind() -> None:
    """DETECTION, Evaluation: chance at the same place, or a right word at another place, is no detection."""
    truth = generate(SHAPE).truth
    event = truth[truth["event"] == "theft_vacant"].iloc[0]
    alert = {
        "metric_type": "tuketim_miktar", "alert_type": "bosta_tuketim_var", "entity_type": "room", "product": "",
        "staff": "", "floor": "", "room": event["rooms"][0], "timestamp": event["ended_at"],
        "interval_start": event["started_at"],
    }  # fmt: skip
    elsewhere, late = alert | {"room": "999"}, alert | {"timestamp": event["last_at"] + pd.Timedelta(days=1)}
    another = alert | {"alert_type": "kayit_yok"}
    found = pd.DataFrame([alert, elsewhere, late, another])
    hit = match(found, truth)
    assert truth["event"].iloc[hit[0]] == "theft_vacant"
    assert (hit[1:] == -1).all()
    table = by_event(found, hit, truth).set_index("event")
    assert table.loc["theft_vacant", "found"] == 1
