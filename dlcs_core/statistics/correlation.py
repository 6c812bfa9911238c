"""Spearman's rank correlation."""

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import FloatArray


def spearman_matrix(X: ArrayLike) -> FloatArray:
    """Spearman correlations between all columns, on mid-ranks.

    Parameters
    ----------
    X : array of float, shape (n_patients, n_columns)
        Finite numbers; at least two rows.

    Returns
    -------
    array of float64, shape (n_columns, n_columns)
        In [-1, 1] with a diagonal of 1; 0 beside a constant column.

    Raises
    ------
    CohortError
        If there are fewer than two rows or a value is missing.

    Examples
    --------
    >>> round(float(spearman_matrix([[1, 10], [2, 5], [3, 1]])[0, 1]), 12)
    -1.0
    """
    matrix = np.asarray(X, dtype=np.float64)
    if len(matrix) < 2:
        raise CohortError("statistic_without_rows", column="X")
    bad = int(np.count_nonzero(~np.isfinite(matrix)))
    if bad:
        raise CohortError("statistic_values_missing", column="X", count=bad, n=len(matrix))
    ranks = np.column_stack([_mid_ranks(column) for column in matrix.T])
    centered = ranks - ranks.mean(axis=0)
    size = np.sqrt((centered**2).sum(axis=0))
    unit = centered / np.where(size > 0.0, size, 1.0)
    rho = np.clip(unit.T @ unit, -1.0, 1.0)
    np.fill_diagonal(rho, 1.0)
    return np.asarray(rho)


def _mid_ranks(column: FloatArray) -> FloatArray:
    """Ranks from 1, ties at their mean."""
    _, index, count = np.unique(column, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - 0.5 * (count - 1))[index])
