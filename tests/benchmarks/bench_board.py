"""P-10: the board of 5,000 alerts: opened, filtered, 500 acknowledged at once, beside the bare SQL and in Chromium."""

from collections.abc import Callable
from datetime import timedelta
from time import perf_counter

import numpy as np
from playwright.sync_api import Browser
from sqlalchemy import text

from core.scope import SYSTEM
from db.session import Database
from pipeline.alerts.service import AlertFilters
from pipeline.detection.anomaly import Anomaly, DetectionResult
from tests.benchmarks.bench_screens import p95
from tests.benchmarks.big_hotel import BigHotel, big_hotel
from tests.benchmarks.report import Row
from tests.benchmarks.stopwatch import Visit, chromium, visitor

ALERTS, AT_ONCE, REPEATS, VISITS = 5_000, 500, 20, 10
SEVERITIES = ("kritik", "yuksek", "orta", "dusuk")
PAGE = """
SELECT * FROM ml_alerts WHERE hotel_id = :hotel_id AND closed_at IS NULL AND NOT is_suppressed
   AND (CAST(:severity AS text) IS NULL OR severity = :severity)
 ORDER BY array_position(ARRAY['dusuk', 'orta', 'yuksek', 'kritik'], CAST(severity AS text)) DESC, last_seen_at DESC,
          id DESC LIMIT 25
"""
COUNT = """
SELECT count(*) FROM ml_alerts WHERE hotel_id = :hotel_id AND closed_at IS NULL AND NOT is_suppressed
   AND (CAST(:severity AS text) IS NULL OR severity = :severity)
"""
CHANGE = "UPDATE ml_alerts SET acknowledged_at = now(), acknowledged_by = 'deniz' WHERE id = ANY(:ids)"
Pairs = np.ndarray


def run() -> list[Row]:
    with big_hotel(rooms=500, days=3) as hotel, chromium() as browser:
        raise_alerts(hotel)
        return measured(hotel, browser)


def measured(hotel: BigHotel, browser: Browser) -> list[Row]:
    seen = in_browser(hotel, browser)
    alerts, database, ids = hotel.services.alerts, hotel.services.database, open_alerts(hotel)
    chunks = iter([ids[first : first + AT_ONCE] for first in range(0, len(ids), AT_ONCE)] * 2)
    kritik = AlertFilters(hotel_ids=(hotel.hotel_id,), severities=("kritik",))
    everything = AlertFilters(hotel_ids=(hotel.hotel_id,))
    opened = in_turns(lambda: alerts.board(SYSTEM, everything), lambda: bare_page(database, hotel, None), REPEATS)
    filtered = in_turns(lambda: alerts.board(SYSTEM, kritik), lambda: bare_page(database, hotel, "kritik"), REPEATS)
    changed = in_turns(
        lambda: alerts.triage.acknowledge(SYSTEM, next(chunks)), lambda: bare_change(database, ids[:AT_ONCE]),
        len(ids) // AT_ONCE,
    )  # fmt: skip
    return [
        row(f"board of {len(ids):,} alerts: the first page and the count", opened, "the same two bare SELECTs",
            f"opened in Chromium {p95(seen['open']):.2f} s"),
        row("the same, of one severity", filtered, "the same two bare SELECTs",
            f"a filter chosen in Chromium {p95(seen['filter']):.2f} s"),
        row(f"{AT_ONCE} acknowledged: with timeline, undo and audit", changed, "one bare UPDATE of as many",
            f"chosen and pressed in Chromium {p95(seen['act']):.2f} s"),
    ]  # fmt: skip


def raise_alerts(hotel: BigHotel) -> None:
    """One open alert of each of 5,000 slots, as detection raises them."""
    services, now = hotel.services, hotel.services.clock.now()
    query = "SELECT id, room_id, product_id FROM minibar_slots WHERE hotel_id = :hotel_id ORDER BY id LIMIT :limit"
    with services.database.transaction() as connection:
        slots = connection.execute(text(query), {"hotel_id": hotel.hotel_id, "limit": ALERTS}).all()
        found = tuple(
            Anomaly(
                "tuketim_anomali", "tuketim_miktar", "minibar_slot", slot.id, now - timedelta(hours=20 + number % 7),
                now - timedelta(minutes=number), 11, 1.1, 0, 2, 9.0, 7, SEVERITIES[number % 4],
                room_id=slot.room_id, product_id=slot.product_id, context_signature=str(slot.id),
            )
            for number, slot in enumerate(slots)
        )  # fmt: skip
        services.alerts.apply(connection, DetectionResult(hotel.hotel_id, "tuketim_miktar", now, found, frozenset()))


def open_alerts(hotel: BigHotel) -> list[int]:
    query = "SELECT id FROM ml_alerts WHERE hotel_id = :hotel_id AND closed_at IS NULL ORDER BY id"
    with hotel.services.database.reading() as connection:
        return list(connection.execute(text(query), {"hotel_id": hotel.hotel_id}).scalars())


def bare_page(database: Database, hotel: BigHotel, severity: str | None) -> None:
    params = {"hotel_id": hotel.hotel_id, "severity": severity}
    with database.reading() as connection:
        connection.execute(text(PAGE), params).all()
        connection.execute(text(COUNT), params).scalar_one()


def bare_change(database: Database, ids: list[int]) -> None:
    with database.transaction() as connection:
        connection.execute(text(CHANGE), {"ids": ids})


def in_turns(ours: Callable[[], object], bare: Callable[[], object], repeats: int) -> Pairs:
    """Repeats × (ours, bare) in seconds; what disturbs the machine disturbs both."""
    return np.array([(seconds_of(ours), seconds_of(bare)) for _ in range(repeats)])


def seconds_of(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def in_browser(hotel: BigHotel, browser: Browser) -> dict[str, list[float]]:
    """Seconds until the board stands there, a filter was applied, 500 alerts were acknowledged."""
    found: dict[str, list[float]] = {"open": [], "filter": [], "act": []}
    with visitor(browser, hotel.address, hotel.token()) as visit:
        visit.enter("/jobs")
        for _ in range(VISITS):
            hotel.renew_data()
            found["open"].append(visit.move("/alerts"))
            found["filter"].append(visit.choose("State", "Unread", "state=unread"))
            visit.move("/jobs")
        for _ in range(VISITS):
            visit.enter("/alerts?view=table&state=unassigned")
            found["act"].append(acted(visit))
    return found


def acted(visit: Visit) -> float:
    """All that were found are chosen and taken, which takes them out of the list: then the button is pressed."""
    visit.page.get_by_text("All that were found").click()
    visit.page.get_by_role("button", name="Assign to me", exact=True).wait_for()
    return visit.press("Assign to me", f"{AT_ONCE} alerts changed.")


def row(work: str, pairs: Pairs, reference: str, note: str) -> Row:
    ours, bare = np.percentile(pairs, 95, axis=0)
    medians = np.median(pairs, axis=0)
    told = f"medians {medians[0]:.3f} and {medians[1]:.3f} s; {note}, p95 of {VISITS}"
    return Row("P-10", f"{work}, p95 of {len(pairs)}", ours, reference, bare, "≤ 3 ×, < 1 s", told)
