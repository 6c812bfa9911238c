"""Firth's penalised logistic regression: finite estimates also where the classes are separated."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import ModelError
from dlcs_core.statistics.checks import BoolArray, FloatArray, chi_square_p, two_classes
from dlcs_core.statistics.design_checks import design, standardized
from dlcs_core.statistics.logistic_regression import INTERCEPT, sigmoid
from dlcs_core.statistics.wald import WaldRow, wald_rows

MAX_ITERATIONS = 200
MAX_HALVINGS = 30
CONVERGENCE = 1e-10
"""Largest entry of the modified score, on standardised columns, at the end."""


@dataclass(frozen=True, eq=False)
class FirthFit:
    """A logistic regression with Jeffreys' penalty.

    Attributes
    ----------
    names : tuple of str
        ``"(Intercept)"``, then the columns.
    coefficients : array of float64, shape (n_names,)
        Log odds per unit of the column as given.
    covariance : array of float64, shape (n_names, n_names)
        Inverse information at the estimate.
    penalized_log_likelihood : float
        Log likelihood plus half the log determinant of the information.
    p_likelihood_ratio : tuple of float
        Per column, by the penalised likelihood ratio; to be preferred to Wald's here.
    n, events : int
        Patients, and good responders among them.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    penalized_log_likelihood: float
    p_likelihood_ratio: tuple[float, ...]
    n: int
    events: int

    @property
    def rows(self) -> tuple[WaldRow, ...]:
        """Wald inference, the intercept first."""
        return wald_rows(self.names, self.coefficients, np.sqrt(np.diag(self.covariance)))


def fit_firth(X: ArrayLike, good_response: ArrayLike, names: Sequence[str]) -> FirthFit:
    r"""Fit a logistic regression with Firth's bias reduction, as R's ``logistf``.

    Maximises :math:`\ell(\beta) + \tfrac{1}{2} \ln \det I(\beta)`.

    Parameters
    ----------
    X : array of float, shape (n_patients, n_columns)
        Columns without the intercept.
    good_response : array of bool or 0/1, shape (n_patients,)
        Outcome.
    names : sequence of str
        One name per column.

    Returns
    -------
    FirthFit
        Exists for every table of two classes.

    Raises
    ------
    CohortError
        If the cohort is empty, has one class, a missing value or columns of other sizes.
    ModelError
        If a column is constant or depends on others, or the iteration does not end.

    References
    ----------
    .. [1] Firth D. Bias reduction of maximum likelihood estimates. Biometrika 1993;80:27-38.
    .. [2] Heinze G, Schemper M. A solution to the problem of separation in logistic regression.
       Stat Med 2002;21:2409-2419.

    Examples
    --------
    For one sign the estimate is that of the table with 1/2 added to every cell:

    >>> fit = fit_firth([[0.0]] * 4 + [[1.0]] * 4, [0, 0, 0, 0, 1, 1, 1, 1], ["sign"])
    >>> round(float(np.exp(fit.coefficients[1])), 6)
    81.0
    """
    outcome = two_classes(good_response)
    columns = standardized(design(X, names, outcome.size), names)
    model = _Penalized(np.hstack([np.ones((outcome.size, 1)), columns.values]), outcome)
    beta, value = _maximum(model, np.arange(1 + len(names)))
    T = np.diag(np.r_[1.0, 1.0 / columns.scale])
    T[0, 1:] = -columns.mean / columns.scale
    return FirthFit(
        names=(INTERCEPT, *names),
        coefficients=T @ beta,
        covariance=T @ np.linalg.inv(model.information(beta)) @ T.T,
        penalized_log_likelihood=value,
        p_likelihood_ratio=tuple(_test(model, value, 1 + i) for i in range(len(names))),
        n=int(outcome.size),
        events=int(outcome.sum()),
    )


@dataclass(frozen=True, eq=False)
class _Penalized:
    """Jeffreys-penalised likelihood of standardised columns, intercept included."""

    X: FloatArray
    outcome: BoolArray

    def information(self, beta: FloatArray) -> FloatArray:
        p = sigmoid(self.X @ beta)
        return np.asarray((self.X * (p * (1.0 - p))[:, None]).T @ self.X)

    def value(self, beta: FloatArray) -> float:
        logit = self.X @ beta
        likelihood = -float(np.logaddexp(0.0, np.where(self.outcome, -logit, logit)).sum())
        sign, log_det = np.linalg.slogdet(self.information(beta))
        return likelihood + 0.5 * float(log_det) if sign > 0 else -math.inf

    def score(self, beta: FloatArray) -> FloatArray:
        """Gradient of the penalised likelihood."""
        p = sigmoid(self.X @ beta)
        weight = p * (1.0 - p)
        inverse = np.linalg.inv(self.information(beta))
        leverage = weight * np.einsum("ij,jk,ik->i", self.X, inverse, self.X)
        return np.asarray(self.X.T @ (self.outcome - p + leverage * (0.5 - p)))


def _maximum(model: _Penalized, free: NDArray[np.intp]) -> tuple[FloatArray, float]:
    """Maximise over the free coefficients, the others being 0, with halved steps."""
    beta = np.zeros(model.X.shape[1])
    best = model.value(beta)
    for _ in range(MAX_ITERATIONS):
        score = model.score(beta)[free]
        if np.abs(score).max(initial=0.0) < CONVERGENCE * len(model.outcome):
            return beta, best
        step = np.zeros(beta.size)
        step[free] = np.linalg.solve(model.information(beta)[np.ix_(free, free)], score)
        beta, best = _climb(model, beta, step, best)
    raise ModelError("model_not_converged", iterations=MAX_ITERATIONS)


def _climb(
    model: _Penalized, beta: FloatArray, step: FloatArray, best: float
) -> tuple[FloatArray, float]:
    """Halve a step until the penalised likelihood does not fall."""
    for halving in range(MAX_HALVINGS):
        trial = beta + step * 0.5**halving
        value = model.value(trial)
        if value >= best - 1e-12 * abs(best):
            return trial, value
    return beta, best


def _test(model: _Penalized, best: float, index: int) -> float:
    """P of the coefficient of one column being 0."""
    others = np.delete(np.arange(model.X.shape[1]), index)
    return chi_square_p(max(2.0 * (best - _maximum(model, others)[1]), 0.0), 1)
