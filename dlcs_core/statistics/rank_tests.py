"""Tests on ranks: Mann-Whitney for two groups, Kruskal-Wallis for any number."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import FloatArray, chi_square_p, finite_vector, normal_p
from dlcs_core.statistics.comparison import Comparison

EXACT_BELOW = 50
"""Group size below which R's ``wilcox.test`` is exact when there are no ties."""

MAX_EXACT_STEPS = 1_000_000_000
"""Additions of the exact distribution at most: about two seconds."""

Method = Literal["auto", "exact", "continuity", "asymptotic"]


def mann_whitney_test(a: ArrayLike, b: ArrayLike, method: Method = "auto") -> Comparison:
    """Mann-Whitney (Wilcoxon rank sum) test of two groups, two-sided, as R's ``wilcox.test``.

    Parameters
    ----------
    a, b : array of float, shape (n_a,) and (n_b,)
        One number per patient of each group.
    method : {"auto", "exact", "continuity", "asymptotic"}
        ``auto`` is R's rule: exact when both groups have fewer than 50 values and none is tied,
        else normal with tied variance and continuity correction. ``exact`` with ties is the
        permutation distribution of the mid-ranks; ``asymptotic`` has no correction.

    Returns
    -------
    Comparison
        ``statistic`` is R's W: pairs in which a is higher, ties as halves.

    Raises
    ------
    CohortError
        If a group is empty, a value is missing, all values are the same, or an exact P is asked
        for that is out of reach.

    References
    ----------
    .. [1] Mann HB, Whitney DR. On a test of whether one of two random variables is stochastically
       larger than the other. Ann Math Stat 1947;18:50-60.

    Examples
    --------
    >>> mann_whitney_test([1, 2, 3], [4, 5, 6])
    Comparison(test='mann_whitney', p=0.1, statistic=0.0, df=None, df_denominator=None)
    """
    first, second = finite_vector(a, "a"), finite_vector(b, "b")
    ranks, tied = _pooled_ranks([first, second])
    w = float(ranks[: first.size].sum()) - first.size * (first.size + 1) / 2.0
    small = max(first.size, second.size) < EXACT_BELOW
    if method == "exact" or (method == "auto" and small and not tied.size):
        p = _permutation_p(ranks, first.size)
    else:
        p = _normal_approximation(w, first.size, second.size, tied, method != "asymptotic")
    return Comparison("mann_whitney", p, w)


def kruskal_wallis_test(groups: Sequence[ArrayLike]) -> Comparison:
    """Kruskal-Wallis test of any number of groups, corrected for ties, as R's ``kruskal.test``.

    Parameters
    ----------
    groups : sequence of array of float
        One array per group, at least two.

    Returns
    -------
    Comparison
        Against chi-square with groups - 1 degrees of freedom.

    Raises
    ------
    CohortError
        If there are fewer than two groups, one is empty, a value is missing, or all values are
        the same.

    Examples
    --------
    >>> round(kruskal_wallis_test([[1, 2], [3, 4], [5, 6]]).statistic, 4)
    4.5714
    """
    values = several_groups(groups)
    ranks, tied = _pooled_ranks(values)
    n = ranks.size
    parts = np.split(ranks, np.cumsum([v.size for v in values])[:-1])
    between = sum(part.size * (float(part.mean()) - (n + 1) / 2.0) ** 2 for part in parts)
    # The tie correction divides by 1 - sum(t^3 - t) / (n^3 - n).
    variance = n * (n + 1) / 12.0 * (1.0 - _tie_term(tied) / (float(n) ** 3 - n))
    statistic = between / variance
    df = len(values) - 1
    return Comparison("kruskal_wallis", chi_square_p(statistic, df), statistic, df)


def several_groups(groups: Sequence[ArrayLike]) -> list[FloatArray]:
    """Return the values of each group; refuse fewer than two groups and empty ones."""
    if len(groups) < 2:
        raise CohortError("statistic_too_few_groups", groups=len(groups))
    return [finite_vector(group, "group") for group in groups]


def _pooled_ranks(groups: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Mid-ranks of all values, group after group; and the sizes of the ties."""
    _, index, count = np.unique(np.concatenate(groups), return_inverse=True, return_counts=True)
    if count.size == 1:
        raise CohortError("statistic_constant", column="values")
    ranks = (np.cumsum(count) - 0.5 * (count - 1))[index]
    return np.asarray(ranks), count[count > 1].astype(np.float64)


def _tie_term(tied: FloatArray) -> float:
    return float((tied**3 - tied).sum())


def _normal_approximation(w: float, n_a: int, n_b: int, tied: FloatArray, corrected: bool) -> float:
    """Two-sided P of W by the normal distribution, half a pair taken off where corrected."""
    n = n_a + n_b
    z = w - n_a * n_b / 2.0
    variance = n_a * n_b / 12.0 * ((n + 1) - _tie_term(tied) / (n * (n - 1.0)))
    correction = math.copysign(0.5, z) if corrected and z else 0.0
    return min(1.0, normal_p((z - correction) / math.sqrt(variance)))


def _permutation_p(ranks: FloatArray, n_a: int) -> float:
    """Two-sided P: share of all choices of n_a patients whose rank sum is as far from its mean."""
    doubled = np.rint(2.0 * ranks).astype(np.int64)
    # Choosing the smaller group says the same and is less work.
    smaller = min(n_a, doubled.size - n_a)
    largest_sum = int(np.sort(doubled)[-smaller:].sum())
    if doubled.size * smaller * largest_sum > MAX_EXACT_STEPS:
        raise CohortError("rank_test_not_exact", n=doubled.size)
    ways = _ways(doubled, smaller, largest_sum)
    mean = smaller * (doubled.size + 1)
    observed = abs(int(doubled[:n_a].sum()) - n_a * (doubled.size + 1))
    far = np.abs(np.arange(ways.size) - mean) >= observed
    return min(1.0, float(ways[far].sum() / ways.sum()))


def _ways(items: NDArray[np.int64], chosen: int, largest_sum: int) -> FloatArray:
    """Count the choices of a number of items by their sum."""
    ways = np.zeros((chosen + 1, largest_sum + 1))
    ways[0, 0] = 1.0
    for item in items:
        ways[1:, item:] += ways[:-1, : ways.shape[1] - item].copy()
    return np.asarray(ways[chosen])
