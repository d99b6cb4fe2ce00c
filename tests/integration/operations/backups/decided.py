"""People decide in a hotel, a backup is made, and they decide otherwise: what selective restores are tried on."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from core.scope import SYSTEM
from operations.backups.manifest import Label
from operations.backups.parts.service import Comparison, PartsService, Wanted
from pipeline.alerts.service import AlertService
from pipeline.alerts.triage.service import TriageService
from pipeline.detection.anomaly import Anomaly, DetectionResult
from pipeline.detection.thresholds.settings import Change, FamilyRule
from tests.integration.builders import BuiltHotel
from tests.integration.operations.backups.conftest import Installation

# What each part may touch; the others grow with whatever anybody does.
TABLES = {
    "thresholds": {"detection_settings"},
    "verdicts": {"ml_alerts", "ml_alert_events", "alert_actions", "alert_action_rows"},
    "configuration": {"configuration_versions"},
}
ALWAYS = {"partial_restores"}
BUDGET, CELL = Change(budget_per_day=3.0), Change(families={"cell": FamilyRule(extra_evidence=0.5)})
JUDGED_THEN = {"false": "yanlis_pozitif", "right": "dogru", "gone": "beklenen", "expected": "beklenen"}


@dataclass
class Decided:
    """Alerts of one hotel by a word for each, and the backup of when they were judged as in JUDGED_THEN."""

    installation: Installation
    hotel: BuiltHotel
    alerts: dict[str, int] = field(default_factory=dict)
    backup: Label | None = None

    @property
    def parts(self) -> PartsService:
        return self.installation.parts

    @property
    def triage(self) -> TriageService:
        return self.parts.owners.triage

    @property
    def name(self) -> str:
        assert self.backup is not None
        return self.backup.name

    def raise_alert(self, word: str, room: int = 0, product: int = 0) -> None:
        installation, at = self.installation, self.installation.clock.now()
        anomaly = Anomaly(
            "tuketim_anomali", "tuketim_miktar", "product" if room < 0 else "room",
            self.hotel.products[product] if room < 0 else self.hotel.rooms[room], at - timedelta(hours=5), at, 11, 1,
            0, 2, 9.0, 7, "yuksek", context_signature=word,
        )  # fmt: skip
        result = DetectionResult(self.hotel.hotel_id, "tuketim_miktar", at, (anomaly,), frozenset())
        with installation.database.transaction() as connection:
            AlertService(installation.database, installation.clock).apply(connection, result)
        query = "SELECT max(id) FROM ml_alerts"
        self.alerts[word] = int(str(installation.scalar(query)))
        installation.clock.advance(timedelta(minutes=5))

    def verdict(self, word: str) -> tuple[Any, ...]:
        query = "SELECT concat_ws('/', verdict, verdict_by, verdict_note, closed_reason) FROM ml_alerts WHERE id = :id"
        return tuple(str(self.installation.scalar(query, id=self.alerts[word])).split("/"))

    def verdicts(self) -> dict[str, tuple[Any, ...]]:
        return {word: self.verdict(word) for word in self.alerts}

    def in_force(self) -> dict[str, Any]:
        """What the settings say by metric type, whatever version says it."""
        current = self.parts.owners.thresholds.current(SYSTEM, self.hotel.hotel_id)
        return {
            name: (one.budget_per_day, {k: v for k, v in one.families.items() if v != FamilyRule()}, one.segments)
            for name, one in current.items()
        }

    def configured(self) -> str:
        shown = self.parts.owners.configuration.shown(SYSTEM)
        return shown.good.text if shown.good else ""

    def configure(self, text: str) -> None:
        configuration = self.parts.owners.configuration
        configuration.save(SYSTEM, text, "tried", configuration.shown(SYSTEM).newest_id)

    def compared(self, *parts: str, hotels: tuple[int, ...] | None = None) -> Comparison:
        return self.parts.preview(SYSTEM, self.name, Wanted.of(parts, hotels))

    def state(self) -> dict[str, Any]:
        return {"thresholds": self.in_force(), "verdicts": self.verdicts(), "configuration": self.configured()}


def decided(installation: Installation, hotel: BuiltHotel) -> Decided:
    """What people decided, and the backup."""
    found = Decided(installation, hotel)
    for position, word in enumerate(("false", "right")):
        found.raise_alert(word, position)
    for position, word in enumerate(("gone", "open", "expected")):
        found.raise_alert(word, -1, position)
    for word, verdict in JUDGED_THEN.items():
        found.triage.judge(SYSTEM, [found.alerts[word]], verdict, f"seen: {word}")
    thresholds = found.parts.owners.thresholds
    thresholds.save(SYSTEM, hotel.hotel_id, "tuketim_miktar", CELL, "fewer")
    found.configure("alert_budget_per_day = 7.0\n# said then\n")
    found.backup = installation.backup()
    return found


def decide_otherwise(found: Decided) -> None:
    """What is put back later, what cannot be, and what must stay."""
    triage, thresholds, alerts = found.triage, found.parts.owners.thresholds, found.alerts
    triage.withdraw_verdict(SYSTEM, [alerts["false"]])
    triage.judge(SYSTEM, [alerts["right"]], "yanlis_pozitif", "changed my mind")
    triage.judge(SYSTEM, [alerts["open"]], "yanlis_pozitif", "judged later")
    found.raise_alert("later", -1)
    triage.judge(SYSTEM, [alerts["later"]], "dogru", "of an alert that the backup does not know")
    found.installation.execute("DELETE FROM ml_alerts WHERE id = :id", id=alerts.pop("gone"))
    hotel_id = found.hotel.hotel_id
    thresholds.save(SYSTEM, hotel_id, "*", BUDGET, "less")
    thresholds.rollback(SYSTEM, hotel_id, "tuketim_miktar", 0, "as installed")
    thresholds.save(SYSTEM, hotel_id, "dolum_sure", Change(families={"refill": FamilyRule(is_enabled=False)}), "quiet")
    found.configure('alert_budget_per_day = 9.0\nlog_level = "WARNING"\n')
    found.installation.execute("UPDATE hotels SET name = 'renamed since'")
    found.installation.clock.advance(timedelta(minutes=5))
