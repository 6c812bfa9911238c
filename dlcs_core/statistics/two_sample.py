"""Tests of means: Student and Welch for two groups, analysis of variance for any number.

:func:`compare_groups` chooses between these and the rank tests as the paper's Table 1 does.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import FloatArray, finite_vector
from dlcs_core.statistics.comparison import Comparison
from dlcs_core.statistics.normality import SHAPIRO_WILK_SIZES, departs_from_normality
from dlcs_core.statistics.rank_tests import (
    kruskal_wallis_test,
    mann_whitney_test,
    several_groups,
)

Choice = Literal["auto", "student", "welch", "mann-whitney"]

CHOICES: tuple[Choice, ...] = ("auto", "student", "welch", "mann-whitney")
"""Ways to choose the test of a continuous variable."""

_Moments = tuple[float, float, float]


def student_t_test(a: ArrayLike, b: ArrayLike) -> Comparison:
    r"""Student's t test of two means with equal variances, two-sided.

    .. math:: t = (\bar a - \bar b) / \sqrt{s^2 (1/n_a + 1/n_b)}

    Parameters
    ----------
    a, b : array of float, shape (n_a,) and (n_b,)
        One number per patient of each group.

    Returns
    -------
    Comparison
        R's ``t.test(var.equal = TRUE)``.

    Raises
    ------
    CohortError
        If a value is missing, there are fewer than three values in all, or none differs within
        its group.

    Examples
    --------
    >>> found = student_t_test([1, 2, 3], [3, 4, 5])
    >>> round(found.statistic, 6), found.df, round(found.p, 6)
    (-2.44949, 4, 0.070484)
    """
    return student_t_of_summaries(_moments(a), _moments(b))


def student_t_of_summaries(a: _Moments, b: _Moments) -> Comparison:
    """Student's t test from (n, mean, sd) of each group, as a printed table gives them.

    Raises
    ------
    CohortError
        If there are fewer than three values in all or both SDs are 0.
    """
    (n_a, mean_a, sd_a), (n_b, mean_b, sd_b) = a, b
    df = n_a + n_b - 2
    if df < 1:
        raise CohortError("statistic_too_few_patients", n=int(n_a + n_b), needed=3)
    pooled = ((n_a - 1) * sd_a**2 + (n_b - 1) * sd_b**2) / df
    return _t_test("student_t", mean_a - mean_b, pooled * (1.0 / n_a + 1.0 / n_b), df)


def welch_t_test(a: ArrayLike, b: ArrayLike) -> Comparison:
    """Welch's t test of two means with unequal variances, two-sided.

    Parameters
    ----------
    a, b : array of float, shape (n_a,) and (n_b,)
        One number per patient of each group; at least two in each.

    Returns
    -------
    Comparison
        R's ``t.test``, degrees of freedom by Welch and Satterthwaite.

    Raises
    ------
    CohortError
        If a value is missing, a group has fewer than two values, or none differs within its
        group.

    Examples
    --------
    >>> round(welch_t_test([1, 2, 3], [2, 4, 6, 8]).df, 6)
    4.075472
    """
    (n_a, mean_a, sd_a), (n_b, mean_b, sd_b) = _moments(a), _moments(b)
    if min(n_a, n_b) < 2:
        raise CohortError("statistic_too_few_patients", n=int(min(n_a, n_b)), needed=2)
    part_a, part_b = sd_a**2 / n_a, sd_b**2 / n_b
    total = part_a + part_b
    scale = part_a**2 / (n_a - 1) + part_b**2 / (n_b - 1)
    df = total**2 / scale if scale > 0.0 else n_a + n_b - 2
    return _t_test("welch_t", mean_a - mean_b, total, df)


def anova_test(groups: Sequence[ArrayLike]) -> Comparison:
    """One-way analysis of variance with equal variances, as R's ``anova(lm(x ~ group))``.

    Parameters
    ----------
    groups : sequence of array of float
        One array per group, at least two.

    Returns
    -------
    Comparison
        F with its two degrees of freedom.

    Raises
    ------
    CohortError
        If there are fewer than two groups, one is empty, a value is missing, there are no more
        values than groups, or none differs within its group.

    Examples
    --------
    >>> found = anova_test([[1, 2, 3], [2, 3, 4], [6, 7, 8]])
    >>> round(found.statistic, 6), found.df, found.df_denominator
    (21.0, 2, 6)
    """
    values = several_groups(groups)
    n, between_df = sum(v.size for v in values), len(values) - 1
    within_df = n - len(values)
    if within_df < 1:
        raise CohortError("statistic_too_few_patients", n=n, needed=len(values) + 1)
    grand = sum(float(v.sum()) for v in values) / n
    between = sum(v.size * (float(v.mean()) - grand) ** 2 for v in values) / between_df
    within = sum(float(((v - v.mean()) ** 2).sum()) for v in values) / within_df
    _refuse_no_spread(within, grand)
    return _f_test("anova", between / within, between_df, within_df)


def welch_anova_test(groups: Sequence[ArrayLike]) -> Comparison:
    """One-way analysis of variance with unequal variances, as R's ``oneway.test``.

    Parameters
    ----------
    groups : sequence of array of float
        One array per group, at least two with at least two values each.

    Returns
    -------
    Comparison
        F with its two degrees of freedom, the second one a fraction.

    Raises
    ------
    CohortError
        If there are fewer than two groups, one has fewer than two values or no spread, or a value
        is missing.

    References
    ----------
    .. [1] Welch BL. On the comparison of several mean values: an alternative approach. Biometrika
       1951;38:330-336.
    """
    n, mean, sd = (np.array(column) for column in zip(*map(_moments, groups), strict=True))
    k = len(several_groups(groups))
    if n.min() < 2:
        raise CohortError("statistic_too_few_patients", n=int(n.min()), needed=2)
    _refuse_no_spread(float(sd.min()) ** 2, float(mean.max()))
    weight = n / sd**2
    center = float((weight * mean).sum() / weight.sum())
    lack = float(((1.0 - weight / weight.sum()) ** 2 / (n - 1)).sum()) / (k**2 - 1)
    between = float((weight * (mean - center) ** 2).sum()) / (k - 1)
    return _f_test("welch_anova", between / (1 + 2 * (k - 2) * lack), k - 1, 1 / (3 * lack))


def is_summarized_by_mean(groups: Sequence[FloatArray], choice: Choice = "auto") -> bool:
    """Return whether means describe the groups: none departs from normality, or as chosen.

    Above 5,000 values in all, Shapiro and Wilk's test finds departures that do not matter, and
    every group is judged by skewness and kurtosis.
    """
    if choice != "auto":
        return choice != "mann-whitney"
    many = sum(group.size for group in groups) > SHAPIRO_WILK_SIZES[1]
    return not any(departs_from_normality(group, by_moments=many) for group in groups)


def compare_groups(groups: Sequence[ArrayLike], choice: Choice = "auto") -> Comparison:
    """Compare a continuous variable between two or more groups.

    Parameters
    ----------
    groups : sequence of array of float
        One array per group, at least two.
    choice : {"auto", "student", "welch", "mann-whitney"}
        ``auto``: means where no group departs from normality, ranks otherwise. More than two
        groups get the analysis of variance or Kruskal and Wallis' test in their place.

    Returns
    -------
    Comparison
        Names the test that was taken.

    Raises
    ------
    CohortError
        If there are fewer than two groups, one is empty, a value is missing, or the test taken is
        impossible on these values.

    Examples
    --------
    >>> compare_groups([[1, 2, 3, 4], [2, 3, 4, 5]]).test
    'student_t'
    """
    values = several_groups(groups)
    by_mean = is_summarized_by_mean(values, choice)
    if len(values) > 2:
        several = welch_anova_test if choice == "welch" else anova_test
        return several(values) if by_mean else kruskal_wallis_test(values)
    first, second = values
    two = welch_t_test if choice == "welch" else student_t_test
    return two(first, second) if by_mean else mann_whitney_test(first, second)


def _moments(values: ArrayLike) -> _Moments:
    """Return n, mean and SD; the SD of a single value is taken as 0."""
    vector = finite_vector(values, "group")
    return vector.size, float(vector.mean()), float(vector.std(ddof=1)) if vector.size > 1 else 0.0


def _t_test(test: str, difference: float, variance: float, df: float) -> Comparison:
    """Two-sided P of a difference with its variance."""
    from scipy.special import stdtr

    _refuse_no_spread(variance, difference)
    statistic = difference / math.sqrt(variance)
    return Comparison(test, 2.0 * float(stdtr(df, -abs(statistic))), statistic, df)


def _f_test(test: str, statistic: float, df: float, df_denominator: float) -> Comparison:
    from scipy.special import fdtrc

    p = float(fdtrc(df, df_denominator, statistic))
    return Comparison(test, p, statistic, df, df_denominator)


def _refuse_no_spread(variance: float, level: float) -> None:
    """Refuse a variance that is 0, or nothing but the rounding of equal numbers."""
    if math.sqrt(max(variance, 0.0)) <= 10.0 * np.finfo(np.float64).eps * abs(level):
        raise CohortError("statistic_without_spread")
