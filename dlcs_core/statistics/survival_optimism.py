"""Optimism of a Cox model that was built from many variables, the building included."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.statistics.bootstrap import OptimismResult, Rows, corrected_performance
from dlcs_core.statistics.checks import BoolArray, FloatArray, chi_square_p, followed_up
from dlcs_core.statistics.cox_regression import CoxFit, fit_cox
from dlcs_core.statistics.design_checks import dependent_columns, design
from dlcs_core.statistics.survival_calibration import survival_calibration_slope
from dlcs_core.statistics.survival_metrics import harrell_c

SCREENING_P = 0.05
MEASURES = ("c_index", "slope")


def screened_cox(
    X: ArrayLike,
    time_months: ArrayLike,
    event_observed: ArrayLike,
    names: Sequence[str],
    columns_of: Mapping[str, Sequence[str]],
    *,
    screening_p: float = SCREENING_P,
) -> CoxFit:
    """Fit all variables that are significant alone, as the paper's Table 3 was made.

    Parameters
    ----------
    X : array of float, shape (n_patients, n_columns)
        Design columns.
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    names : sequence of str
        One name per column.
    columns_of : mapping of str to sequence of str
        The columns of each variable, screened together by their likelihood-ratio test.
    screening_p : float
        A variable with a smaller P alone goes into the common model.

    Returns
    -------
    CoxFit
        Of the columns kept; those that are constant or implied by others are left out.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing or sizes differ.
    ModelError
        If no variable passes, or the common model has no finite estimate.
    """
    matrix = design(X, names, len(np.asarray(time_months)))
    place = {name: i for i, name in enumerate(names)}
    kept = [
        place[column]
        for columns in columns_of.values()
        for column in columns
        if _alone(matrix, time_months, event_observed, [place[c] for c in columns]) < screening_p
    ]
    if not kept:
        raise ModelError("model_nothing_screened", limit=screening_p)
    aliased = dependent_columns(matrix[:, kept])
    kept = [column for i, column in enumerate(kept) if i not in aliased]
    return fit_cox(matrix[:, kept], time_months, event_observed, [names[i] for i in kept])


def _alone(matrix: FloatArray, time: ArrayLike, event: ArrayLike, columns: Sequence[int]) -> float:
    """P of a variable alone; 1 where it cannot be estimated."""
    aliased = dependent_columns(matrix[:, columns])
    kept = [column for i, column in enumerate(columns) if i not in aliased]
    if not kept:
        return 1.0
    try:
        fit = fit_cox(matrix[:, kept], time, event, [str(i) for i in kept])
    except ModelError:
        return 1.0
    statistic, df, _ = fit.likelihood_ratio
    return chi_square_p(max(statistic, 0.0), df)


def survival_optimism(
    X: ArrayLike,
    time_months: ArrayLike,
    event_observed: ArrayLike,
    names: Sequence[str],
    columns_of: Mapping[str, Sequence[str]],
    rng: np.random.Generator,
    *,
    screening_p: float = SCREENING_P,
    resamples: int = 200,
    patient: ArrayLike | None = None,
) -> OptimismResult:
    """Bootstrap correction of Harrell's C and the calibration slope; each resample screens anew.

    A screening that is not repeated leaves its own optimism in. Set ``screening_p`` above 1 for
    a model whose variables were fixed beforehand.

    Parameters
    ----------
    X, time_months, event_observed, names, columns_of, screening_p
        As in :func:`screened_cox`.
    rng : numpy.random.Generator
        Source of the resamples.
    resamples : int
        Bootstrap samples.
    patient : array, shape (n_patients,), optional
        Patient of each row; a patient's rows are drawn together.

    Returns
    -------
    OptimismResult
        ``c_index`` and ``slope``; a resample in which nothing passes the screening has no model
        and counts as failed.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing or sizes differ.
    ModelError
        If there is no model, or more than a tenth of the resamples have none.

    References
    ----------
    .. [1] Harrell FE, Lee KL, Mark DB. Multivariable prognostic models. Stat Med
       1996;15:361-387.
    """
    time, event = followed_up(time_months, event_observed)
    matrix = design(X, names, time.size)

    def fit(rows: Rows) -> FloatArray:
        found = screened_cox(
            matrix[rows], time[rows], event[rows], names, columns_of, screening_p=screening_p
        )
        return found.linear_predictor(matrix[:, [list(names).index(n) for n in found.names]])

    def performance(rows: Rows, predicted: FloatArray) -> FloatArray:
        return _performance(time[rows], event[rows], predicted[rows])

    patients = np.arange(time.size) if patient is None else np.asarray(patient)
    if patients.size != time.size:
        raise CohortError("statistic_sizes_differ", first=patients.size, second=time.size)
    return corrected_performance(fit, performance, MEASURES, patients, rng, resamples=resamples)


def _performance(time: FloatArray, event: BoolArray, risk: FloatArray) -> FloatArray:
    c = harrell_c(time, event, risk).c_index
    return np.array([c, survival_calibration_slope(time, event, risk).slope])
