"""Restricted cubic spline: a smooth curve that is straight beyond its outer knots."""

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import FloatArray, finite_vector

N_KNOTS = 3
KNOT_SHARES = (0.1, 0.5, 0.9)
"""Where the three knots stand among the values (Harrell 2015, table 2.3)."""

FEW_VALUES = 100
"""With fewer values the outer knots are the fifth smallest and largest."""
FIFTH = 4
FEWEST_VALUES = 6


def spline_knots(values: ArrayLike) -> FloatArray:
    """Place three knots as ``Hmisc::rcspline.eval(nk = 3)`` does.

    Parameters
    ----------
    values : array of float, shape (n_values,)
        The variable.

    Returns
    -------
    array of float64, shape (3,)
        Increasing.

    Raises
    ------
    CohortError
        If a value is missing, or the values are too few or too alike for three knots.
    """
    x = np.sort(finite_vector(values, "values"))
    if x.size < FEWEST_VALUES:
        raise CohortError("statistic_too_few_knots", count=x.size)
    knots = np.quantile(x, KNOT_SHARES)
    if x.size < FEW_VALUES:
        knots[0], knots[-1] = x[FIFTH], x[-1 - FIFTH]
    if not (np.diff(knots) > 0.0).all():
        raise CohortError("statistic_too_few_knots", count=int(np.unique(x).size))
    return np.asarray(knots)


def restricted_cubic_spline(values: ArrayLike, knots: ArrayLike) -> FloatArray:
    r"""Columns of a restricted cubic spline with three knots.

    The second column is, with :math:`(u)_+ = \max(u, 0)`,

    .. math:: \left[(x-k_1)_+^3 - (x-k_2)_+^3 \frac{k_3-k_1}{k_3-k_2}
              + (x-k_3)_+^3 \frac{k_2-k_1}{k_3-k_2}\right] / (k_3-k_1)^2

    Parameters
    ----------
    values : array of float, shape (n_values,)
        The variable.
    knots : array of float, shape (3,)
        Increasing.

    Returns
    -------
    array of float64, shape (n_values, 2)
        The variable itself, and its curvature; both in the unit of the variable.

    References
    ----------
    .. [1] Harrell FE. Regression modeling strategies. 2nd ed. Springer 2015, section 2.4.5.

    Examples
    --------
    >>> restricted_cubic_spline([0.0, 3.0], [0.0, 1.0, 2.0]).tolist()
    [[0.0, 0.0], [3.0, 3.0]]
    """
    x = finite_vector(values, "values")
    first, middle, last = finite_vector(knots, "knots")
    curved = (
        _cubed(x - first)
        - _cubed(x - middle) * (last - first) / (last - middle)
        + _cubed(x - last) * (middle - first) / (last - middle)
    )
    return np.column_stack([x, curved / (last - first) ** 2])


def _cubed(distance: FloatArray) -> FloatArray:
    return np.asarray(np.maximum(distance, 0.0) ** 3)
