"""Features for the screen: missing, doubled, alike, drifted, how much each counts, and what selection left out (P3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.clock import Clock
from core.scope import Scope
from db.queries import models as queries
from db.queries.models import ModelRow
from db.session import Database

if TYPE_CHECKING:
    from pipeline.features.quality import FeatureQuality
    from pipeline.features.service import FeatureService

__all__ = ["Chosen", "FeatureView", "ModelFeaturesService", "Trial"]

KIND = "isolation_forest"


@dataclass(frozen=True)
class Trial:
    """One combination that the search tried; ``pr_auc``: average precision on planted days of the held-out blocks."""

    model_type: str
    columns: str  # all, selected, selected + interactions …
    count: int
    pr_auc: float
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Chosen:
    """What the forest in use reads. ``importance``: share of each column; None: not measured yet."""

    model_id: int
    trained_until: datetime
    names: tuple[str, ...]
    removed: Mapping[str, str]  # feature: why selection left it out
    importance: Mapping[str, float] | None
    importance_rows: int
    trials: tuple[Trial, ...]
    chosen_at: datetime | None


@dataclass(frozen=True)
class FeatureView:
    """``chosen`` None: no forest of this metric type is in use."""

    quality: "FeatureQuality"
    chosen: Chosen | None
    since: datetime
    until: datetime


@dataclass(frozen=True)
class ModelFeaturesService:
    """Measured when asked; only how much each feature counts was measured before, by a job."""

    database: Database
    clock: Clock
    features: "Callable[[], FeatureService]"  # imported when first asked: scipy takes seconds that others do not pay

    def view(self, scope: Scope, hotel_id: int, metric_type: str, days: int) -> FeatureView:
        """The features of the last ``days`` days. Raises ``not_found`` for an unknown metric type."""
        scope.require("models.read")
        until = self.clock.now()
        since = until - timedelta(days=days)
        quality = self.features().quality(scope, hotel_id, metric_type, since, until)
        with self.database.reading() as connection:
            rows = queries.list_models(connection, hotel_id, metric_type, KIND)
        active = [row for row in rows if row.is_active]
        return FeatureView(quality, _chosen(active[0]) if active else None, since, until)


def _chosen(row: ModelRow) -> Chosen:
    choice = (row.parameters or {}).get("choice") or {}
    measured = (row.metrics or {}).get("importance") or {}
    at = choice.get("chosen_at")
    return Chosen(
        row.id, row.trained_until or row.trained_at, tuple(row.feature_names or ()), choice.get("removed") or {},
        measured.get("values"), int(measured.get("rows") or 0), tuple(_trial(one) for one in choice.get("trace") or ()),
        datetime.fromisoformat(at) if at else None,
    )  # fmt: skip


def _trial(one: Mapping[str, Any]) -> Trial:
    told = ("model", "columns", "count", "pr_auc", "folds")
    parameters = {name: value for name, value in one.items() if name not in told}
    return Trial(one["model"], one.get("columns", "all"), int(one.get("count", 0)), float(one["pr_auc"]), parameters)
