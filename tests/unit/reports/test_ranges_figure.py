"""The chart of ranges: only rows with a median, in their order, names as text."""

import numpy as np
import pandas as pd

from core.i18n import Translator
from reports.figures.ranges import RangeLabels, ranges_figure
from reports.refill_sums import name_order, rooms_a_day

LABELS = RangeLabels("Median", "80 %", "Expected", "Minutes", "Attendant")
EN = Translator("en", "Europe/Istanbul")
FRAME = pd.DataFrame({
    "code": ["A", "B", "C"], "name": ["Ali <b>", "Bora", "Cem"], "low": [2.0, np.nan, 3.0], "high": [8.0, np.nan, 9.0],
    "median": [5.0, np.nan, 6.25], "expected": [4.0, np.nan, np.nan],
})  # fmt: skip


def test_rows_without_a_median_are_left_out_and_lines_do_not_join_each_other() -> None:
    band, expected, dots = ranges_figure(FRAME, LABELS, EN, "light").data
    assert list(dots.y) == ["A", "C"]
    assert list(dots.x) == [5, 6.25]
    assert [None if end is None or np.isnan(end) else end for end in band.x] == [2, 8, None, 3, 9, None]
    assert list(band.y) == ["A", "A", "A", "C", "C", "C"]
    assert next(iter(expected.x)) == 4
    assert dots.hovertext[0] == "Ali &lt;b&gt;<br>Median 5<br>80 % 2–8<br>Expected 4"
    assert "Expected" not in dots.hovertext[1]


def test_a_chosen_row_stands_out_and_without_expected_values_there_is_no_mark() -> None:
    figure = ranges_figure(FRAME.drop(columns="expected"), LABELS, EN, "dark", chosen="C")
    assert len(figure.data) == 2
    pale, strong = figure.data[-1].marker.color
    assert pale != strong
    assert list(figure.layout.yaxis.ticktext) == ["Ali &lt;b&gt;", "Cem"]


def test_names_stand_in_the_order_of_the_turkish_alphabet() -> None:
    names = ["Zeynep", "İpek", "Çağla", "Cem", "Işıl", "Ayşe Yılmaz", "Ayşegül"]
    assert sorted(names, key=name_order) == ["Ayşe Yılmaz", "Ayşegül", "Cem", "Çağla", "Işıl", "İpek", "Zeynep"]


def test_a_day_has_the_class_of_its_different_rooms() -> None:
    rooms = [*range(5), 4, *range(10, 16), 1]
    staff = [1] * 6 + [2] * 6 + [1]
    day = pd.to_datetime(["2026-03-01"] * 12 + ["2026-03-02"])
    found = rooms_a_day(pd.DataFrame({"staff_id": staff, "day": day, "room_id": rooms}))
    assert found.tolist() == [1] * 6 + [6] * 6 + [1]
