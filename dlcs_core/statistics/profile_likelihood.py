"""Profile-likelihood intervals and likelihood-ratio tests of a logistic regression."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import ModelError
from dlcs_core.statistics.checks import BoolArray, FloatArray, chi_square_p
from dlcs_core.statistics.design_checks import design
from dlcs_core.statistics.logistic_regression import LogisticFit, fit_logistic, maximum_without

CHI_SQUARE_95 = 3.841458820694124
"""0.95 quantile of chi-square with one degree of freedom, ``qchisq(0.95, 1)``."""

MAX_DOUBLINGS = 12
"""Bracket of up to 4,096 standard errors; beyond, the likelihood is flat."""


@dataclass(frozen=True)
class ProfileInterval:
    """95 % interval of a coefficient by its profile likelihood.

    Attributes
    ----------
    name : str
        ``"(Intercept)"`` or the column.
    low, high : float or None
        On the log odds; None where the likelihood never falls enough in that direction.
    """

    name: str
    low: float | None
    high: float | None


@dataclass(frozen=True)
class TermTest:
    """Likelihood-ratio test of all columns of one variable.

    Attributes
    ----------
    name : str
        The variable.
    statistic, p : float
        Twice the loss of log likelihood without it, and its P value.
    df : int
        Number of its columns.
    """

    name: str
    statistic: float
    df: int
    p: float


def profile_intervals(
    X: ArrayLike, good_response: ArrayLike, names: Sequence[str]
) -> tuple[ProfileInterval, ...]:
    """Intervals that hold where Wald's do not: small cohorts and large coefficients.

    A value belongs to the interval when fixing the coefficient there costs at most half of 3.84
    in log likelihood, all others being estimated anew.

    Parameters
    ----------
    X, good_response, names
        As in :func:`dlcs_core.statistics.logistic_regression.fit_logistic`.

    Returns
    -------
    tuple of ProfileInterval
        The intercept first. R's ``MASS::confint`` interpolates the profile on a grid and agrees
        to about four digits.

    Raises
    ------
    CohortError, ModelError
        As ``fit_logistic``.

    References
    ----------
    .. [1] Venzon DJ, Moolgavkar SH. A method for computing profile-likelihood-based confidence
       intervals. Appl Stat 1988;37:87-94.
    """
    fit = fit_logistic(X, good_response, names)
    outcome = np.asarray(good_response, dtype=np.float64) == 1.0
    columns = design(X, names, outcome.size)
    matrix = np.column_stack([np.ones(outcome.size), columns])
    return tuple(_interval(fit, matrix, outcome, index) for index in range(matrix.shape[1]))


def term_tests(
    X: ArrayLike,
    good_response: ArrayLike,
    names: Sequence[str],
    columns_of: Mapping[str, Sequence[str]],
) -> tuple[TermTest, ...]:
    """Test each variable given the others, R's ``drop1(test = "LRT")``.

    Parameters
    ----------
    X, good_response, names
        As in :func:`dlcs_core.statistics.logistic_regression.fit_logistic`.
    columns_of : mapping of str to sequence of str
        Columns of each variable.

    Returns
    -------
    tuple of TermTest
        In the order of the mapping.

    Raises
    ------
    CohortError, ModelError
        As ``fit_logistic``.
    """
    matrix = np.asarray(X, dtype=np.float64)
    full = fit_logistic(matrix, good_response, names).log_likelihood
    tests = []
    for variable, columns in columns_of.items():
        kept = [index for index, name in enumerate(names) if name not in columns]
        without = fit_logistic(matrix[:, kept], good_response, [names[index] for index in kept])
        statistic = max(2.0 * (full - without.log_likelihood), 0.0)
        df = len(columns)
        tests.append(TermTest(variable, statistic, df, chi_square_p(statistic, df)))
    return tuple(tests)


def _interval(
    fit: LogisticFit, matrix: FloatArray, outcome: BoolArray, index: int
) -> ProfileInterval:
    estimate, se = float(fit.coefficients[index]), float(fit.standard_errors[index])

    def lost(value: float) -> float:
        """Twice the log likelihood lost by fixing the coefficient, less the critical value."""
        fixed = maximum_without(matrix, outcome, index, value)
        return 2.0 * (fit.log_likelihood - fixed) - CHI_SQUARE_95

    low, high = (_root(lost, estimate, side * se) for side in (-1.0, 1.0))
    return ProfileInterval(fit.names[index], low, high)


def _root(lost: Callable[[float], float], start: float, step: float) -> float | None:
    """Where the loss reaches the critical value, searched outwards from the estimate."""
    from scipy.optimize import brentq

    for doubling in range(MAX_DOUBLINGS):
        beyond = start + step * 2.0**doubling
        try:
            reached = lost(beyond) > 0.0
        except ModelError:
            return None
        if reached:
            return float(brentq(lost, start, beyond, xtol=1e-12, rtol=1e-12))
    return None
