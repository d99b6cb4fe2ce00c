"""``manage.py thresholds`` on a judged hotel, in both languages: every sentence has its words and numbers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from commands import thresholds as commands
from core.errors import AppError
from core.i18n import LANGUAGES, Translator
from core.scope import SYSTEM
from pipeline.detection.thresholds.settings import Change
from sources.hotels import HotelService
from tests.integration.pipeline.thresholds.conftest import Live

Run = Callable[..., str]
SPAN = (date(2026, 1, 20), date(2026, 3, 2))
PERIOD = ["--since", "2026-01-20", "--until", "2026-03-02"]


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(live: Live, language: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the judged hotel; its output."""

    @contextmanager
    def opened() -> Iterator[tuple[SimpleNamespace, Translator]]:
        yield SimpleNamespace(hotels=HotelService(live.database), thresholds=live.thresholds), Translator(language)

    monkeypatch.setattr(commands, "opened", opened)

    def command(*words: str) -> str:
        result = CliRunner().invoke(
            commands.thresholds_app, list(words), catch_exceptions=False, env={"COLUMNS": "300"}
        )
        assert result.exit_code == 0, result.output
        assert "threshold." not in result.output
        return result.output

    return command


def test_show_set_history_and_roll_back(run: Run, live: Live, language: str) -> None:
    assert "5" in run("show", "--metric", "tuketim_miktar").splitlines()[0]
    family = ["--metric", "tuketim_miktar", "--family", "cell"]
    run("set", *family, "--extra-evidence", "0.5", "--gate", "0.6", "--disable", "--budget", "8", "--reason", "pekâlâ")
    shown = run("show", "--metric", "tuketim_miktar")
    assert "8" in shown.splitlines()[0]
    assert Translator(language)("threshold.off") in shown
    assert Translator(language).percent(0.6) in shown
    told = run("history")
    assert told.count("pekâlâ") == 2
    assert "command line" in told
    run("rollback", "--metric", "tuketim_miktar", "--version", "0", "--reason", "geri")
    assert "cell" not in run("show", "--metric", "tuketim_miktar")
    assert live.thresholds.current(SYSTEM, live.hotel)["*"].budget_per_day == 8.0


def test_replay_tells_the_quality_and_what_would_change(run: Run, live: Live, language: str) -> None:
    plain = run("replay", *PERIOD)
    assert "n = 5" in plain  # planted anomalies
    changed = run("replay", *PERIOD, "--budget", "100")
    assert changed.count("+ ") == len(
        live.thresholds.compare(
            SYSTEM, [live.hotel], *SPAN, {"*": Change(budget_per_day=100.0)}
        ).difference.appear.head(20)
    )
    fewer = run("replay", *PERIOD, "--metric", "tuketim_miktar", "--family", "cell", "--disable")
    assert "− " in fewer


def test_a_search_says_what_it_lacks(run: Run) -> None:
    assert "20" in run("search", "--metric", "tuketim_miktar")


def test_nothing_to_change_and_unknown_types_are_told(run: Run) -> None:
    for words, code in (
        (["set", "--reason", "x"], "threshold_nothing_to_change"),
        (["set", "--metric", "tuketim_miktar", "--gate", "0.5", "--reason", "x"], "threshold_nothing_to_change"),
        (["set", "--gate", "0.5", "--budget", "4", "--reason", "x"], "threshold_nothing_to_change"),
        (["set", "--metric", "none", "--family", "cell", "--gate", "0.5", "--reason", "x"], "unknown_metric_type"),
    ):
        with pytest.raises(AppError, match=code):
            run(*words)
