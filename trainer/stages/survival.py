"""Overall survival: Cox regression on the out-of-fold DL signature and clinical variables."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.models.survival import SurvivalModel, fit_survival
from trainer.stages.cross_fit import Rows, cross_fit


def fit_survival_stage(
    table: pd.DataFrame, dl_signature: NDArray[np.float64], fold: NDArray[np.int64]
) -> tuple[SurvivalModel, NDArray[np.float64]]:
    """Screen and fit the Cox model on the training patients with follow-up.

    Parameters
    ----------
    table : DataFrame
        Canonical cohort table with ``os_months`` and ``os_event``.
    dl_signature : float64 array (n_patients,)
        Out-of-fold in the training cohort, served elsewhere.
    fold : int64 array (n_patients,)
        Held-out fold of each patient; -1 elsewhere.

    Returns
    -------
    SurvivalModel
        Its risk cutoff is the median linear predictor of the training cohort.
    float64 array (n_patients,)
        Linear predictor; out-of-fold in the training cohort, NaN where a variable is missing.
    """
    followed = table["os_months"].notna() & table["os_event"].notna()

    def fit(rows: Rows) -> SurvivalModel:
        known = rows[followed.to_numpy(bool)[rows]]
        chosen = table.iloc[known]
        months, died = chosen["os_months"].to_numpy(float), chosen["os_event"].to_numpy(float)
        return fit_survival(chosen, dl_signature[known], months, died)

    def predict(model: SurvivalModel, rows: Rows) -> NDArray[np.float64]:
        return model.linear_predictors(table.iloc[rows], dl_signature[rows])

    return cross_fit(fold, fit, predict)
