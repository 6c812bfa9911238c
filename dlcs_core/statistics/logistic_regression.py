"""Logistic regression by Newton's method, with Wald inference."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import ModelError
from dlcs_core.statistics.checks import (
    BoolArray,
    FloatArray,
    chi_square_p,
    finite_vector,
    same_size,
    two_classes,
)
from dlcs_core.statistics.design_checks import design, standardized
from dlcs_core.statistics.wald import WaldRow, wald_rows

INTERCEPT = "(Intercept)"
MAX_ITERATIONS = 60
CONVERGENCE = 1e-14
"""Largest relative change of the deviance in the last Newton step, as ``glm(epsilon = 1e-14)``."""
MAX_HALVINGS = 30
INFORMATION_FLOOR = 1e-12
"""Smallest eigenvalue of the information per patient that still bears an estimate."""


@dataclass(frozen=True, eq=False)
class LogisticFit:
    """A fitted logistic regression.

    Attributes
    ----------
    names : tuple of str
        ``"(Intercept)"``, then the columns.
    coefficients : array of float64, shape (n_names,)
        Log odds per unit of the column as given.
    covariance : array of float64, shape (n_names, n_names)
        Inverse of the observed information.
    log_likelihood, null_log_likelihood : float
        Of this model and of the intercept (and offset) alone.
    n, events : int
        Patients, and good responders among them.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    log_likelihood: float
    null_log_likelihood: float
    n: int
    events: int

    @property
    def standard_errors(self) -> FloatArray:
        """Square roots of the covariance's diagonal."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def rows(self) -> tuple[WaldRow, ...]:
        """Wald inference, the intercept first."""
        return wald_rows(self.names, self.coefficients, self.standard_errors)

    @property
    def likelihood_ratio(self) -> tuple[float, int, float]:
        """Statistic, degrees of freedom and P against the null model."""
        statistic = 2.0 * (self.log_likelihood - self.null_log_likelihood)
        df = len(self.names) - 1
        return statistic, df, chi_square_p(max(statistic, 0.0), df) if df else 1.0

    def linear_predictor(self, X: ArrayLike) -> FloatArray:
        """Log odds of rows with the fitted columns, without any offset."""
        columns = np.asarray(X, dtype=np.float64)
        return np.asarray(self.coefficients[0] + columns @ self.coefficients[1:])


def fit_logistic(
    X: ArrayLike,
    good_response: ArrayLike,
    names: Sequence[str],
    *,
    offset: ArrayLike | None = None,
    ridge: float = 0.0,
) -> LogisticFit:
    r"""Fit a logistic regression by maximum likelihood, as R's ``glm(binomial)``.

    The columns are standardised inside, so that badly scaled ones converge too, and the
    coefficients are returned per unit of the column as given.

    Parameters
    ----------
    X : array of float, shape (n_patients, n_columns)
        Columns without the intercept, which is always added; may have no column.
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    names : sequence of str
        One name per column.
    offset : array of float, shape (n_patients,), optional
        Added to the log odds with a coefficient of 1.
    ridge : float
        Penalty :math:`\frac{ridge}{2} \sum \beta_{std}^2` on the standardised coefficients, 0
        for maximum likelihood. With a penalty, separated data have an estimate too; covariance
        and likelihood are then those at the penalised estimate.

    Returns
    -------
    LogisticFit
        Coefficients converged to the last digits.

    Raises
    ------
    CohortError
        If the cohort is empty, has one class, a missing value or columns of other sizes.
    ModelError
        If a column is constant or depends on others, or the classes are separated, so that no
        finite estimate exists.

    Examples
    --------
    Odds of 1/3 without and 3 with the sign; their ratio is 9:

    >>> sign = [[0.0]] * 4 + [[1.0]] * 4
    >>> fit = fit_logistic(sign, [1, 0, 0, 0, 1, 1, 1, 0], ["sign"])
    >>> round(fit.rows[1].ratio, 9)
    9.0
    """
    outcome = two_classes(good_response)
    columns = standardized(design(X, names, outcome.size), names)
    shift = np.zeros(outcome.size) if offset is None else finite_vector(offset, "offset")
    same_size(outcome, shift)
    ones = np.ones((outcome.size, 1))
    penalty = np.r_[0.0, np.full(len(names), ridge)]
    model = _Likelihood(np.hstack([ones, columns.values]), outcome, shift, penalty)
    beta, information = _maximum(model)
    log_likelihood = model.log_likelihood(beta)
    # Back from standardised columns: b = T beta.
    T = np.diag(np.r_[1.0, 1.0 / columns.scale])
    T[0, 1:] = -columns.mean / columns.scale
    return LogisticFit(
        names=(INTERCEPT, *names),
        coefficients=T @ beta,
        covariance=T @ np.linalg.inv(information) @ T.T,
        log_likelihood=log_likelihood,
        null_log_likelihood=_null(ones, outcome, shift) if len(names) else log_likelihood,
        n=int(outcome.size),
        events=int(outcome.sum()),
    )


def sigmoid(logit: FloatArray) -> FloatArray:
    """Probability of a log odds, without overflow.

    Examples
    --------
    >>> sigmoid(np.array([-1e3, 0.0, 1e3])).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logit)))


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """The penalised likelihood of standardised columns, intercept included."""

    X: FloatArray
    outcome: BoolArray
    offset: FloatArray
    penalty: FloatArray

    def start(self) -> FloatArray:
        """First weighted least squares of R's ``glm``, from fitted values of 1/4 and 3/4."""
        weight = 0.1875
        working = np.where(self.outcome, 1.0, -1.0) * (np.log(3.0) + 0.25 / weight) - self.offset
        information = weight * self.X.T @ self.X + np.diag(self.penalty)
        return np.asarray(np.linalg.solve(information, weight * self.X.T @ working))

    def log_likelihood(self, beta: FloatArray) -> float:
        """Log likelihood without the penalty; exact also for very large log odds."""
        logit = self.X @ beta + self.offset
        against = np.where(self.outcome, -logit, logit)
        # log(1 + exp(x)) in the form that cannot overflow, ten times faster than logaddexp.
        surprise = np.maximum(against, 0.0) + np.log(1.0 + np.exp(-np.abs(logit)))
        return -float(surprise.sum())

    def value(self, beta: FloatArray) -> float:
        """Penalised log likelihood."""
        return self.log_likelihood(beta) - 0.5 * float(self.penalty @ beta**2)

    def derivatives(self, beta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Gradient and negative Hessian of the penalised log likelihood."""
        p = sigmoid(self.X @ beta + self.offset)
        gradient = self.X.T @ (self.outcome - p) - self.penalty * beta
        information = (self.X * (p * (1.0 - p))[:, None]).T @ self.X + np.diag(self.penalty)
        return np.asarray(gradient), np.asarray(information)


def maximum_without(X: FloatArray, outcome: BoolArray, index: int, value: float) -> float:
    """Largest log likelihood with one coefficient fixed.

    Parameters
    ----------
    X : array of float64, shape (n_patients, n_columns)
        Independent columns, the intercept's among them.
    outcome : array of bool, shape (n_patients,)
        Both classes.
    index : int
        Column whose coefficient is fixed.
    value : float
        At what.

    Raises
    ------
    ModelError
        If the other coefficients have no finite estimate.
    """
    others = np.delete(X, index, axis=1)
    offset = value * X[:, index]
    if not others.shape[1]:
        return _Likelihood(X, outcome, offset, np.zeros(1)).log_likelihood(np.zeros(1))
    size = np.sqrt(np.mean(others**2, axis=0))
    likelihood = _Likelihood(others / size, outcome, offset, np.zeros(others.shape[1]))
    return likelihood.log_likelihood(_maximum(likelihood)[0])


def _null(ones: FloatArray, outcome: BoolArray, offset: FloatArray) -> float:
    """Log likelihood of intercept and offset alone; without an offset that of the prevalence."""
    if not offset.any():
        n, events = outcome.size, int(outcome.sum())
        return events * math.log(events / n) + (n - events) * math.log1p(-events / n)
    likelihood = _Likelihood(ones, outcome, offset, np.zeros(1))
    return likelihood.log_likelihood(_maximum(likelihood)[0])


def _maximum(likelihood: _Likelihood) -> tuple[FloatArray, FloatArray]:
    """Maximise by Newton's method; refuse data whose estimate runs to infinity.

    Returns the estimate and the information. Start, end and information are those of R's
    ``glm``, which reports the information of the iterate before the last: it differs by 1e-7 of
    a standard error, which shows in the sixth digit of a small P value.
    """
    n, events = likelihood.outcome.size, int(likelihood.outcome.sum())
    beta = likelihood.start()
    best = likelihood.value(beta)
    for _ in range(MAX_ITERATIONS):
        gradient, information = likelihood.derivatives(beta)
        # Columns are independent, so the information only vanishes where every fitted
        # probability on some direction has gone to 0 or 1.
        if np.linalg.eigvalsh(information)[0] <= INFORMATION_FLOOR * n:
            break
        step = np.asarray(np.linalg.solve(information, gradient), dtype=np.float64)
        before = best
        beta, best = _line_search(likelihood, beta, step, best)
        if abs(best - before) < CONVERGENCE * (abs(best) + 0.05):
            return beta, information
    raise ModelError("model_separated", n=n, events=events)


def _line_search(
    likelihood: _Likelihood, beta: FloatArray, step: FloatArray, best: float
) -> tuple[FloatArray, float]:
    """Halve a Newton step until the likelihood does not fall."""
    for halving in range(MAX_HALVINGS):
        trial = beta + step * 0.5**halving
        value = likelihood.value(trial)
        if value >= best - 1e-10 * abs(best):
            return trial, value
    return beta, best
