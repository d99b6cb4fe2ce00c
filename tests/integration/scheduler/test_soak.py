"""A sidecar that starts run after run and beats all the while does not grow; one with a planted leak is found (R1)."""

import time

import pytest

from core.settings import ROOT
from db.session import Database
from tests.integration.scheduler.conftest import Start, add_hotel
from tests.integration.scheduler.test_sidecar import runs
from tests.soak import LEAK, MEGABYTE, growth_bytes
from tests.waiting import wait_for

SECONDS, MOST_MEGABYTES, HOTELS, FIRST = 12, 2, 100, 3


@pytest.mark.parametrize("leaks", [False, True])
def test_a_scheduler_that_works_for_long_does_not_grow(database: Database, start: Start, leaks: bool) -> None:
    path = f"{LEAK}:{ROOT}" if leaks else str(ROOT)
    for number in range(HOTELS):
        add_hotel(database, f"H{number}")

    def done() -> int:
        return len(runs(database, "quick", "succeeded"))

    sidecar = start("quick", PYTHONPATH=path)
    wait_for(lambda: done() >= FIRST)  # before it is warm it grows, however long that takes
    before = done()
    grown = growth_bytes(sidecar.pid, SECONDS, lambda: time.sleep(0.1)) / MEGABYTE
    assert (grown > MOST_MEGABYTES) is leaks, f"{grown:.1f} MB"
    wait_for(lambda: done() > before)  # it did work
