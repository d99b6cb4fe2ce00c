"""The optional deep model (SPEC P5): an autoencoder on stored features, off unless the setting turns it on.

A multilayer perceptron learns to repeat ordinary rows through a narrow middle; a row that it cannot repeat is odd
(M. Sakurada and T. Yairi, "Anomaly Detection Using Autoencoders with Nonlinear Dimensionality Reduction", 2014).
scikit-learn's MLPRegressor: no further dependency, one core, seconds.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.neural_network import MLPRegressor

from pipeline.features.interaction import matrix
from pipeline.training.exact import Floats
from pipeline.training.isolation import QUANTILES, SEED, tail_evidence, usable_columns

EPOCHS = 40
SAMPLE_ROWS = 4_000
CLIP = 8.0  # robust spreads: one absurd cell must not be the whole loss


@dataclass(frozen=True)
class FeatureAutoencoder:
    """A fitted network with the scales of its inputs and the quantiles of its past errors."""

    network: MLPRegressor
    names: tuple[str, ...]
    medians: Floats
    spreads: Floats
    quantiles: Floats

    def scores(self, features: pd.DataFrame) -> Floats:
        """Logarithm of the mean squared error of repetition; the higher, the odder."""
        found = matrix(features, self.names)
        return _errors(self.network, _scaled(np.where(np.isfinite(found), found, self.medians), self))

    def evidence(self, features: pd.DataFrame) -> Floats:
        """The scores on the fixed scale of all channels."""
        return tail_evidence(self.scores(features), self.quantiles)


def fit_autoencoder(features: pd.DataFrame, names: tuple[str, ...], seed: int = SEED) -> FeatureAutoencoder:
    """Fit on ``features``, evenly spaced rows when there are many; a row of them may never be judged by this model."""
    kept, found, medians = usable_columns(features, names)
    low, high = np.quantile(found, (0.25, 0.75), axis=0)
    spreads = np.maximum(high - low, np.maximum(found.std(axis=0), 1e-9))
    narrow = max(2, len(kept) // 4)
    network = MLPRegressor(
        hidden_layer_sizes=(2 * narrow, narrow, 2 * narrow), activation="tanh", random_state=seed, batch_size=64
    )
    unjudged = FeatureAutoencoder(network, kept, medians, spreads, np.zeros(len(QUANTILES)))
    scaled = _scaled(found, unjudged)
    at = np.unique(np.linspace(0, len(scaled) - 1, min(len(scaled), SAMPLE_ROWS)).astype(np.int64))
    part = scaled[at]
    for _ in range(EPOCHS):
        network.partial_fit(part, part)
    return FeatureAutoencoder(network, kept, medians, spreads, np.quantile(_errors(network, scaled), QUANTILES))


def _scaled(found: Floats, model: FeatureAutoencoder) -> Floats:
    return np.asarray(np.clip((found - model.medians) / model.spreads, -CLIP, CLIP))


def _errors(network: MLPRegressor, scaled: Floats) -> Floats:
    """Row by row: BLAS gives another last digit to another batch, and a score must not depend on its batch."""
    hidden = scaled
    last = len(network.coefs_) - 1
    for layer, (weights, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        hidden = np.einsum("ij,jk->ik", hidden, weights, optimize=False) + bias
        hidden = hidden if layer == last else np.tanh(hidden)
    error = ((hidden.reshape(scaled.shape) - scaled) ** 2).sum(axis=1) / max(scaled.shape[1], 1)
    return np.asarray(np.log(error + 1e-12))
