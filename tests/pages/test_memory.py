"""The page of memory, and what happens to visitors when there is none left (R1)."""

import json
from datetime import datetime, timedelta

import pytest

from core.i18n import Translator
from core.scope import SYSTEM
from operations.memory.watch import Other
from tests.pages.conftest import OVERVIEW, Text, Visit

MEMORY = "pages/system/memory.py"


@pytest.mark.parametrize("language", ["tr", "en"])
def test_processes_their_course_and_events_are_shown(visit: Visit, text: Text, language: str) -> None:
    watch = visit.services.memory_watch
    watch.others = lambda: [Other("job:train", 1)]
    watch.gauge = lambda: 0.83
    watch.look()
    visit.sign_in("superadmin", None, language)
    t, app = Translator(language), visit.open(MEMORY)
    assert not app.exception
    said = text(app)
    for word in ("memory.service_dashboard", "job.train", "memory.level_recycle", "memory.over_time", "memory.events"):
        assert t(word) in said
    assert t("memory.is_short", services=t("memory.service_dashboard")).split(":")[0] in said.replace("\\", "")
    [chart] = app.get("plotly_chart")
    begin, end = json.loads(chart.proto.spec)["layout"]["xaxis"]["range"]
    assert datetime.fromisoformat(end) - datetime.fromisoformat(begin) == timedelta(hours=24)
    [state] = [one for one in visit.services.memory.processes(SYSTEM) if one.service == "dashboard"]
    assert t.instant(state.first_at) in said.replace("\\", "")  # since when it grew
    [events] = [one.value for one in app.dataframe]
    assert list(events[t("memory.became")]) == [t("memory.level_recycle")]


def test_without_a_sample_it_says_who_should_tell(visit: Visit, text: Text) -> None:
    visit.sign_in("superadmin", None, "en")
    app = visit.open(MEMORY)
    assert Translator("en")("memory.empty_title") in text(app)
    assert not app.metric


def test_when_memory_is_short_new_visits_wait_who_is_at_work_goes_on_and_administrators_come_in(
    visit: Visit, text: Text
) -> None:
    t, watch = Translator("en"), visit.services.memory_watch
    visit.sign_in("admin", [], "en")
    at_work = visit.open(OVERVIEW)
    watch.gauge = lambda: 0.95
    watch.look()
    assert t("error.memory_short") not in text(at_work.run())
    assert t("error.memory_short") in text(visit.open(OVERVIEW))
    visit.sign_in("superadmin", None, "en")
    assert t("error.memory_short") not in text(visit.open(MEMORY))
