"""The page of the profiler: nothing yet, at work, what was found, and who may ask (C10)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.i18n import Translator
from core.scope import SYSTEM
from db.queries import profiles as queries
from db.queries.profiles import ProfileEnd
from services import Services
from tests.pages.conftest import Text, Visit

PROFILER = "pages/system/profiler.py"
TIME: dict[str, Any] = {
    "frames": [["main", "asgi.py", 1], ["AlertService.board", "pipeline/alerts/service.py", 90]],
    "stacks": [[[0, 1], 9.0, 4.0, 90], [[0], 21.0, 1.0, 210]],
    "calls": [1, 12], "looks": 300, "dropped_samples": 0, "elapsed_seconds": 30.0,
}  # fmt: skip
LEAK = {
    "file": "pages/shell/reads.py", "line": 41, "bytes": 900_000, "grown_bytes": 800_000, "grown_blocks": 90,
    "first_bytes": 400_000, "second_bytes": 400_000,
}  # fmt: skip
MEMORY = {
    "lines": [LEAK, LEAK | {"line": 77, "second_bytes": 0}],
    "is_whole": True,
    "traced_bytes": 5_000_000,
    "elapsed_seconds": 60.0,
}
LOOK = {
    "seconds": 1.0,
    "cpu_ratio": 0.5,
    "rss_bytes": 300 << 20,
    "read_bytes": 0,
    "written_bytes": 1 << 20,
    "threads": 9,
}


def taken(services: Services, at: datetime, kind: str = "time", result: dict[str, Any] | None = None) -> int:
    """A profile as a process would have left it; still running without a result."""
    with services.database.transaction() as connection:
        found = queries.ask(connection, "api", None, kind, 30, by="deniz", at=at)
        assert found is not None
        queries.claim(connection, ["api"], None, process_id=7, host="hotel-pc", version="1.2", at=at)
        queries.beat(connection, found, at, [LOOK])
        if result is not None:
            queries.end(connection, found, ProfileEnd("done", result, 0.031), at, [LOOK])
    return found


def frames(app: AppTest) -> str:
    return "\n".join(element.value.to_csv() for element in app.dataframe)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_time_memory_and_their_comparison_are_shown(visit: Visit, text: Text, language: str) -> None:
    services, now = visit.services, visit.services.clock.now()
    first, second = (taken(services, now - timedelta(minutes=minutes), result=TIME) for minutes in (30, 20))
    taken(services, now, "memory", MEMORY)
    visit.sign_in("superadmin", None, language)
    t = Translator(language)
    app = visit.open(PROFILER)  # the newest that ended well
    assert not app.exception
    [warning] = [one.value.replace("\\", "") for one in app.warning]
    assert "pages/shell/reads.py:41" in warning
    assert "reads.py:77" not in warning
    app = visit.open(PROFILER, profile=str(second))
    assert not app.exception
    assert "pipeline/alerts/service.py:90" in frames(app)
    assert t("profiler.whole_cpu", seconds=t.number(5.0, 2)) in text(app)
    app = visit.open(PROFILER, profile=str(second), **{"with": str(first), "by": "elapsed"})
    assert t("profiler.whole_elapsed", seconds=t.number(30.0, 2)) in text(app)
    assert t("profiler.share_before") in frames(app)
    assert t.percent(0.031, 1) in text(app)


@pytest.mark.parametrize("language", ["tr", "en"])
def test_nothing_yet_and_then_one_that_runs_can_be_stopped(visit: Visit, text: Text, language: str) -> None:
    visit.sign_in("superadmin", None, language)
    t, app = Translator(language), visit.open(PROFILER)
    assert t("profiler.empty_title") in text(app)
    next(one for one in app.selectbox if one.key == "target").select("scheduler").run()
    next(one for one in app.button if one.key == "begin").click().run()
    assert not app.exception
    [row] = visit.services.profiler.listed(SYSTEM)
    assert (row.target, row.kind, row.seconds, row.state) == ("scheduler", "time", 30, "requested")
    assert next(one for one in app.button if one.key == "begin").disabled
    assert not app.dataframe  # not yet among those that are kept, whose state would stand still
    assert t("profiler.empty_title") not in text(app)
    next(one for one in app.button if one.key == "stop").click().run()
    assert t("profiler.error_stopped") in frames(visit.open(PROFILER))


def test_whoever_may_only_look_sees_no_button_and_others_no_page(visit: Visit, text: Text) -> None:
    services = visit.services
    taken(services, services.clock.now())
    visit.sign_in("admin", None, "en")
    refused = visit.open(PROFILER)
    assert not refused.button or all(one.key not in ("begin", "stop") for one in refused.button)
    assert Translator("en")("profiler.kept") not in text(refused)
    visit.sign_in("superadmin", None, "en")
    app = visit.open(PROFILER)
    assert any(one.key == "stop" for one in app.button)
    assert [one.value for one in app.metric][:2] == ["50%", "300 MB"]
