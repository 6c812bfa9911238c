"""Area under the ROC curve with DeLong's variance, and tests between two areas."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import NORMAL_QUANTILE_975, FloatArray, normal_p, same_size
from dlcs_core.statistics.ranking import RankedScore, rank


@dataclass(frozen=True)
class AucEstimate:
    """An area under the ROC curve.

    Attributes
    ----------
    auc : float
        Chance that a random good responder scores above a random other patient, ties counted
        half; in [0, 1].
    se : float or None
        DeLong's standard error; None where a class has one patient only.
    ci95 : tuple of float or None
        Normal interval ``auc -/+ 1.96 se`` cut to [0, 1].
    n_positive, n_negative : int
        Patients with and without the outcome.
    """

    auc: float
    se: float | None
    ci95: tuple[float, float] | None
    n_positive: int
    n_negative: int


@dataclass(frozen=True)
class DelongTest:
    """Comparison of two areas.

    Attributes
    ----------
    auc_a, auc_b, difference : float
        The areas and ``auc_a - auc_b``.
    se : float
        Standard error of the difference.
    ci95 : tuple of float
        ``difference -/+ 1.96 se``.
    z, p : float or None
        Statistic and two-sided normal P; None where the difference has no variance.
    covariance : float
        Of the two areas; 0 for independent groups.
    """

    auc_a: float
    auc_b: float
    difference: float
    se: float
    ci95: tuple[float, float]
    z: float | None
    p: float | None
    covariance: float


@dataclass(frozen=True)
class UnpairedDelongTest:
    """Comparison of one score's areas in two independent groups.

    Attributes
    ----------
    auc_a, auc_b, difference : float
        The areas and ``auc_a - auc_b``.
    statistic, df, p : float
        Difference over its standard error, Satterthwaite degrees of freedom, two-sided t P, as
        pROC reports.
    p_normal : float
        Normal P of the same statistic.
    """

    auc_a: float
    auc_b: float
    difference: float
    statistic: float
    df: float
    p: float
    p_normal: float


@dataclass(frozen=True, eq=False)
class Placements:
    """Where each patient stands in the other class.

    Attributes
    ----------
    positive : array of float64, shape (n_positive,)
        Share of the other class that each good responder beats, ties counted half.
    negative : array of float64, shape (n_negative,)
        Share of the good responders that beat each other patient, ties counted half.
    auc : float
        Mean of either.
    """

    positive: FloatArray
    negative: FloatArray
    auc: float

    @property
    def variance(self) -> float:
        """DeLong's variance of the area."""
        return _covariance(self, self)


def auc_estimate(good_response: ArrayLike, score: ArrayLike) -> AucEstimate:
    r"""Area under the ROC curve with DeLong's standard error and 95 % interval.

    With the placement values :math:`V_{10}` of the positives among the negatives and
    :math:`V_{01}` the other way round,

    .. math:: \widehat{var} = \frac{var(V_{10})}{m} + \frac{var(V_{01})}{n}

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    score : array of float, shape (n_patients,)
        Higher means good response is likelier; any scale. Never flipped: an area below 0.5
        stays below.

    Returns
    -------
    AucEstimate
        In O(n log n) by sorting, so that a million rows take about a second.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a value is missing, or one class is absent.

    References
    ----------
    .. [1] DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more
       correlated receiver operating characteristic curves. Biometrics 1988;44:837-845.
    .. [2] Sun X, Xu W. Fast implementation of DeLong's algorithm. IEEE Signal Process Lett
       2014;21:1389-1393.

    Examples
    --------
    >>> auc_estimate([True, True, False, False], [0.9, 0.4, 0.4, 0.1]).auc
    0.875
    """
    return auc_of(rank(good_response, score))


def auc_of(ranked: RankedScore) -> AucEstimate:
    """Area and interval of patients that are sorted already; see :func:`auc_estimate`."""
    beaten, beaten_by = _placement_values(ranked)
    n_positive, n_negative = ranked.n_positive, ranked.n_negative
    auc = float(ranked.positives @ beaten) / n_positive
    if min(n_positive, n_negative) < 2:
        return AucEstimate(auc, None, None, n_positive, n_negative)
    variance = float(ranked.positives @ (beaten - auc) ** 2) / (n_positive - 1) / n_positive
    variance += float(ranked.negatives @ (beaten_by - auc) ** 2) / (n_negative - 1) / n_negative
    se = math.sqrt(variance)
    half = NORMAL_QUANTILE_975 * se
    ci95 = (max(0.0, auc - half), min(1.0, auc + half))
    return AucEstimate(auc, se, ci95, n_positive, n_negative)


