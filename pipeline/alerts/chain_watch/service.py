"""Goes through the audit log every night; one that is not as it was written becomes an alert (SPEC C13)."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from core.scope import Scope
from core.stage import Progress, StageReport, silent
from db.queries import audit, premises
from db.session import Database
from identity.audit.service import AuditService, Proof
from pipeline.alerts.service import AlertService
from pipeline.detection.anomaly import Anomaly, DetectionResult, Reason

BROKEN, METRIC = "denetim_bozuk", "denetim_zinciri"
TOLD_FINDINGS = 20  # in the run's result; ``manage.py audit verify`` names all


@dataclass(frozen=True)
class ChainWatch:
    """The installation's alert stands with its first hotel; without any there are the run and the audit log."""

    database: Database
    audit: AuditService
    alerts: AlertService

    def verify(self, scope: Scope, at: datetime, progress: Progress = silent) -> StageReport:
        """Every entry and link, and that the chain leads through where it ended when it was last unbroken."""
        progress(0.0, "stage.audit_verification")
        last = self.audit.last_verification(scope, is_unbroken=True)
        proof = self.audit.verify(scope, last.head if last else None)
        with self.database.transaction() as connection:
            if proof.findings:
                audit.record(connection, scope.actor, "audit_chain_broken", details=told(proof))
            hotel_id = min((hotel.id for hotel in premises.hotels(connection)), default=None)
            if hotel_id is not None:
                self.alerts.apply(connection, result(hotel_id, proof, at))
        return StageReport(proof.head.position, len(proof.findings), told(proof))


def told(proof: Proof) -> dict[str, Any]:
    """What a run keeps: read again by ``AuditService.last_verification``."""
    first = [asdict(finding) for finding in proof.findings[:TOLD_FINDINGS]]
    return {
        "entries": proof.head.position, "head": str(proof.head), "findings": len(proof.findings), "first": first,
    }  # fmt: skip


def result(hotel_id: int, proof: Proof, at: datetime) -> DetectionResult:
    """An alert while anything is wrong, else the sign that it is over. No two breaks are the same situation."""
    if not proof.findings:
        return DetectionResult(hotel_id, METRIC, at, (), frozenset({(BROKEN, "hotel", hotel_id)}))
    found = float(len(proof.findings))
    anomaly = Anomaly(
        BROKEN, METRIC, "hotel", hotel_id, at, at, found, expected=0.0, lower=0.0, upper=0.0, deviation_ratio=found,
        score=0.0, severity="kritik", reasons=(Reason("reason.audit_broken", {"findings": len(proof.findings)}),),
        context_signature=f"{BROKEN}:{proof.head}",
    )  # fmt: skip
    return DetectionResult(hotel_id, METRIC, at, (anomaly,), frozenset())
