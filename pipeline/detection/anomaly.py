"""What detection hands to alerts: anomalies, and which entities were found normal."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Reason:
    """One sentence of the explanation: a catalog key and the numbers in it."""

    message_id: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Anomaly:
    """One closed interval that passed both gates: evidence and material effect (DETECTION principle 4)."""

    alert_type: str
    metric_type: str
    entity_type: str
    entity_id: int
    interval_start: datetime
    timestamp: datetime  # end of the interval
    value: float
    expected: float
    lower: float
    upper: float
    deviation_ratio: float  # signed: (value − expected) / max(expected, scale floor)
    score: float  # −log10 of the tail probability
    severity: str  # dusuk, orta, yuksek, kritik
    room_id: int | None = None
    product_id: int | None = None
    staff_id: int | None = None
    reasons: tuple[Reason, ...] = ()
    context_signature: str = ""  # what "the same situation" means to a false-positive verdict
    model_id: int | None = None


@dataclass(frozen=True)
class DetectionResult:
    """One hotel, one metric type, one run."""

    hotel_id: int
    metric_type: str
    at: datetime
    anomalies: tuple[Anomaly, ...]
    normal: frozenset[tuple[str, str, int]]  # (alert_type, entity_type, entity_id) whose newest interval is normal
    scored_rows: int = 0
