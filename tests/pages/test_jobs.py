"""The page of jobs: why a run ended, in words where the machinery itself ended it (C4)."""

from typing import Any

import pytest
from sqlalchemy import insert

from core.i18n import Translator
from db.models.operations import JobRun
from pages.system.jobs import ENDED_BY_US
from tests.pages.conftest import JOBS, Visit
from tests.pages.hotel import small_hotel
from tests.pages.test_quality import cells


@pytest.mark.parametrize("language", ["tr", "en"])
def test_reasons_of_the_machinery_are_told_in_words_and_a_stages_own_code_as_it_is(visit: Visit, language: str) -> None:
    hotel, now = small_hotel(visit.services, with_alerts=False), visit.services.clock.now()
    with visit.services.database.transaction() as connection:
        for code in (*ENDED_BY_US, "model_corrupt"):
            run: dict[str, Any] = {
                "job_name": "train", "hotel_id": hotel.hotel_id, "trigger": "schedule", "state": "failed",
                "started_at": now, "heartbeat_at": now, "finished_at": now, "error_code": code,
            }  # fmt: skip
            connection.execute(insert(JobRun), run)
    visit.sign_in("superadmin", None, language)
    app, t = visit.open(JOBS), Translator(language)
    assert not app.exception
    shown = cells(app)
    for code in ENDED_BY_US:
        words = t(f"jobs.error_{code}")
        assert words != f"jobs.error_{code}"
        assert words in shown
    assert "model_corrupt" in shown
    assert "sidecar_stopped" not in shown
