"""Optimism of a logistic model that was selected: screening, LASSO and refit are repeated."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.statistics.bootstrap import (
    RESPONSE_MEASURES,
    OptimismResult,
    Rows,
    corrected_performance,
    response_performance,
)
from dlcs_core.statistics.brier import brier_score
from dlcs_core.statistics.checks import BoolArray, FloatArray, same_size, two_classes
from dlcs_core.statistics.design_checks import dependent_columns, design
from dlcs_core.statistics.lasso import FEWEST_FOLDS, LassoMeasure, fit_lasso
from dlcs_core.statistics.logistic_regression import LogisticFit, fit_logistic, sigmoid

FOLDS = 10


def selected_logistic(
    X: ArrayLike,
    good_response: ArrayLike,
    names: Sequence[str],
    columns_of: Mapping[str, Sequence[str]],
    fold_id: ArrayLike | None,
    *,
    screening_p: float | None = None,
    measure: LassoMeasure = "deviance",
) -> LogisticFit:
    """Screen variables, select by LASSO, and refit without a penalty.

    Parameters
    ----------
    X : array of float, shape (n_rows, n_columns)
        Design columns without intercept.
    good_response : array of bool or 0/1, shape (n_rows,)
        Outcome.
    names : sequence of str
        One name per column.
    columns_of : mapping of str to sequence of str
        Columns of each variable; a variable passes or fails with all of them, and enters the
        refit with all of them where the LASSO keeps one.
    fold_id : array, shape (n_rows,), or None
        Folds of the LASSO; None for no LASSO.
    screening_p : float or None
        A variable with a smaller likelihood-ratio P alone passes; None for no screening.
    measure : {"deviance", "auc", "class"}
        What the LASSO's cross-validation looks at; the smallest error is taken.

    Returns
    -------
    LogisticFit
        Of the columns kept; of the intercept alone where none is.

    Raises
    ------
    CohortError
        If the cohort is empty, has one class, a value is missing or sizes differ.
    ModelError
        If the refit has no finite estimate.
    """
    outcome = two_classes(good_response)
    matrix = design(X, names, outcome.size)
    place = {name: i for i, name in enumerate(names)}
    groups = {v: [place[name] for name in columns] for v, columns in columns_of.items()}
    if screening_p is not None:
        groups = {v: g for v, g in groups.items() if _alone(matrix[:, g], outcome) < screening_p}
    if fold_id is not None and groups:
        groups = _by_lasso(matrix, outcome, groups, np.asarray(fold_id), measure)
    kept = [i for columns in groups.values() for i in columns]
    aliased = dependent_columns(matrix[:, kept])
    kept = [column for i, column in enumerate(kept) if i not in aliased]
    return fit_logistic(matrix[:, kept], outcome, [names[i] for i in kept])


def _alone(columns: FloatArray, outcome: BoolArray) -> float:
    """P of a variable alone; 1 where it cannot be estimated."""
    aliased = dependent_columns(columns)
    kept = [i for i in range(columns.shape[1]) if i not in aliased]
    try:
        return fit_logistic(columns[:, kept], outcome, [str(i) for i in kept]).likelihood_ratio[2]
    except ModelError:
        return 1.0


def _by_lasso(
    matrix: FloatArray,
    outcome: BoolArray,
    groups: Mapping[str, Sequence[int]],
    fold_id: NDArray[np.generic],
    measure: LassoMeasure,
) -> dict[str, list[int]]:
    """Return the variables of which the LASSO keeps a column."""
    columns = [i for group in groups.values() for i in group]
    aliased = dependent_columns(matrix[:, columns])
    usable = [column for i, column in enumerate(columns) if i not in aliased]
    if not usable:
        return {}
    fit = fit_lasso(matrix[:, usable], outcome, [str(i) for i in usable], fold_id, measure=measure)
    selected = {int(name) for name in fit.selected_min}
    return {v: list(group) for v, group in groups.items() if selected & set(group)}


def selection_optimism(
    X: ArrayLike,
    good_response: ArrayLike,
    names: Sequence[str],
    columns_of: Mapping[str, Sequence[str]],
    rng: np.random.Generator,
    *,
    screening_p: float | None = None,
    lasso: bool = True,
    folds: int = FOLDS,
    measure: LassoMeasure = "deviance",
    resamples: int = 200,
    patient: ArrayLike | None = None,
) -> OptimismResult:
    """Bootstrap correction of a selected model; every resample selects anew.

    Correcting the refit alone leaves the optimism of the selection in.

    Parameters
    ----------
    X, good_response, names, columns_of, screening_p, measure
        As in :func:`selected_logistic`.
    rng : numpy.random.Generator
        Source of the resamples and folds.
    lasso : bool
        Whether a LASSO selects.
    folds : int
        Of its cross-validation, at least 3, dealt by patient: the repetitions of a patient in a
        resample stand in one fold.
    resamples : int
        Bootstrap samples.
    patient : array, shape (n_rows,), optional
        Patient of each row; a patient's rows are drawn together.

    Returns
    -------
    OptimismResult
        ``auc``, ``brier``, ``slope`` and ``intercept``. A resample that selects nothing tells
        everybody the prevalence: its AUC is 0.5 and its slope counts as 1.

    Raises
    ------
    CohortError
        If the cohort is empty, has one class, a value is missing, sizes differ, or there are
        fewer than three folds.
    ModelError
        If nothing is selected, or more than a tenth of the resamples have no model.

    References
    ----------
    .. [1] Steyerberg EW. Clinical prediction models. 2nd ed. Springer 2019, chapter 5.
    """
    outcome = two_classes(good_response)
    matrix = design(X, names, outcome.size)
    ids = np.arange(outcome.size) if patient is None else np.asarray(patient)
    same_size(outcome, ids)
    if folds < FEWEST_FOLDS:
        raise CohortError("statistic_too_few_folds", folds=folds)
    index = np.unique(ids, return_inverse=True)[1]
    everyone = np.arange(outcome.size)

    def fit(rows: Rows) -> FloatArray:
        fold = rng.permutation(int(index.max()) + 1)[index[rows]] % folds if lasso else None
        found = selected_logistic(
            matrix[rows], outcome[rows], names, columns_of, fold,
            screening_p=screening_p, measure=measure,
        )  # fmt: skip
        kept = [list(names).index(name) for name in found.names[1:]]
        if not kept and rows.size == everyone.size and (rows == everyone).all():
            raise ModelError("model_nothing_selected")
        return found.linear_predictor(matrix[:, kept])

    def performance(rows: Rows, logit: FloatArray) -> FloatArray:
        return _performance(outcome[rows], logit[rows])

    return corrected_performance(fit, performance, RESPONSE_MEASURES, ids, rng, resamples=resamples)


def _performance(outcome: BoolArray, logit: FloatArray) -> FloatArray:
    """Measures of a log odds; one that is the same for all ranks nobody and needs no shrinkage."""
    if np.ptp(logit) == 0.0:
        return np.array([0.5, brier_score(outcome, sigmoid(logit)).brier, 1.0, 0.0])
    return response_performance(outcome, logit)
