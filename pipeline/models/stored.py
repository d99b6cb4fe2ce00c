"""What a model file holds: the estimator, and a reference batch whose scores show that it still works as trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import AppError

TOLERANCE = 1e-9  # of a score, relative: another processor may round the last digits differently


@dataclass(frozen=True)
class StoredModel:
    """``scores``: what ``estimator.scores(batch)`` gave when it was trained; None where nothing can be scored."""

    estimator: Any
    batch: Any | None = None
    scores: Any | None = None
    original: bytes | None = None  # the BLOB of the older system that it was made from


def with_reference(estimator: Any, batch: Any | None) -> StoredModel:
    """The estimator with its scores of ``batch``: a frame of inputs that its ``scores`` method takes."""
    return StoredModel(estimator) if batch is None else StoredModel(estimator, batch, estimator.scores(batch))


def check_reference(stored: StoredModel, of: Mapping[str, Any]) -> None:
    """Score the reference batch again; raises ``model_scores_differ`` when anything else comes out than in training."""
    if stored.batch is None:
        return
    try:
        found = np.asarray(stored.estimator.scores(stored.batch), dtype=float)
        wanted = np.asarray(stored.scores, dtype=float)
        is_same = found.shape == wanted.shape and bool(
            np.allclose(found, wanted, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, ArithmeticError, RuntimeError) as error:
        raise AppError("model_scores_differ", 409, params=dict(of)) from error
    if not is_same:
        raise AppError("model_scores_differ", 409, params=dict(of))
