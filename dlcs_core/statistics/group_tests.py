"""Tests between groups of patients."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import (
    BoolArray,
    FloatArray,
    chi_square_p,
    followed_up,
    same_size,
)


@dataclass(frozen=True)
class LogRankTest:
    """Comparison of the survival of groups.

    Attributes
    ----------
    groups : tuple of str
        Names, sorted.
    n, observed : tuple of int
        Patients and deaths per group.
    expected : tuple of float
        Deaths per group if survival were the same in all.
    statistic : float
        Chi-square.
    df : int
        Groups at risk at any death, minus 1.
    p : float
        Upper tail probability.
    """

    groups: tuple[str, ...]
    n: tuple[int, ...]
    observed: tuple[int, ...]
    expected: tuple[float, ...]
    statistic: float
    df: int
    p: float


def log_rank_test(
    time_months: ArrayLike, event_observed: ArrayLike, group: ArrayLike
) -> LogRankTest:
    """Log-rank test of any number of groups, as R's ``survdiff``.

    Parameters
    ----------
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    group : array, shape (n_patients,)
        Group of each patient, compared as text.

    Returns
    -------
    LogRankTest
        Tied deaths are weighed by the hypergeometric variance.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing, sizes differ, or fewer than two
        groups were at risk when somebody died.

    References
    ----------
    .. [1] Mantel N. Evaluation of survival data and two new rank order statistics arising in its
       consideration. Cancer Chemother Rep 1966;50:163-170.

    Examples
    --------
    >>> test = log_rank_test([1, 2, 3, 4], [1, 1, 1, 1], ["a", "b", "a", "b"])
    >>> round(test.statistic, 4), test.df
    (0.6154, 1)
    """
    time, event = followed_up(time_months, event_observed)
    labels = np.asarray(group).astype(np.str_)
    same_size(time, labels)
    names, index = np.unique(labels, return_inverse=True)
    observed = np.bincount(index[event], minlength=names.size)
    expected, covariance = _expected(time, event, index, names.size)
    compared = np.flatnonzero(expected > 0.0)[1:]
    if not compared.size:
        raise CohortError("statistic_too_few_groups", groups=int(compared.size) + 1)
    difference = (observed - expected)[compared]
    solved = np.linalg.lstsq(covariance[np.ix_(compared, compared)], difference)[0]
    statistic = float(difference @ solved)
    return LogRankTest(
        groups=tuple(str(name) for name in names),
        n=tuple(int(k) for k in np.bincount(index)),
        observed=tuple(int(k) for k in observed),
        expected=tuple(float(e) for e in expected),
        statistic=statistic,
        df=int(compared.size),
        p=chi_square_p(statistic, int(compared.size)),
    )


def _expected(
    time: FloatArray, event: BoolArray, index: NDArray[np.intp], n_groups: int
) -> tuple[FloatArray, FloatArray]:
    """Count expected deaths per group; covariance of observed minus expected."""
    times, deaths = np.unique(time[event], return_counts=True)
    at_risk = np.column_stack([_at_risk(time[index == g], times) for g in range(n_groups)])
    total = at_risk.sum(axis=1)
    expected = (deaths / total) @ at_risk
    # A single patient at risk has no variance; max() only avoids dividing 0 by 0 there.
    weight = deaths * (total - deaths) / np.maximum(total - 1.0, 1.0) / total**2
    covariance = np.diag((weight * total) @ at_risk) - (at_risk * weight[:, None]).T @ at_risk
    return np.asarray(expected), np.asarray(covariance)


def _at_risk(time: FloatArray, at: FloatArray) -> FloatArray:
    """Count patients still under observation just before each time."""
    return (time.size - np.searchsorted(np.sort(time), at, side="left")).astype(np.float64)
