"""Alerts for tests of screens, raised through the service as detection does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from pipeline.detection.anomaly import Anomaly, DetectionResult, Reason
from services import Services


@dataclass(frozen=True)
class Entities:
    """Some rows of the hotel that alerts speak of."""

    slot_id: int
    room_id: int
    product_id: int
    staff_id: int


def entities(services: Services, hotel_id: int) -> Entities:
    """The hotel's first slot with its room and product, and its first attendant."""
    query = text(
        "SELECT s.id, s.room_id, s.product_id, (SELECT min(id) FROM staff WHERE hotel_id = :hotel) "
        "FROM minibar_slots s WHERE s.hotel_id = :hotel ORDER BY s.id LIMIT 1"
    )
    with services.database.reading() as connection:
        return Entities(*connection.execute(query, {"hotel": hotel_id}).one())


def raise_alerts(services: Services, hotel_id: int, at: datetime) -> list[int]:
    """Four open alerts, one of each severity, the most severe first; their ids in that order."""
    known = entities(services, hotel_id)
    hour = timedelta(hours=1)
    found = [
        Anomaly(
            "stok_tutarsizlik", "stok_seviye", "product", known.product_id, at - hour, at, -4, 0, 0, 0, -4.0, 12,
            "kritik", product_id=known.product_id, context_signature="a",
        ),
        Anomaly(
            "tuketim_anomali", "tuketim_miktar", "minibar_slot", known.slot_id, at - 20 * hour, at, 11, 1.1, 0, 2, 9.0,
            7, "yuksek", room_id=known.room_id, product_id=known.product_id, context_signature="b",
            reasons=(Reason("reason.guests", {"guests": 2}),),
        ),
        Anomaly(
            "dolum_gecikme", "dolum_sure", "staff", known.staff_id, at - hour, at, 14.2, 6.0, 3.0, 9.0, 1.4, 5, "orta",
            staff_id=known.staff_id, context_signature="c",
        ),
        Anomaly(
            "zimmet_anomali", "zimmet_kullanim", "staff", known.staff_id, at - 24 * hour, at, 9, 6, 4, 8, 0.25, 4,
            "dusuk", staff_id=known.staff_id, context_signature="d",
        ),
    ]  # fmt: skip
    for anomaly in found:
        result = DetectionResult(hotel_id, anomaly.metric_type, at, (anomaly,), frozenset())
        with services.database.transaction() as connection:
            services.alerts.apply(connection, result)
    with services.database.reading() as connection:
        query = text(
            "SELECT id FROM ml_alerts WHERE hotel_id = :hotel "
            "ORDER BY array_position(ARRAY['kritik', 'yuksek', 'orta', 'dusuk'], CAST(severity AS text))"
        )
        return list(connection.execute(query, {"hotel": hotel_id}).scalars())
