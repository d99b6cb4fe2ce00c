"""How much each feature moves a forest's scores on recent days, measured once a version and kept with it (SPEC C6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.errors import AppError
from core.logs import logger
from core.scope import Scope
from core.stage import Progress, StageReport, silent
from db.queries import models as model_queries
from db.queries.features import read_features
from db.queries.models import ModelRow
from db.queries.versions import bump
from db.session import Database
from pipeline.models.service import ModelManager
from pipeline.training.isolation import FeatureForest
from pipeline.training.shapley import contributions, leaves_of

LOOKED_AT = timedelta(days=30)
ROWS = 48  # an exact Shapley value takes some 50 ms a row
KIND = "isolation_forest"
log = logger(__name__)


@dataclass(frozen=True)
class ImportanceService:
    """Forests only: they are what reads the stored features and speaks."""

    database: Database
    models: ModelManager

    def measure(self, scope: Scope, hotel_id: int, at: datetime, progress: Progress = silent) -> StageReport:
        """The forests in use that were not measured yet; a file that cannot be used is said and left alone."""
        scope.require("jobs.run")
        scope.require_hotel(hotel_id)
        with self.database.reading() as connection:
            rows = [row for row in model_queries.list_models(connection, hotel_id) if row.is_active]
        waiting = [row for row in rows if row.model_type == KIND and "importance" not in (row.metrics or {})]
        outcome = {f"importance.{row.metric_type}": self._measure(row, at) for row in waiting}
        return StageReport(len(waiting), sum(said == "measured" for said in outcome.values()), outcome)

    def _measure(self, row: ModelRow, at: datetime) -> str:
        try:
            model = self.models.load_model_from_file(row)
        except AppError as error:
            log.warning("importance_not_measured", model_id=row.id, reason=error.code)
            return error.code
        if not isinstance(model, FeatureForest):  # of the older system: it judges, but cannot be taken apart
            return "model_unfit"
        with self.database.reading() as connection:
            days = read_features(connection, row.hotel_id, row.metric_type, at - LOOKED_AT, at)
        if days.empty:
            return "no_rows"
        found: dict[str, Any] = {"rows": min(ROWS, len(days)), "values": importance(model, days)}
        with self.database.transaction() as connection:
            model_queries.add_figures(connection, row.id, {"importance": found})
            bump(connection, row.hotel_id, "models")
        return "measured"


def importance(model: FeatureForest, days: pd.DataFrame) -> dict[str, float]:
    """{column: its share of what moves the score}, adding up to 1: the mean size of its Shapley value over ROWS days.

    Days are taken evenly over the frame (entity_id, timestamp, features). Source: Lundberg et al. 2020, section 2.5.
    """
    at = np.unique(np.linspace(0, len(days) - 1, min(len(days), ROWS)).astype(np.int64))
    inputs, leaves = model.inputs(days.iloc[at]), leaves_of(model.forest, len(model.names))
    sizes = np.mean([np.abs(contributions(leaves, row)) for row in inputs], axis=0)
    total = float(sizes.sum())
    shares = sizes / total if total > 0 else sizes
    return {name: round(float(share), 4) for name, share in zip(model.names, shares, strict=True)}
