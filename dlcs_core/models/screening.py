"""Cox fits on design columns, and the univariable P that a variable enters by."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dlcs_core.models.design import make_design
from dlcs_core.models.fitting import FitSummary, with_fallback
from dlcs_core.models.serialization import FloatArray

if TYPE_CHECKING:
    import pandas as pd

    from dlcs_core.statistics.cox_regression import CoxFit


def fit_cox_model(
    matrix: FloatArray,
    time_months: FloatArray,
    event_observed: FloatArray,
    columns: Sequence[str],
    n_total: int,
) -> tuple["CoxFit", NDArray[np.intp], FitSummary]:
    """Fit a Cox regression on complete rows.

    Parameters
    ----------
    matrix : array of float64, shape (n_complete, n_columns)
        Design columns without gaps.
    time_months, event_observed : array of float64, shape (n_complete,)
        Follow-up and 0/1 death.
    columns : sequence of str
        Column names.
    n_total : int
        Patients before the incomplete ones were left out.

    Returns
    -------
    tuple of CoxFit, array of int and FitSummary
        The fit on the columns that say something of their own, and their indices. Data whose
        deaths a column orders perfectly get a weak penalty.

    Raises
    ------
    CohortError
        If nobody died or there is no complete row.
    """
    from dlcs_core.statistics.cox_regression import fit_cox
    from dlcs_core.statistics.design_checks import dependent_columns

    dependent = dependent_columns(matrix) if len(matrix) else ()
    kept = np.array([i for i in range(len(columns)) if i not in dependent], dtype=np.intp)
    names = [columns[i] for i in kept]
    fit, penalized = with_fallback(
        lambda ridge: fit_cox(matrix[:, kept], time_months, event_observed, names, ridge=ridge)
    )
    dropped = tuple(columns[i] for i in dependent)
    return fit, kept, FitSummary(fit.n, n_total - fit.n, fit.events, penalized, dropped)


def univariable_p(
    table: "pd.DataFrame", variable: str, time_months: FloatArray, event_observed: FloatArray
) -> float:
    """Likelihood-ratio P of one variable alone in a Cox regression, all its levels together.

    Parameters
    ----------
    table : DataFrame
        Patients with follow-up.
    variable : str
        Name from the variable list.
    time_months, event_observed : array of float64, shape (n_patients,)
        Follow-up and 0/1 death.

    Returns
    -------
    float
        In [0, 1]; 1 where the variable says nothing in these patients (missing for everybody,
        constant, or nobody who has it died).
    """
    if not table[variable].notna().any():
        return 1.0
    design = make_design(table, [variable])
    matrix, complete = design.matrix(table), design.complete(table)
    if not design.columns or not event_observed[complete].any():
        return 1.0
    fit, kept, _ = fit_cox_model(
        matrix[complete],
        time_months[complete],
        event_observed[complete],
        design.columns,
        len(table),
    )
    return fit.likelihood_ratio[2] if kept.size else 1.0
