"""What is wrong with a text of settings is told at its line, all of it at once (C9)."""

from tomllib import loads

import pytest

from core.settings import Settings
from operations.configuration import validation
from operations.configuration.keys import EDITABLE, template
from operations.configuration.validation import checked

WRONG = """# retention
metric_days = 3
admin_password = "planted-password"
nonsense = 1
alert_budget_per_day = inf
log_level = \"\"\"
metric_days = 4
\"\"\"
quality_floor = 1.0
job_workers = true
training_schedule = "0 0 30 2 *"
search_schedule = "x"
accuracy_threshold = nan
backup_last = "3"
[retention]
metric_days = 3
"""


def told(text: str, *secrets: str) -> list[tuple[int, str, str | None]]:
    return [(one.line, one.code, one.key) for one in checked(text, secrets).problems]


def test_everything_that_is_wrong_is_told_with_the_line_of_its_key() -> None:
    assert told(WRONG, "planted-password") == [
        (2, "too_small", "metric_days"), (3, "secret", None), (3, "not_here", "admin_password"),
        (4, "unknown", "nonsense"), (5, "too_large", "alert_budget_per_day"), (6, "level", "log_level"),
        (9, "not_below", "quality_floor"), (10, "type", "job_workers"), (11, "never", "training_schedule"),
        (12, "cron", "search_schedule"), (13, "not_below", "accuracy_threshold"), (14, "type", "backup_last"),
        (15, "unknown", "retention"),
    ]  # fmt: skip
    assert checked(WRONG).values == {}


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("metric_days = 3\n\nmetric_days", [(1, "too_small", "metric_days"), (3, "syntax", None)]),
        ('metric_days = 90\nlog_level = "INFO\n', [(2, "syntax", None)]),
        ("metric_days = 90\nmetric_days = 91", [(2, "syntax", None)]),
        ("# \x00", [(1, "unwritable", None)]),
        ("metric_days = 90\n# \ud800", [(2, "unwritable", None)]),
        ("#" * 20_001, [(1, "too_long", None)]),
        ("metric_days.more = 90", [(1, "type", "metric_days")]),
    ],
)
def test_what_cannot_be_read_is_told_where_it_is(text: str, problems: list[tuple[int, str, str | None]]) -> None:
    assert told(text) == problems


def test_a_right_text_gives_its_values_in_the_types_of_the_settings() -> None:
    found = checked('alert_budget_per_day = 4\r\nlog_level = "DEBUG" # while we look\r\nml_enabled = false\n')
    assert found.values == {"alert_budget_per_day": 4.0, "log_level": "DEBUG", "ml_enabled": False}
    assert isinstance(found.values["alert_budget_per_day"], float)
    assert checked("").is_valid


def test_the_template_uncommented_says_the_defaults() -> None:
    """Every setting that may be changed passes its own validation with its default."""
    text = template(dict.fromkeys(EDITABLE, "what it means"))
    assert checked(text).values == {}
    found = checked("\n".join(line.removeprefix("#") for line in text.split("\n") if not line.startswith("# ")))
    assert found.problems == ()
    assert found.values == {name: Settings.model_fields[name].default for name in EDITABLE}


def test_no_secret_and_nothing_of_the_machine_may_be_changed_there() -> None:
    fields = Settings.model_fields
    assert [name for name in EDITABLE if not fields[name].repr] == []
    assert {"home", "port", "address", "models_dir", "trusted_proxies", "second_factor_required"}.isdisjoint(EDITABLE)


def test_a_value_over_thousands_of_lines_is_refused_at_its_line_without_reading_each_line_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    monkeypatch.setattr(validation.tomllib, "loads", lambda text: read.append(text) or loads(text))
    text = "metric_days = 90\njob_workers = [\n" + "1,\n" * 6_000 + "]"
    assert told(text) == [(2, "type", "job_workers")]
    assert len(read) < 30


@pytest.mark.parametrize("text", ["a = " + "[" * 2_000, "a = " + "{a=" * 2_000, ".".join("a" * 9_000) + " = 1"])
def test_what_is_nested_deeper_than_a_reader_can_follow_is_a_problem_of_its_line(text: str) -> None:
    assert told("metric_days = 90\n" + text) == [(2, "nested", None)]


@pytest.mark.parametrize("days", ["0-999999999999", "5-1", "8", "1-9/2"])
def test_weekdays_that_do_not_exist_are_refused_before_they_are_counted(days: str) -> None:
    assert told(f'training_schedule = "0 0 * * {days}"') == [(1, "cron", "training_schedule")]
    assert told('training_schedule = "0 0 * * 1-5,0,7"') == []
