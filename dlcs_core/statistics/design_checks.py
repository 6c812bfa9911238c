"""Checks and scaling that the regressions share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.statistics.checks import FloatArray

RANK_TOLERANCE = 1e-9
"""Share of a standardised column that must be left after regressing it on the columns before."""


@dataclass(frozen=True, eq=False)
class Standardized:
    """Columns of mean 0 and standard deviation 1, and how to get back.

    Attributes
    ----------
    values : array of float64, shape (n_patients, n_columns)
        The standardised columns.
    mean, scale : array of float64, shape (n_columns,)
        Of the original columns (divisor n).
    """

    values: FloatArray
    mean: FloatArray
    scale: FloatArray


def design(X: ArrayLike, names: Sequence[str], n_rows: int) -> FloatArray:
    """Return a design matrix of finite numbers with one name per column.

    Raises
    ------
    CohortError
        If rows or names do not fit, or a value is missing or infinite.
    """
    try:
        matrix = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CohortError("statistic_values_not_numeric", column="X") from error
    if matrix.ndim != 2 or matrix.shape[1] != len(names):
        raise CohortError("statistic_design_shape", shape=matrix.shape, names=len(names))
    if len(matrix) != n_rows:
        raise CohortError("statistic_sizes_differ", first=len(matrix), second=n_rows)
    for name, column in zip(names, matrix.T, strict=True):
        bad = int(np.count_nonzero(~np.isfinite(column)))
        if bad:
            raise CohortError("statistic_values_missing", column=name, count=bad, n=n_rows)
    return matrix


def standardized(matrix: FloatArray, names: Sequence[str]) -> Standardized:
    """Centre and scale each column; refuse columns that say nothing of their own.

    Raises
    ------
    ModelError
        If a column is constant or a linear combination of the columns before it.
    """
    mean = matrix.mean(axis=0)
    scale = np.sqrt(np.mean((matrix - mean) ** 2, axis=0))
    aliased = dependent_columns(matrix)
    if aliased:
        raise ModelError("model_columns_dependent", columns=", ".join(names[i] for i in aliased))
    return Standardized((matrix - mean) / scale, mean, scale)


def dependent_columns(matrix: FloatArray) -> tuple[int, ...]:
    """Find the columns that are constant or follow from the columns before them, by index.

    Examples
    --------
    >>> dependent_columns(np.array([[1.0, 2.0, 7.0], [2.0, 4.0, 7.0], [4.0, 8.0, 7.0]]))
    (1, 2)
    """
    kept: list[FloatArray] = []
    dependent = []
    for index, column in enumerate(matrix.T):
        rest = column - column.mean()
        size = float(np.linalg.norm(rest))
        constant = size <= RANK_TOLERANCE * max(1.0, float(np.linalg.norm(column)))
        # Twice: one pass of Gram-Schmidt loses digits on nearly dependent columns.
        for axis in kept + kept:
            rest = rest - (axis @ rest) * axis
        left = float(np.linalg.norm(rest))
        if constant or left <= RANK_TOLERANCE * size:
            dependent.append(index)
        else:
            kept.append(rest / left)
    return tuple(dependent)
