"""P-7: the Overview's first visit; P-8: moving between pages and changing filters; in Chromium, 1,000 rooms × 90 days.

Each beside the same on an application with nothing in it, in turns, so that what disturbs the machine disturbs both.
"Read anew": the data version was raised before, as after every collection, so that nothing kept is used.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
from playwright.sync_api import Browser

from core.settings import ROOT
from tests.benchmarks.big_hotel import BigHotel, big_hotel
from tests.benchmarks.report import Row
from tests.benchmarks.stopwatch import Visit, chromium, visitor

VISITS, ROUNDS, CHANGES = 20, 4, 3
NOTHING = "an application with nothing in it, p95"
WARM_SECONDS = 5
# Page, label of the filter, and options with what they write into the address.
Filter = tuple[str, str, tuple[tuple[str, str], ...]]
Times = dict[str, list[float]]
FILTERS: tuple[Filter, ...] = (
    ("/", "Period", (("7 days", "period=7d"), ("30 days", "period=30d"))),
    ("/consumption", "Period", (("Last 7 days", "days=7"), ("Last 90 days", "days=90"))),
    ("/rooms", "Period", (("Last 7 days", "days=7"), ("Last 90 days", "days=90"))),
    ("/stock", "Period", (("Last 7 days", "days=7"), ("Last 90 days", "days=90"))),
    ("/alerts", "State", (("Unread", "state=unread"), ("All", "state=all"))),
    ("/thresholds", "Period", (("last 60 days", "period=60d"), ("last 7 days", "period=7d"))),
    ("/forecasts", "Show", (("All products", "show=all"),)),
)


def run() -> list[Row]:
    with big_hotel() as hotel, empty_app() as empty, chromium() as browser:
        return measured(hotel, empty, browser)


def measured(hotel: BigHotel, empty: str, browser: Browser) -> list[Row]:
    sleep(WARM_SECONDS)
    return [*first_visits(hotel, empty, browser), *moves_and_changes(hotel, empty, browser)]


@contextmanager
def empty_app() -> Iterator[str]:
    """The address of ``tests/benchmarks/empty_app.py``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Path(__file__).with_name("empty_app.py")
    process = subprocess.Popen([sys.executable, str(script), str(port)], cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        while not answers(address + "/_stcore/health"):
            sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2):  # noqa: S310 - our own address
            return True
    except (URLError, ConnectionError):
        return False


def first_visits(hotel: BigHotel, empty: str, browser: Browser) -> list[Row]:
    """New browsers with empty caches; the first of the process is told beside the others."""
    anew, again, nothing, token = [], [], [], hotel.token()
    for _ in range(VISITS + 1):
        hotel.renew_data()
        with visitor(browser, hotel.address, token) as visit:
            anew.append(visit.enter())
            again.append(visit.enter())
        with visitor(browser, empty) as visit:
            nothing.append(visit.enter())
    note = f"the first of the process {anew[0]:.2f} s; the same browser again, p95 {p95(again):.2f} s"
    return [
        row("P-7", f"Overview, first visit with new data, p95 of {VISITS}", anew[1:], nothing[1:],
            "≤ 1.6 ×, p95 < 2 s", note),
    ]  # fmt: skip


def moves_and_changes(hotel: BigHotel, empty: str, browser: Browser) -> list[Row]:
    with visitor(browser, hotel.address, hotel.token()) as visit, visitor(browser, empty) as nothing:
        visit.enter()
        nothing.enter()
        opened: Times = {path: [visit.move(path)] for path in visit.paths()[1:]}
        anew, kept, empty_moves = moves(hotel, visit, nothing)
        changed, empty_changes = changes(hotel, visit, nothing)
    pages, choices = f"{len(anew)} pages × {ROUNDS}", f"{len(changed)} choices × {CHANGES}"
    told = f"slowest: {slowest(anew)}; the very first of the process: {slowest(opened)}"
    return [
        row("P-8", f"moving to another page with new data, {pages}, p95", together(anew), empty_moves,
            "≤ 2 ×, p95 < 0.6 s", told),
        row("P-8", f"moving to a page that was open before, {pages}, p95", together(kept), empty_moves,
            "≤ 2 ×, p95 < 0.6 s", f"slowest: {slowest(kept)}"),
        row("P-8", f"a choice in a filter that nobody made since the data are new, {choices}, p95", together(changed),
            empty_changes, "≤ 2 ×, p95 < 0.5 s", f"slowest: {slowest(changed)}"),
    ]  # fmt: skip


def moves(hotel: BigHotel, visit: Visit, nothing: Visit) -> tuple[Times, Times, list[float]]:
    """Every page of the navigation, with new data and with what is kept."""
    paths = visit.paths()
    anew, kept, empty_moves = {path: [] for path in paths}, {path: [] for path in paths}, []
    for _ in range(ROUNDS):
        for path in (*paths[1:], paths[0]):
            hotel.renew_data()
            anew[path].append(visit.move(path))
            visit.move(next(other for other in ("/jobs", "/custody") if other != path))
            kept[path].append(visit.move(path))
            empty_moves += [nothing.move("/second"), nothing.move("/")]
    return anew, kept, empty_moves


def changes(hotel: BigHotel, visit: Visit, nothing: Visit) -> tuple[Times, list[float]]:
    """Filters of the pages that read most."""
    found: Times = {}
    empty_changes = []
    for path, label, options in FILTERS:
        for _ in range(CHANGES):
            hotel.renew_data()
            visit.enter(path)
            for option, query in options:
                found.setdefault(f"{path} {option}", []).append(visit.choose(label, option, query))
                empty_changes += [nothing.choose("Period", day, f"days={day}") for day in ("7", "90")]
    return found, empty_changes


def row(name: str, work: str, ours: list[float], nothing: list[float], reach: str, note: str) -> Row:
    medians = f"medians {np.median(ours):.2f} and {np.median(nothing):.2f} s; "
    return Row(name, work, p95(ours), NOTHING, p95(nothing), reach, medians + note)


def p95(seconds: list[float]) -> float:
    return float(np.quantile(seconds, 0.95))


def together(times: Times) -> list[float]:
    return [one for found in times.values() for one in found]


def slowest(times: Times) -> str:
    """The three slowest by their medians."""
    medians = sorted(((float(np.median(found)), name) for name, found in times.items()), reverse=True)
    return ", ".join(f"{name} {seconds:.2f} s" for seconds, name in medians[:3])
