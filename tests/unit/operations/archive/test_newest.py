"""Which of the archive's jobs its page tells of (A7.5, C4)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from operations.archive.service import BRING, RETURN, VERIFY, newest_of
from operations.jobs.service import JobState
from tests.conftest import NOW

NOTHING = JobState(None, None, None, is_served=True)


@dataclass(frozen=True)
class Run:
    started_at: datetime


def ended(hours_ago: float) -> JobState:
    return replace(NOTHING, last=cast(Any, Run(NOW - timedelta(hours=hours_ago))))


def test_what_is_at_work_is_told_else_what_ran_last_else_the_verification() -> None:
    states = {VERIFY: NOTHING, BRING: NOTHING, RETURN: NOTHING}
    assert newest_of(states)[0] == VERIFY
    assert newest_of(states | {VERIFY: ended(5), RETURN: ended(2)}) == (RETURN, ended(2))
    waiting = replace(ended(9), request=cast(Any, "asked for"))
    assert newest_of(states | {VERIFY: ended(5), BRING: waiting, RETURN: ended(2)}) == (BRING, waiting)
