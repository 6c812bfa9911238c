"""Multiple imputation by chained equations: each gap is drawn from what goes with it.

Numbers are imputed by predictive mean matching, levels by a chain of logistic regressions. The
libraries at hand draw numbers only. The outcome must be among the predictors: leaving it out
weakens every association.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import BoolArray, FloatArray
from dlcs_core.statistics.design_checks import RANK_TOLERANCE, dependent_columns
from dlcs_core.statistics.logistic_regression import fit_logistic, sigmoid

CYCLES = 10
"""Rounds over all incomplete columns, after which a table is kept."""

DONORS = 5
"""Nearest patients of whom one gives the value (White, Royston, Wood 2011)."""

RIDGE = 1e-5
"""Share of the predictors' variance added to it, so that dependent ones do no harm."""

LOGISTIC_RIDGE = 1.0
"""Weak penalty on standardised predictors, so that a rare level is no infinity."""


@dataclass(frozen=True, eq=False)
class IncompleteColumn:
    """One variable with gaps.

    Attributes
    ----------
    values : array of float64, shape (n_patients,)
        Numbers, or positions of levels from 0; NaN where missing.
    n_levels : int
        0 for numbers.
    """

    values: FloatArray
    n_levels: int = 0

    @property
    def is_missing(self) -> BoolArray:
        """Where the gaps are."""
        return np.asarray(np.isnan(self.values))

    @property
    def predictors(self) -> FloatArray:
        """Columns by which this one predicts others: itself, or a sign per level but the first."""
        if not self.n_levels:
            return self.values[:, None]
        return np.asarray(self.values[:, None] == np.arange(1, self.n_levels), dtype=np.float64)


Completed = tuple[FloatArray, ...]


def impute(
    columns: Sequence[IncompleteColumn],
    complete: ArrayLike,
    rng: np.random.Generator,
    *,
    imputations: int,
    cycles: int = CYCLES,
) -> tuple[Completed, ...]:
    """Complete a table several times.

    Parameters
    ----------
    columns : sequence of IncompleteColumn
        The variables of the analysis; those without gaps predict the others.
    complete : array of float, shape (n_patients, n_columns)
        Predictors without gaps: the outcome; for survival the event and the cumulative hazard.
    rng : numpy.random.Generator
        Source of every draw.
    imputations : int
        Tables, at least 2.
    cycles : int
        Rounds before a table is kept.

    Returns
    -------
    tuple of tuple of array of float64
        Per table the completed values of each column; known values are never changed.

    Raises
    ------
    CohortError
        If fewer than two tables are asked for, sizes differ, or a column has no value at all.

    References
    ----------
    .. [1] van Buuren S, Groothuis-Oudshoorn K. mice: multivariate imputation by chained equations
       in R. J Stat Softw 2011;45(3).
    .. [2] White IR, Royston P, Wood AM. Multiple imputation using chained equations. Stat Med
       2011;30:377-399.
    .. [3] White IR, Royston P. Imputing missing covariate values for the Cox model. Stat Med
       2009;28:1982-1998.
    """
    always = np.asarray(complete, dtype=np.float64)
    if imputations < 2:
        raise CohortError("imputation_too_few_tables", count=imputations)
    for column in columns:
        if column.values.size != len(always):
            raise CohortError(
                "statistic_sizes_differ", first=column.values.size, second=len(always)
            )
        if column.is_missing.all():
            raise CohortError("statistic_without_rows", column="imputation")
    return tuple(_table(columns, always, rng, cycles) for _ in range(imputations))


def _table(
    columns: Sequence[IncompleteColumn], always: FloatArray, rng: np.random.Generator, cycles: int
) -> Completed:
    """Complete the table once."""
    current = [_started(column, rng) for column in columns]
    # Columns with few gaps first: the others then lean on better values.
    gaps = [int(column.is_missing.sum()) for column in columns]
    order = [i for i in np.argsort(gaps, kind="stable") if gaps[i]]
    for _ in range(cycles if len(order) > 1 else 1):
        for i in order:
            others = [column.predictors for j, column in enumerate(current) if j != i]
            X = _standardized(np.hstack([always, *others]))
            drawn = _drawn(columns[i], X, rng)
            current[i] = replace(current[i], values=drawn)
    return tuple(column.values for column in current)


