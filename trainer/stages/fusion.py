"""DLCS: the fusion of the out-of-fold DL signature with clinical variables, and its cutoff."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.models.fusion import FUSION_VARIABLES, FusionModel, fit_fusion
from dlcs_core.statistics.roc import roc_curve, youden_point
from trainer.stages.cross_fit import Rows, cross_fit


def fit_fusion_stage(
    table: pd.DataFrame,
    dl_signature: NDArray[np.float64],
    fold: NDArray[np.int64],
    variables: Sequence[str] = FUSION_VARIABLES,
) -> tuple[FusionModel, NDArray[np.float64]]:
    """Fit the fusion model on out-of-fold DL signatures.

    Parameters
    ----------
    table : DataFrame
        Canonical cohort table.
    dl_signature : float64 array (n_patients,)
        Out-of-fold in the training cohort, served elsewhere.
    fold : int64 array (n_patients,)
        Held-out fold of each patient; -1 elsewhere.
    variables : sequence of str
        Clinical variables beside the signature.

    Returns
    -------
    FusionModel
        Its cutoff is Youden's on the out-of-fold DLCS of the training cohort.
    float64 array (n_patients,)
        DLCS; out-of-fold in the training cohort, NaN where a variable is missing.
    """
    response = table["good_response"].to_numpy(bool)

    def fit(rows: Rows) -> FusionModel:
        return fit_fusion(table.iloc[rows], dl_signature[rows], response[rows], variables=variables)

    def predict(model: FusionModel, rows: Rows) -> NDArray[np.float64]:
        return model.probabilities(dl_signature[rows], table.iloc[rows])

    model, dlcs = cross_fit(fold, fit, predict)
    return replace(model, cutoff=training_cutoff(response, dlcs, fold)), dlcs


def dlcs_of_signature(
    table: pd.DataFrame,
    fitted_on: NDArray[np.float64],
    signature: NDArray[np.float64],
    fold: NDArray[np.int64],
    variables: Sequence[str] = FUSION_VARIABLES,
) -> NDArray[np.float64]:
    """Return the DLCS that a signature would have, by fusion models that have not seen the patient.

    Parameters
    ----------
    table : DataFrame
        Canonical cohort table.
    fitted_on : float64 array (n_patients,)
        Out-of-fold DL signature on which the models are fitted.
    signature : float64 array (n_patients,)
        The one to fuse instead, e.g. on the scale of the served mean.
    fold : int64 array (n_patients,)
        Held-out fold of each patient; -1 elsewhere.
    variables : sequence of str
        Clinical variables of the fusion.
    """
    response = table["good_response"].to_numpy(bool)

    def fit(rows: Rows) -> FusionModel:
        return fit_fusion(table.iloc[rows], fitted_on[rows], response[rows], variables=variables)

    return cross_fit(
        fold, fit, lambda model, rows: model.probabilities(signature[rows], table.iloc[rows])
    )[1]


def training_cutoff(
    good_response: NDArray[np.bool_], score: NDArray[np.float64], fold: NDArray[np.int64]
) -> float:
    """Return Youden's cutoff on the training patients whose score is known."""
    known = (fold >= 0) & np.isfinite(score)
    return youden_point(roc_curve(good_response[known], score[known])).threshold
