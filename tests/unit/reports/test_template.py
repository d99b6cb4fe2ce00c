"""Every figure writes numbers and times as its reader's language does (C11, DESIGN: Charts)."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from core.i18n import LANGUAGES, Translator
from reports.figures.memory import memory_course_figure
from reports.figures.palette import PALETTES, ThemeName
from reports.figures.profile import FlameLabels, flame_figure
from reports.figures.template import template

AT = datetime(2026, 3, 2, 5, tzinfo=UTC)
MINUTE_MS = 60_000


@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_decimal_mark_and_the_thousands_are_those_of_the_text(language: str, theme: ThemeName) -> None:
    layout = template(theme, language).layout
    decimal, thousands = layout.separators
    assert Translator(language).number(1234.5, 1) == f"1{thousands}234{decimal}5"
    assert layout.xaxis.separatethousands
    assert layout.yaxis.separatethousands


def test_ticks_closer_than_a_minute_tell_the_second_and_the_axis_is_the_period() -> None:
    frame = pd.DataFrame({"at": [AT], "service": ["dashboard"], "rss_bytes": [1e8]})
    span = (datetime(2026, 3, 1, 5, tzinfo=UTC), AT)
    t = Translator("tr", "Europe/Istanbul")
    axis = memory_course_figure(frame, {"dashboard": "Pano"}, "MB", t, "light", span=span).layout.xaxis
    [of_seconds] = [stop for stop in axis.tickformatstops if stop.dtickrange[0] is None]
    assert (of_seconds.value, of_seconds.dtickrange[1] < MINUTE_MS) == ("%H:%M:%S", True)
    assert [str(edge) for edge in axis.range] == ["2026-03-01 08:00:00", "2026-03-02 08:00:00"]


@pytest.mark.parametrize("theme", PALETTES)
def test_names_in_a_flame_stand_out_from_their_box(theme: ThemeName) -> None:
    boxes = pd.DataFrame({
        "id": ["/", "/a"], "parent": ["", "/"], "name": ["run", "read"], "file": ["a.py", "b.py"], "line": [1, 2],
        "seconds": [2.0, 1.0], "is_own": [True, False],
    })  # fmt: skip
    figure = flame_figure(boxes, 2.0, FlameLabels("ours", "library", "s"), Translator("en"), theme)
    assert list(figure.data[0].textfont.color) == [PALETTES[theme].surface, PALETTES[theme].ink]
