"""The clinical signature: LASSO on the 22 variables, refitted, in the training cohort alone."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.models.clinical_signature import ClinicalSignature, fit_clinical_signature
from trainer.stages.cross_fit import Rows, cross_fit


def fit_clinical_stage(
    table: pd.DataFrame, fold: NDArray[np.int64]
) -> tuple[ClinicalSignature, NDArray[np.float64]]:
    """Fit the clinical signature; selection and fit are repeated within each fold.

    Parameters
    ----------
    table : DataFrame
        Canonical cohort table with the clinical variables and ``good_response``.
    fold : int64 array (n_patients,)
        Held-out fold of each patient, which also cross-validates the penalty; -1 elsewhere.

    Returns
    -------
    ClinicalSignature
        To serve.
    float64 array (n_patients,)
        Probability; out-of-fold in the training cohort, NaN where a variable is missing.
    """

    def fit(rows: Rows) -> ClinicalSignature:
        chosen = table.iloc[rows]
        return fit_clinical_signature(chosen, chosen["good_response"].to_numpy(bool), fold[rows])

    return cross_fit(fold, fit, lambda model, rows: model.probabilities(table.iloc[rows]))