def _started(column: IncompleteColumn, rng: np.random.Generator) -> IncompleteColumn:
    """Fill the gaps with known values drawn at random."""
    missing = column.is_missing
    values = column.values.copy()
    values[missing] = rng.choice(values[~missing], int(missing.sum()))
    return replace(column, values=values)


def _standardized(X: FloatArray) -> FloatArray:
    """Return the predictors that vary, each of mean 0 and standard deviation 1."""
    mean, scale = X.mean(axis=0), X.std(axis=0)
    varies = scale > RANK_TOLERANCE * np.maximum(1.0, np.abs(mean))
    return np.asarray((X[:, varies] - mean[varies]) / scale[varies])


def _drawn(column: IncompleteColumn, X: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the column with new values in its gaps."""
    missing = column.is_missing
    values = column.values.copy()
    draw = _levels if column.n_levels else _matched
    values[missing] = draw(column, X, missing, rng)
    return values


def _matched(
    column: IncompleteColumn, X: FloatArray, missing: BoolArray, rng: np.random.Generator
) -> FloatArray:
    """Predictive mean matching: a known value of a patient with a similar prediction.

    Known patients are predicted by the estimate, those with a gap by a draw from its posterior.
    """
    design = np.column_stack([np.ones(len(X)), X])
    known = ~missing
    A, y = design[known], column.values[known]
    cross = A.T @ A
    inverse = np.linalg.inv(cross + RIDGE * np.diag(np.diag(cross)))
    estimate = inverse @ A.T @ y
    residual = y - A @ estimate
    df = max(len(A) - A.shape[1], 1)
    sigma = np.sqrt(float(residual @ residual) / rng.chisquare(df))
    root = np.linalg.cholesky(0.5 * (inverse + inverse.T))
    drawn = estimate + sigma * root @ rng.standard_normal(estimate.size)
    return _donated(A @ estimate, y, design[missing] @ drawn, rng)


def _donated(
    predicted: FloatArray, values: FloatArray, wanted: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Return for each wanted prediction the value of one of the nearest patients."""
    donors = min(DONORS, predicted.size)
    # In random order, so that donors of equal prediction are chosen by chance.
    shuffled = rng.permutation(predicted.size)
    order = shuffled[np.argsort(predicted[shuffled], kind="stable")]
    ranked = predicted[order]
    # The nearest few lie in a window of that many on either side.
    middle = np.searchsorted(ranked, wanted)
    window = np.clip(middle[:, None] + np.arange(-donors, donors), 0, ranked.size - 1)
    distance = np.abs(ranked[window] - wanted[:, None])
    distance[:, 1:][window[:, 1:] == window[:, :-1]] = np.inf
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :donors]
    chosen = nearest[np.arange(wanted.size), rng.integers(0, donors, wanted.size)]
    return np.asarray(values[order[window[np.arange(wanted.size), chosen]]])


def _levels(
    column: IncompleteColumn, X: FloatArray, missing: BoolArray, rng: np.random.Generator
) -> FloatArray:
    """Draw levels one after another: this one, or one of those that are left.

    Each step is a logistic regression among the patients not yet placed, with coefficients drawn
    from their posterior.
    """
    known = ~missing
    values, drawn = column.values[known], np.full(int(missing.sum()), np.nan)
    present = np.unique(values)
    for level in present[:-1]:
        left, open_ = values >= level, np.isnan(drawn)
        chance = _chance(X[known][left], values[left] == level, X[missing][open_], rng)
        places = np.flatnonzero(open_)[rng.random(chance.size) < chance]
        drawn[places] = level
    drawn[np.isnan(drawn)] = present[-1]
    return drawn


def _chance(
    X: FloatArray, outcome: BoolArray, at: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Probability of a level by a logistic regression with drawn coefficients."""
    aliased = set(dependent_columns(X))
    kept = [i for i in range(X.shape[1]) if i not in aliased]
    fit = fit_logistic(X[:, kept], outcome, [str(i) for i in kept], ridge=LOGISTIC_RIDGE)
    root = np.linalg.cholesky(0.5 * (fit.covariance + fit.covariance.T))
    beta = fit.coefficients + root @ rng.standard_normal(fit.coefficients.size)
    return sigmoid(beta[0] + at[:, kept] @ beta[1:])
