"""LASSO-penalised logistic regression with glmnet's grid, folds and choice of the penalty."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import BoolArray, FloatArray, same_size, two_classes
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.design_checks import design
from dlcs_core.statistics.lasso_path import at_penalties, lasso_path
from dlcs_core.statistics.logistic_regression import sigmoid

LassoMeasure = Literal["deviance", "auc", "class"]

FEWEST_FOLDS = 3
ROWS_PER_AUC = 10
"""Rows per fold below which glmnet falls back from AUC to deviance."""
PROBABILITY_FLOOR = 1e-5
"""Predicted probabilities are kept this far from 0 and 1 in the deviance, as in glmnet."""


@dataclass(frozen=True, eq=False)
class LassoFit:
    """A penalised path and its cross-validation.

    Attributes
    ----------
    columns : tuple of str
        Names of the design columns.
    penalty : array of float64, shape (n_lambda,)
        glmnet's lambda, decreasing.
    cv_mean, cv_se : array of float64, shape (n_lambda,)
        Cross-validated measure and its standard error between folds.
    nonzero : array of int, shape (n_lambda,)
        Columns with a coefficient in the fit on all rows.
    coefficients : array of float64, shape (n_lambda, 1 + n_columns)
        Intercept and coefficients on the original scale, fitted on all rows.
    measure : {"deviance", "auc", "class"}
        What was cross-validated: deviance and misclassification are minimised, AUC maximised.
    index_min, index_1se : int
        Entries of ``penalty``: the best, and the largest within one standard error of it.
    """

    columns: tuple[str, ...]
    penalty: FloatArray
    cv_mean: FloatArray
    cv_se: FloatArray
    nonzero: NDArray[np.intp]
    coefficients: FloatArray
    measure: LassoMeasure
    index_min: int
    index_1se: int

    @property
    def lambda_min(self) -> float:
        """Penalty of the best cross-validated measure."""
        return float(self.penalty[self.index_min])

    @property
    def lambda_1se(self) -> float:
        """Largest penalty whose measure is within one standard error of the best."""
        return float(self.penalty[self.index_1se])

    @property
    def selected_min(self) -> tuple[str, ...]:
        """Columns with a coefficient at ``lambda_min``."""
        return self._selected(self.index_min)

    @property
    def selected_1se(self) -> tuple[str, ...]:
        """Columns with a coefficient at ``lambda_1se``."""
        return self._selected(self.index_1se)

    def _selected(self, index: int) -> tuple[str, ...]:
        row = self.coefficients[index, 1:]
        return tuple(name for name, b in zip(self.columns, row, strict=True) if b != 0.0)


def fit_lasso(
    X: ArrayLike,
    good_response: ArrayLike,
    names: Sequence[str],
    fold_id: ArrayLike,
    *,
    measure: LassoMeasure = "deviance",
) -> LassoFit:
    r"""Cross-validated LASSO as R's ``cv.glmnet(family = "binomial")``.

    Minimises :math:`-\ell(\beta)/n + \lambda \sum |\beta_{std}|` with columns standardised by
    their divisor-n deviation and a free intercept. As in glmnet, each fold is fitted on a grid of
    its own and its coefficients are interpolated to the penalties of the fit on all rows.

    Parameters
    ----------
    X : array of float, shape (n_patients, n_columns)
        Design columns without intercept.
    good_response : array of bool or 0/1, shape (n_patients,)
        Outcome.
    names : sequence of str
        One name per column.
    fold_id : array of int, shape (n_patients,)
        Fold of each row; at least three folds.
    measure : {"deviance", "auc", "class"}
        What is cross-validated. With fewer than ten rows per fold "auc" becomes "deviance", as
        in glmnet.

    Returns
    -------
    LassoFit
        Fold means are weighted by fold size.

    Raises
    ------
    CohortError
        If the cohort is empty, has one class (also with a fold left out, or within a fold for
        "auc"), a missing value, columns of other sizes, or fewer than three folds.

    References
    ----------
    .. [1] Friedman J, Hastie T, Tibshirani R. Regularization paths for generalized linear models
       via coordinate descent. J Stat Softw 2010;33(1):1-22.
    """
    outcome = two_classes(good_response)
    matrix = design(X, names, outcome.size)
    fold = np.asarray(fold_id)
    same_size(outcome, fold)
    n_folds = np.unique(fold).size
    if n_folds < FEWEST_FOLDS:
        raise CohortError("statistic_too_few_folds", folds=n_folds)
    if measure == "auc" and outcome.size / n_folds < ROWS_PER_AUC:
        measure = "deviance"
    path = lasso_path(matrix, outcome)
    mean, se = _cross_validated(matrix, outcome, fold, path.penalty, measure)
    sign = -1.0 if measure == "auc" else 1.0
    best = int(np.argmin(sign * mean))
    within = sign * mean <= sign * mean[best] + se[best]
    return LassoFit(
        columns=tuple(names),
        penalty=path.penalty,
        cv_mean=mean,
        cv_se=se,
        nonzero=np.count_nonzero(path.coefficients[:, 1:], axis=1).astype(np.intp),
        coefficients=path.coefficients,
        measure=measure,
        index_min=best,
        index_1se=int(np.flatnonzero(within)[0]),
    )


def _cross_validated(
    matrix: FloatArray,
    outcome: BoolArray,
    fold: NDArray[np.generic],
    penalties: FloatArray,
    measure: LassoMeasure,
) -> tuple[FloatArray, FloatArray]:
    """Score each fold with the others' fit; mean and standard error over the folds."""
    scores, sizes = [], []
    for k in np.unique(fold):
        out = fold == k
        inside = two_classes(outcome[~out])
        fitted = at_penalties(lasso_path(matrix[~out], inside), penalties)
        logit = fitted[:, :1] + fitted[:, 1:] @ matrix[out].T
        scores.append(_MEASURES[measure](outcome[out], logit))
        sizes.append(int(out.sum()))
    return _fold_mean(np.array(scores), np.array(sizes, dtype=np.float64))


def _fold_mean(scores: FloatArray, sizes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean over folds weighted by their size, and its standard error."""
    mean = np.average(scores, axis=0, weights=sizes)
    variance = np.average((scores - mean) ** 2, axis=0, weights=sizes)
    return mean, np.sqrt(variance / (len(sizes) - 1))


def _deviance(outcome: BoolArray, logit: FloatArray) -> FloatArray:
    """Mean deviance of one fold at every penalty."""
    p = np.clip(sigmoid(logit), PROBABILITY_FLOOR, 1.0 - PROBABILITY_FLOOR)
    return np.asarray(-2.0 * np.log(np.where(outcome, p, 1.0 - p)).mean(axis=1))


def _misclassified(outcome: BoolArray, logit: FloatArray) -> FloatArray:
    """Share of wrong classes of one fold at every penalty."""
    return np.asarray(((logit > 0.0) != outcome).mean(axis=1))


def _auc(outcome: BoolArray, logit: FloatArray) -> FloatArray:
    """AUC of one fold at every penalty."""
    return np.array([auc_estimate(outcome, row).auc for row in logit])


_MEASURES: dict[str, Callable[[BoolArray, FloatArray], FloatArray]] = {
    "deviance": _deviance,
    "auc": _auc,
    "class": _misclassified,
}
