"""Fit on all training patients for serving, and fold by fold for honest training predictions."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Model = TypeVar("Model")
Rows = NDArray[np.int64]


def cross_fit(
    fold: NDArray[np.int64],
    fit: Callable[[Rows], Model],
    predict: Callable[[Model, Rows], NDArray[np.float64]],
) -> tuple[Model, NDArray[np.float64]]:
    """Fit a model and predict every patient by a model that has not seen the outcome.

    Parameters
    ----------
    fold : int64 array (n_patients,)
        Fold in which a training patient is held out; -1 in the held-out cohorts.
    fit : callable
        Rows to a model.
    predict : callable
        Model and rows to one value per row.

    Returns
    -------
    model
        Fitted on the whole training cohort: the one to serve.
    float64 array (n_patients,)
        Out-of-fold in the training cohort, the served model's elsewhere.
    """
    training = np.flatnonzero(fold >= 0)
    model = fit(training)
    predictions = predict(model, np.arange(len(fold)))
    for held_out in np.unique(fold[training]):
        rows = np.flatnonzero(fold == held_out)
        others = np.flatnonzero((fold >= 0) & (fold != held_out))
        predictions[rows] = predict(fit(others), rows)
    return model, predictions
