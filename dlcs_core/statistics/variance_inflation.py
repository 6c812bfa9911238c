"""Variance inflation: how much a variable's uncertainty grows because others say the same."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import ModelError
from dlcs_core.statistics.checks import FloatArray


def variance_inflation(
    covariance: ArrayLike, columns_of: Mapping[str, Sequence[int]]
) -> Mapping[str, float]:
    r"""Generalised variance inflation factor of each variable of a fitted regression.

    With the correlation matrix R of the coefficients, split into a variable's columns and the
    others,

    .. math:: \frac{\det R_{11} \det R_{22}}{\det R}

    For a single column this is the usual :math:`1 / (1 - R^2_j)`. To compare variables of
    different size take its ``1 / (2 columns)``-th power.

    Parameters
    ----------
    covariance : array of float, shape (n_columns, n_columns)
        Of the coefficients, without the intercept.
    columns_of : mapping of str to sequence of int
        Positions of each variable's columns.

    Returns
    -------
    mapping of str to float
        1 where a variable shares nothing with the others; above 5 to 10 it can hardly be told
        from them.

    Raises
    ------
    ModelError
        If the covariance is singular.

    References
    ----------
    .. [1] Fox J, Monette G. Generalized collinearity diagnostics. J Am Stat Assoc
       1992;87:178-183.

    Examples
    --------
    >>> variance_inflation([[1.0, 0.5], [0.5, 1.0]], {"a": [0], "b": [1]})
    {'a': 1.3333333333333333, 'b': 1.3333333333333333}
    """
    matrix = np.asarray(covariance, dtype=np.float64)
    scale = np.sqrt(np.diag(matrix))
    correlation = matrix / np.outer(scale, scale)
    whole = float(np.linalg.det(correlation))
    if not whole > 0.0:
        raise ModelError("model_columns_dependent", columns=", ".join(columns_of))
    return {
        name: _part(correlation, list(own)) * _part(correlation, _others(correlation, own)) / whole
        for name, own in columns_of.items()
    }


def _others(correlation: FloatArray, own: Sequence[int]) -> list[int]:
    return [i for i in range(len(correlation)) if i not in set(own)]


def _part(correlation: FloatArray, columns: list[int]) -> float:
    """Return the determinant of some columns' correlations; 1 for none."""
    return float(np.linalg.det(correlation[np.ix_(columns, columns)]))
