"""Whether numbers depart from a normal distribution."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import finite_vector

SIGNIFICANCE = 0.05
"""P below which Shapiro and Wilk's test speaks of a departure."""

SHAPIRO_WILK_SIZES = (3, 5000)
"""Numbers of values for which Royston's approximation, and R, give a P value."""

MAX_SKEWNESS = 0.5
MAX_EXCESS_KURTOSIS = 1.0
"""Above 5,000 values any test finds the smallest departure; these are departures that matter."""


@dataclass(frozen=True)
class ShapiroWilk:
    """Test of normality.

    Attributes
    ----------
    statistic : float
        W, in (0, 1]; 1 is perfectly normal.
    p : float
        P value.
    """

    statistic: float
    p: float


def shapiro_wilk_test(values: ArrayLike) -> ShapiroWilk:
    """Shapiro and Wilk's test of normality, as R's ``shapiro.test`` (Royston 1995).

    Parameters
    ----------
    values : array of float, shape (n_patients,)
        3 to 5,000 numbers, not all the same.

    Returns
    -------
    ShapiroWilk
        W and P.

    Raises
    ------
    CohortError
        If a value is missing, there are too few or too many, or all are the same.

    References
    ----------
    .. [1] Royston P. Remark AS R94: a remark on algorithm AS 181: the W-test for normality. Appl
       Stat 1995;44:547-551.
    """
    from scipy.stats import shapiro

    vector = finite_vector(values, "values")
    low, high = SHAPIRO_WILK_SIZES
    if not low <= vector.size <= high:
        raise CohortError("normality_size", n=vector.size, low=low, high=high)
    if vector.min() == vector.max():
        raise CohortError("statistic_constant", column="values")
    found = shapiro(vector)
    return ShapiroWilk(float(found.statistic), float(found.pvalue))


def skewness_and_kurtosis(values: ArrayLike) -> tuple[float, float]:
    """Return skewness and excess kurtosis by central moments; both 0 for a normal distribution.

    Raises
    ------
    CohortError
        If a value is missing or all are the same.

    Examples
    --------
    >>> skewness_and_kurtosis([1, 2, 2, 3])
    (0.0, -1.0)
    """
    vector = finite_vector(values, "values")
    centered = vector - vector.mean()
    variance = float(np.mean(centered**2))
    if vector.min() == vector.max() or variance == 0.0:
        raise CohortError("statistic_constant", column="values")
    squared = centered**2
    skewness = float(np.mean(squared * centered)) / variance**1.5
    return skewness, float(np.mean(squared**2)) / variance**2 - 3.0


def departs_from_normality(values: ArrayLike, *, by_moments: bool = False) -> bool:
    """Return whether numbers are taken as not normal.

    Parameters
    ----------
    values : array of float, shape (n_patients,)
        One group.
    by_moments : bool
        Judge by skewness and kurtosis, as is always done above 5,000 values.

    Returns
    -------
    bool
        Shapiro-Wilk at 0.05, or |skewness| > 0.5 or |excess kurtosis| > 1. True for fewer than
        three or constant values: what cannot be judged is not assumed.

    Raises
    ------
    CohortError
        If there is no value or one is missing.

    Examples
    --------
    >>> departs_from_normality([1, 2, 3, 4, 5]), departs_from_normality([1, 1, 1, 1, 50])
    (False, True)
    """
    vector = finite_vector(values, "values")
    low, high = SHAPIRO_WILK_SIZES
    if vector.size < low or vector.min() == vector.max():
        return True
    if vector.size <= high and not by_moments:
        return shapiro_wilk_test(vector).p < SIGNIFICANCE
    skewness, kurtosis = skewness_and_kurtosis(vector)
    return abs(skewness) > MAX_SKEWNESS or abs(kurtosis) > MAX_EXCESS_KURTOSIS
