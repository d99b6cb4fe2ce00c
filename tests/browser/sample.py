"""The sample hotel as the guide's pictures show it: weeks of judged history, verdicts, a silence, the night's jobs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import text

from core.scope import SYSTEM, Scope
from core.stage import Progress
from pipeline.alerts.service import AlertFilters
from pipeline.alerts.silences.service import Silence
from services import Services, job_definitions, prepare_installation, run_now

MANAGER = Scope("ayse", frozenset({"*"}), None)
NIGHTLY = ("collect", "learn", "evaluate", "measure_models", "examine_models", "data_cleanup", "metric_verification")
OF_A_ROOM = ("tuketim_anomali", "bosta_tuketim_var")


@contextmanager
def quietly(*_: object) -> Iterator[Progress]:
    yield lambda *_: None


def sample_hotels(services: Services) -> tuple[list[int], list[int]]:
    """What ``make run`` begins with and what people did with it: the hotels, and the first one's open alerts."""
    prepare_installation(services, quietly)
    hotels = [hotel.id for hotel in services.hotels.listed(SYSTEM)]
    judged(services, hotels[0])
    silenced(services, hotels[0])
    known = {job.name for job in job_definitions(services)}
    for job in NIGHTLY:
        if job in known:
            run_now(services, job, hotels[0], services.clock.now(), lambda *_: None)
    with services.database.transaction() as connection:
        connection.execute(text("DELETE FROM job_requests"))  # done just now; nobody serves them here
    services.profiler.start(SYSTEM, "dashboard", 60)  # the dashboard takes it when it begins to serve
    return hotels, alerts(services, hotels[0])


def judged(services: Services, hotel_id: int) -> None:
    """Most alerts of the past were right, some were not."""
    past = services.alerts.board(MANAGER, AlertFilters((hotel_id,), states=("closed",)), limit=200).rows
    for number, alert in enumerate(past):
        services.alerts.triage.judge(MANAGER, [alert.id], "yanlis_pozitif" if number % 6 == 5 else "dogru")


def silenced(services: Services, hotel_id: int) -> None:
    """The type of the least severe alert is kept from the board."""
    now = services.clock.now()
    least = services.alerts.board(MANAGER, AlertFilters((hotel_id,)), limit=100).rows[-1]
    silence = Silence(now - timedelta(days=7), now + timedelta(days=5), "Yenileme / renovation", least.alert_type)
    services.alerts.silences.add(MANAGER, hotel_id, silence)


def alerts(services: Services, hotel_id: int) -> list[int]:
    """Open ones as the board sorts them, those of a room first: pictures show them at the second place."""
    rows = services.alerts.board(MANAGER, AlertFilters((hotel_id,)), limit=100).rows
    return [row.id for row in sorted(rows, key=lambda row: row.alert_type not in OF_A_ROOM)]
