"""A past to try thresholds on, small enough to count by hand: three events of one check, two of them judged.

75 tests a day at a share of 0.15: with the budget of 5 alerts a day the check needs evidence of log10(75 / 0.075) = 3,
with 10 alerts log10(75 / 0.15) = 2.7.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, text

from core.clock import local_date
from db.models.alerts import Alert
from db.models.learning import Candidate, TestCount
from db.queries import versions
from db.session import Database

TYPE, CHECK = "tuketim_miktar", "cell"
TESTS, SHARE, GATE = 75, 0.15, 0.4
DAYS = 100
ZONE = "Europe/Istanbul"


@dataclass(frozen=True)
class Event:
    """So many days ago, with so much evidence; ``verdict``: raised, and what somebody said of it."""

    days_ago: int
    score: float
    verdict: str | None = None
    days: int = 1


CONFIRMED = Event(2, 5.0, "dogru")
FALSE_ALARM = Event(6, 3.2, "yanlis_pozitif")
WEAK = Event(10, 2.8)
PAST = (CONFIRMED, FALSE_ALARM, WEAK)


def tried_past(database: Database, hotel_id: int, now: datetime, events: tuple[Event, ...] = PAST) -> list[int | None]:
    """Store it; the alert of each event that was raised. The events are of the hotel's slots, one after the other."""
    today = local_date(now, ZONE)
    with database.transaction() as connection:
        counted = [
            {
                "hotel_id": hotel_id, "metric_type": TYPE, "family": CHECK, "observed_on": today - timedelta(days=day),
                "tests": TESTS, "share": SHARE, "effect_gate_ratio": GATE, "is_banded": False,
            }
            for day in range(DAYS)
        ]  # fmt: skip
        connection.execute(insert(TestCount), counted)
        query = text("SELECT id, room_id, product_id FROM minibar_slots WHERE hotel_id = :hotel ORDER BY id")
        slots = connection.execute(query, {"hotel": hotel_id}).all()
        raised = [
            _event(connection, hotel_id, slots[position % len(slots)], event, now)
            for position, event in enumerate(events)
        ]
        versions.bump(connection, hotel_id, "scores")
    return raised


def _event(connection: object, hotel_id: int, slot: object, event: Event, now: datetime) -> int | None:
    """One candidate a day; the alert covers all of them."""
    first = now - timedelta(days=event.days_ago)
    place = {
        "hotel_id": hotel_id, "metric_type": TYPE, "alert_type": "tuketim_anomali", "entity_type": "minibar_slot",
        "entity_id": slot.id, "room_id": slot.room_id, "product_id": slot.product_id,  # type: ignore[attr-defined]
        "context_signature": f"test=cell;product={slot.product_id}",  # type: ignore[attr-defined]
    }  # fmt: skip
    size = {"expected": 1.0, "lower": 0.0, "upper": 2.0, "deviation_ratio": 8.0, "score": event.score}
    for day in range(event.days):
        at = first + timedelta(days=day)
        row = {
            "family": CHECK, "observed_on": local_date(at, ZONE), "interval_start": at - timedelta(hours=20),
            "timestamp": at, "value": 9.0, "effect": 8.0, "is_certain": False,
        }  # fmt: skip
        connection.execute(insert(Candidate), place | size | row)  # type: ignore[attr-defined]
    if event.verdict is None:
        return None
    last = first + timedelta(days=event.days - 1)
    alert = {
        "severity": "kritik", "message_id": "alert.consumption", "reasons": [], "actions": [], "metric_value": 9.0,
        "message_params": {"value": 9.0, "lower": 0.0, "upper": 2.0}, "started_at": first - timedelta(hours=20),
        "last_seen_at": last, "closed_at": last, "raised_at": first, "verdict": event.verdict,
        "verdict_by": "ayse", "verdict_at": last + timedelta(hours=1),
    }  # fmt: skip
    found: int = connection.execute(insert(Alert).returning(Alert.id), place | size | alert).scalar_one()  # type: ignore[attr-defined]
    return found