def delong_test(good_response: ArrayLike, score_a: ArrayLike, score_b: ArrayLike) -> DelongTest:
    """Compare the areas of two scores on the same patients (paired DeLong test).

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    score_a, score_b : array of float, shape (n_patients,)
        The two scores; rows in which either is missing must be left out first.

    Returns
    -------
    DelongTest
        ``z`` and ``p`` are 0 and 1 where both scores rank the patients alike.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a value is missing, or a class has fewer than two
        patients.

    Examples
    --------
    >>> test = delong_test([1, 1, 0, 0], [4, 2, 3, 1], [4, 1, 3, 2])
    >>> test.auc_a, test.auc_b, test.difference
    (0.75, 0.5, 0.25)
    """
    a, b = rank(good_response, score_a), rank(good_response, score_b)
    same_size(a.outcome, b.outcome)
    return delong_test_of(placements(a), placements(b))


def delong_test_of(a: Placements, b: Placements) -> DelongTest:
    """Compare areas whose placements are known already; see :func:`delong_test`."""
    _two_of_each(a)
    covariance = _covariance(a, b)
    difference = a.auc - b.auc
    se = math.sqrt(max(a.variance + b.variance - 2.0 * covariance, 0.0))
    z, p = _z_and_p(difference, se)
    half = NORMAL_QUANTILE_975 * se
    ci95 = (difference - half, difference + half)
    return DelongTest(a.auc, b.auc, difference, se, ci95, z, p, covariance)


def delong_test_unpaired(
    good_response_a: ArrayLike,
    score_a: ArrayLike,
    good_response_b: ArrayLike,
    score_b: ArrayLike,
) -> UnpairedDelongTest:
    """Compare the areas in two independent groups, e.g. women and men.

    Parameters
    ----------
    good_response_a, good_response_b : array of bool or 0/1
        Outcome in each group.
    score_a, score_b : array of float
        Score in each group.

    Returns
    -------
    UnpairedDelongTest
        t reference with Satterthwaite degrees of freedom as in pROC; ``p_normal`` beside it.

    Raises
    ------
    CohortError
        If a group is empty, sizes differ, a value is missing, a class has fewer than two
        patients, or neither area has any variance.
    """
    from scipy.special import stdtr

    a = placements(rank(good_response_a, score_a))
    b = placements(rank(good_response_b, score_b))
    _two_of_each(a)
    _two_of_each(b)
    n_a, n_b = (found.positive.size + found.negative.size for found in (a, b))
    variance = a.variance + b.variance
    if variance == 0.0:
        raise CohortError("statistic_without_variance")
    statistic = (a.auc - b.auc) / math.sqrt(variance)
    df = variance**2 / (a.variance**2 / (n_a - 1) + b.variance**2 / (n_b - 1))
    p = float(2.0 * stdtr(df, -abs(statistic)))
    return UnpairedDelongTest(a.auc, b.auc, a.auc - b.auc, statistic, df, p, normal_p(statistic))


def placements(ranked: RankedScore) -> Placements:
    """Return the placement value of each patient, in the order of the rows within each class."""
    beaten, beaten_by = _placement_values(ranked)
    outcome = np.empty(ranked.n, dtype=np.bool_)
    outcome[ranked.order] = ranked.outcome
    value = np.empty(ranked.n)
    value[ranked.order] = np.where(
        ranked.outcome, np.repeat(beaten, ranked.count), np.repeat(beaten_by, ranked.count)
    )
    auc = float(ranked.positives @ beaten) / ranked.n_positive
    return Placements(value[outcome], value[~outcome], auc)


def _placement_values(ranked: RankedScore) -> tuple[FloatArray, FloatArray]:
    """Share beaten by a positive, and share of positives that beat a negative, per score."""
    positives, negatives = ranked.positives, ranked.negatives
    beaten = (np.cumsum(negatives) - 0.5 * negatives) / ranked.n_negative
    beaten_by = 1.0 - (np.cumsum(positives) - 0.5 * positives) / ranked.n_positive
    return beaten, beaten_by


def _covariance(a: Placements, b: Placements) -> float:
    """DeLong covariance of two areas on the same patients."""
    total = 0.0
    for first, second in ((a.positive, b.positive), (a.negative, b.negative)):
        products = (first - a.auc) @ (second - b.auc)
        total += float(products) / (first.size - 1) / first.size
    return total


def _two_of_each(found: Placements) -> None:
    """Refuse a class of one patient, whose placements have no variance."""
    smaller = min(found.positive.size, found.negative.size)
    if smaller < 2:
        raise CohortError("statistic_class_too_small", count=smaller)


def _z_and_p(difference: float, se: float) -> tuple[float | None, float | None]:
    """Wald statistic and P of a difference; none where it has no variance."""
    if se > 1e-12:
        return difference / se, normal_p(difference / se)
    return (0.0, 1.0) if abs(difference) < 1e-12 else (None, None)
