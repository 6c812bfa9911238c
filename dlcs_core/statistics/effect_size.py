"""How far groups lie apart, whatever the number of patients."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.statistics.checks import FloatArray, finite_vector
from dlcs_core.statistics.contingency import count_table, pearson_chi_square

_RANK_TOLERANCE = 1e-12


def standardized_mean_difference(a: ArrayLike, b: ArrayLike) -> float | None:
    r"""Difference of two means in units of their common spread.

    .. math:: (\bar a - \bar b) / \sqrt{(s_a^2 + s_b^2) / 2}

    Parameters
    ----------
    a, b : array of float, shape (n_a,) and (n_b,)
        One number per patient of each group.

    Returns
    -------
    float or None
        Positive where group a is higher; 0.1 is small. None where a group has fewer than two
        patients or nobody differs within the groups.

    Raises
    ------
    CohortError
        If a group is empty or a value is missing.

    References
    ----------
    .. [1] Austin PC. Balance diagnostics for comparing the distribution of baseline covariates
       between treatment groups in propensity-score matched samples. Stat Med 2009;28:3083-3107.

    Examples
    --------
    >>> standardized_mean_difference([1, 2, 3], [3, 4, 5])
    -2.0
    """
    first, second = finite_vector(a, "a"), finite_vector(b, "b")
    if min(first.size, second.size) < 2:
        return None
    spread = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2.0)
    return float((first.mean() - second.mean()) / spread) if spread > 0.0 else None


def proportion_difference(counts: ArrayLike) -> float | None:
    r"""Standardised difference of a factor between two groups, by Yang and Dalton.

    With the shares :math:`p_a, p_b` of all levels but the first, and the mean of the two
    multinomial covariances :math:`S`,

    .. math:: \sqrt{(p_a - p_b)^T S^{-1} (p_a - p_b)}

    Parameters
    ----------
    counts : array of int, shape (n_levels, 2)
        Patients per level and group; levels in which nobody is are left out.

    Returns
    -------
    float or None
        Not negative. None where the groups share no level, so that it would be infinite.

    Raises
    ------
    CohortError
        If fewer than two levels or groups remain.

    References
    ----------
    .. [1] Yang D, Dalton JE. A unified approach to measuring the effect size between two groups
       using SAS. SAS Global Forum 2012, paper 335.

    Examples
    --------
    >>> round(proportion_difference([[8, 2], [2, 8]]), 9)
    1.5
    """
    table = count_table(counts)
    shares = (table / table.sum(axis=0))[1:].T
    difference = shares[0] - shares[1]
    covariance = np.mean([np.diag(p) - np.outer(p, p) for p in shares], axis=0)
    values, vectors = np.linalg.eigh(covariance)
    along = vectors.T @ difference
    flat = values <= _RANK_TOLERANCE
    if np.any(np.abs(along[flat]) > np.sqrt(_RANK_TOLERANCE)):
        return None
    return float(np.sqrt((along[~flat] ** 2 / values[~flat]).sum()))


def mean_of_pairs(groups: int, difference: Callable[[int, int], float | None]) -> float | None:
    """Return the difference of two groups, or the mean absolute one over all pairs of more.

    Parameters
    ----------
    groups : int
        Number of groups.
    difference : callable
        Standardised difference of two groups by their position; None where there is none.

    Returns
    -------
    float or None
        Signed for two groups; None with fewer, or where a pair has none.
    """
    found = [difference(i, j) for i, j in combinations(range(groups), 2)]
    known = [value for value in found if value is not None]
    if not known or len(known) < len(found):
        return None
    return known[0] if len(known) == 1 else float(np.mean(np.abs(known)))


def cramers_v(counts: ArrayLike) -> float:
    r"""Cramér's V, :math:`\sqrt{X^2 / (n (\min(r, c) - 1))}`, from Pearson's chi-square.

    Parameters
    ----------
    counts : array of int, shape (n_levels, n_groups)
        Patients per level and group.

    Returns
    -------
    float
        0 (independent) to 1.

    Raises
    ------
    CohortError
        If the table holds no counts or fewer than two levels or groups.

    Examples
    --------
    >>> round(cramers_v([[8, 2], [2, 8]]), 9)
    0.6
    """
    table: FloatArray = count_table(counts)
    statistic = pearson_chi_square(table).statistic or 0.0
    return float(np.sqrt(statistic / (table.sum() * (min(table.shape) - 1))))
