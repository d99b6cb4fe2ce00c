"""A sign-in of the API that looks stolen becomes an alert like any other, in the transaction that ends it (SPEC R3)."""

from dataclasses import dataclass
from typing import Any

from db.queries import identity, premises
from identity.tokens.risks import MANY_ADDRESSES, SecurityEvent
from pipeline.alerts.service import AlertService
from pipeline.detection.anomaly import Anomaly, DetectionResult, Reason

SUSPICIOUS, METRIC = "oturum_supheli", "api_oturum"


@dataclass(frozen=True)
class SignInWatch:
    """Tells the hotel of the user; of a user of several or all hotels the first of them."""

    alerts: AlertService

    def tell(self, connection: Any, event: SecurityEvent) -> None:
        """Open or renew the user's alert; an installation without hotels has the audit log alone."""
        user = identity.user(connection, event.user_id)
        hotels = {hotel.id for hotel in premises.hotels(connection)}
        theirs = hotels if user is None or user.sees_all_hotels else hotels & user.hotels
        hotel_id = min(theirs or hotels, default=None)
        if hotel_id is not None:
            result = DetectionResult(hotel_id, METRIC, event.at, (anomaly(event),), frozenset())
            self.alerts.apply(connection, result)


def anomaly(event: SecurityEvent) -> Anomaly:
    """One event more than there should be. No two are the same situation: a verdict on one silences no other."""
    reason = Reason(f"reason.{event.kind}", {"user": event.username, "network": event.network})
    severity = "yuksek" if event.kind == MANY_ADDRESSES else "kritik"
    return Anomaly(
        SUSPICIOUS, METRIC, "user", event.user_id, event.at, event.at, 1.0, expected=0.0, lower=0.0, upper=0.0,
        deviation_ratio=1.0, score=0.0, severity=severity, reasons=(reason,),
        context_signature=f"{SUSPICIOUS}:{event.at.isoformat()}",
    )  # fmt: skip
