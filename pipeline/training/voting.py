"""Which fitted models speak beside the Z-Score, and of which days: the choice of training, kept by detection (P5)."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pandas as pd

from core.errors import AppError
from core.logs import logger

if TYPE_CHECKING:
    from db.queries.models import ModelRow

KEYS = ["entity_id", "timestamp"]
# What a model that loads, but cannot judge the rows that it is given, may raise.
UNFIT = (AttributeError, LookupError, TypeError, ValueError, RuntimeError)
log = logger(__name__)


def votes(parameters: Mapping[str, Any] | None) -> bool:
    """Whether a model with these parameters speaks; models from before there was a choice do."""
    return bool((parameters or {}).get("votes", True))


def channel_of(
    rows: Sequence["ModelRow"], loaded: "Callable[[ModelRow], AbstractContextManager[Any]]", features: pd.DataFrame
) -> tuple[pd.DataFrame | None, int]:
    """Evidence of the days of ``features`` (entity_id, timestamp, channel, model_id), and how many models failed.

    ``loaded`` gives a row's model for the time of a block.

    A day belongs to the newest training that ended before it. Among the models of one training at most one votes; a
    day whose training chose the Z-Score alone has no row, nor has one whose model cannot be loaded (SPEC B2). Models
    from before there was a choice vote.
    """
    left, judged, fallbacks = features, [], 0
    for row in sorted(rows, key=_order, reverse=True):
        if left.empty:
            break
        parameters = row.parameters or {}
        if not votes(parameters) and parameters.get("choice", {}).get("kind") != "zscore":
            continue  # another model of the same training votes
        unseen = left["timestamp"] > pd.Timestamp(row.trained_until or row.trained_at)
        mine = left[unseen]
        if mine.empty:
            continue
        left = left[~unseen]
        if not votes(parameters):
            continue
        try:
            with loaded(row) as model:
                judged.append(mine[KEYS].assign(channel=model.evidence(mine), model_id=row.id))
        except (AppError, *UNFIT) as error:
            # A model that does not load, or that cannot judge these rows: the Z-Score speaks alone (B2).
            fallbacks += 1
            reason = error.code if isinstance(error, AppError) else f"{type(error).__name__}: {error}"
            log.warning("model_fallback", model_id=row.id, metric_type=row.metric_type, reason=reason)
    return (pd.concat(judged, ignore_index=True) if judged else None), fallbacks


def _order(row: "ModelRow") -> tuple[Any, int]:
    return row.trained_until or row.trained_at, row.id
