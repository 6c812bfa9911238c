"""Whether predicted probabilities mean what they say: intercept, slope, groups of patients.

The smooth curve is in :mod:`dlcs_core.statistics.calibration_curve`. A non-significant
Hosmer-Lemeshow test is no evidence of calibration: read intercept, slope and curve first.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import (
    NORMAL_QUANTILE_975,
    BoolArray,
    FloatArray,
    chi_square_p,
    outcome_and_risk,
)
from dlcs_core.statistics.classification import wilson_interval
from dlcs_core.statistics.logistic_regression import LogisticFit, fit_logistic
from dlcs_core.statistics.ranking import RankedScore, check_unit_interval, rank_risk


@dataclass(frozen=True)
class CalibrationEstimate:
    """Intercept or slope of a calibration model.

    Attributes
    ----------
    estimate, se : float
        Estimate and standard error.
    ci95 : tuple of float
        ``estimate -/+ 1.96 se``.
    """

    estimate: float
    se: float
    ci95: tuple[float, float]


@dataclass(frozen=True, eq=False)
class HosmerLemeshow:
    """Grouped goodness of fit.

    Attributes
    ----------
    statistic : float or None
        Chi-square; None where a group expects no event, or only events, and has others.
    df : int
        Groups - 2 on development data, groups on outside data.
    p : float or None
        Upper tail probability; None without statistic or degrees of freedom.
    n, observed, expected : array of float64, shape (n_groups,)
        Patients, good responders and sum of risks per group, in order of risk.
    """

    statistic: float | None
    df: int
    p: float | None
    n: FloatArray
    observed: FloatArray
    expected: FloatArray


@dataclass(frozen=True, eq=False)
class GroupedCalibration:
    """Observed against predicted in groups of equal size.

    Attributes
    ----------
    n : array of float64, shape (n_groups,)
        Patients.
    predicted, observed : array of float64, shape (n_groups,)
        Mean risk and share of good responders, in [0, 1].
    ci95_low, ci95_high : array of float64, shape (n_groups,)
        Wilson interval of the observed share.
    """

    n: FloatArray
    predicted: FloatArray
    observed: FloatArray
    ci95_low: FloatArray
    ci95_high: FloatArray


def calibration_in_the_large(good_response: ArrayLike, risk: ArrayLike) -> CalibrationEstimate:
    """Calibration intercept with the slope fixed at 1.

    Above 0: good response is more frequent than predicted; below 0: rarer.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    risk : array of float, shape (n_patients,)
        Predicted probability of good response, in (0, 1).

    Returns
    -------
    CalibrationEstimate
        Intercept of ``glm(y ~ offset(logit(risk)))``, in log odds; 0 is perfect.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a risk is missing or not inside (0, 1), or one
        class is absent.
    """
    outcome, logit = log_odds_of(good_response, risk)
    return _estimate(fit_logistic(np.empty((logit.size, 0)), outcome, (), offset=logit), 0)


def calibration_slope(good_response: ArrayLike, risk: ArrayLike) -> CalibrationEstimate:
    """Slope of the outcome on the log odds of the risk.

    Below 1: predictions are too extreme (overfitted); above 1: too moderate.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    risk : array of float, shape (n_patients,)
        Predicted probability of good response, in (0, 1).

    Returns
    -------
    CalibrationEstimate
        Slope of ``glm(y ~ logit(risk))``; 1 is perfect.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a risk is missing or not inside (0, 1), or one
        class is absent.
    ModelError
        If the risk is constant or separates the classes.
    """
    outcome, logit = log_odds_of(good_response, risk)
    return _estimate(fit_logistic(logit[:, None], outcome, ("logit_risk",)), 1)


def hosmer_lemeshow(
    good_response: ArrayLike,
    risk: ArrayLike,
    *,
    groups: int = 10,
    external: bool = False,
    by_rank: bool = False,
) -> HosmerLemeshow:
    """Hosmer-Lemeshow test on groups of the risk.

    Groups are cut at type-7 quantiles, closed on the right; equal quantiles give fewer groups.
    By rank, patients are counted off instead, so that equal risks may part.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    risk : array of float, shape (n_patients,)
        Predicted probability of good response, in [0, 1].
    groups : int
        Number of groups asked for, at least 2.
    external : bool
        True where the model was fitted on other patients: one degree of freedom per group.
    by_rank : bool
        Groups of equal size, ties in order of the rows.

    Returns
    -------
    HosmerLemeshow
        As R's ``ResourceSelection::hoslem.test`` for development data.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a risk is missing or outside [0, 1], one class is
        absent, or fewer than two groups are asked for.

    References
    ----------
    .. [1] Hosmer DW, Lemeshow S. Goodness of fit tests for the multiple logistic regression
       model. Commun Stat Theory Methods 1980;9:1043-1069.
    """
    if by_rank:
        return _goodness_of_fit(*_counted_off(good_response, risk, groups), external)
    return hosmer_lemeshow_of(rank_risk(good_response, risk), groups=groups, external=external)


def hosmer_lemeshow_of(
    ranked: RankedScore, *, groups: int = 10, external: bool = False
) -> HosmerLemeshow:
    """Test of patients that are sorted already; see :func:`hosmer_lemeshow`."""
    n, observed, expected = _grouped(ranked, groups)
    return _goodness_of_fit(n, observed, expected, external)


def _counted_off(
    good_response: ArrayLike, risk: ArrayLike, groups: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Patients, events and summed risks per group of equal size."""
    outcome, values = outcome_and_risk(good_response, risk)
    if groups < 2:
        raise CohortError("statistic_too_few_groups", groups=groups)
    place = np.arange(1.0, outcome.size + 1.0)
    edges = np.unique(np.quantile(place, np.linspace(0.0, 1.0, groups + 1)))
    order = np.argsort(values, kind="stable")
    start = np.r_[0, np.searchsorted(place, edges[1:-1], side="right")]
    return _group_sums(values[order], outcome[order], np.unique(start))


def _goodness_of_fit(
    n: FloatArray, observed: FloatArray, expected: FloatArray, external: bool
) -> HosmerLemeshow:
    """Chi-square of counted groups."""
    df = int(n.size if external else n.size - 2)
    gap = (observed - expected) ** 2
    rest = expected * (1.0 - expected / n)
    with np.errstate(divide="ignore", over="ignore"):
        parts = gap / np.where(gap > 0.0, rest, 1.0)
    statistic = float(parts.sum())
    if not np.isfinite(statistic):
        return HosmerLemeshow(None, df, None, n, observed, expected)
    p = chi_square_p(statistic, df) if df > 0 else None
    return HosmerLemeshow(statistic, df, p, n, observed, expected)


def grouped_calibration(
    good_response: ArrayLike, risk: ArrayLike, *, groups: int = 10
) -> GroupedCalibration:
    """Observed share against mean risk, in the groups of :func:`hosmer_lemeshow`.

    Parameters
    ----------
    good_response, risk, groups
        As in :func:`hosmer_lemeshow`.

    Returns
    -------
    GroupedCalibration
        One entry per group, in order of risk.

    Raises
    ------
    CohortError
        As :func:`hosmer_lemeshow`.

    Examples
    --------
    >>> curve = grouped_calibration([0, 1, 0, 1], [0.1, 0.3, 0.6, 0.8], groups=2)
    >>> curve.predicted.tolist(), curve.observed.tolist()
    ([0.2, 0.7], [0.5, 0.5])
    """
    return grouped_calibration_of(rank_risk(good_response, risk), groups=groups)


def grouped_calibration_of(ranked: RankedScore, *, groups: int = 10) -> GroupedCalibration:
    """Return the groups of patients that are sorted already; see :func:`grouped_calibration`."""
    n, observed, expected = _grouped(ranked, groups)
    low, high = wilson_interval(observed, n)
    return GroupedCalibration(n, expected / n, observed / n, low, high)


def _grouped(ranked: RankedScore, groups: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Patients, events and summed risks per quantile group."""
    if groups < 2:
        raise CohortError("statistic_too_few_groups", groups=groups)
    check_unit_interval(ranked)
    edges = np.unique(np.quantile(ranked.score, np.linspace(0.0, 1.0, groups + 1)))
    cuts = np.searchsorted(ranked.score, edges[1:-1], side="right")
    start = np.unique(np.concatenate([[0], cuts]))
    return _group_sums(ranked.score, ranked.outcome, start)


def _group_sums(
    risk: FloatArray, outcome: BoolArray, start: NDArray[np.intp]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Patients, events and summed risks of consecutive sorted patients, from each start on."""
    n = np.diff(start, append=risk.size).astype(np.float64)
    observed = np.add.reduceat(outcome, start, dtype=np.float64)
    expected = np.add.reduceat(risk, start)
    return n, np.asarray(observed), np.asarray(expected)


def log_odds_of(good_response: ArrayLike, risk: ArrayLike) -> tuple[BoolArray, FloatArray]:
    """Return the outcome and the log odds of the risk, which 0 and 1 do not have."""
    outcome, values = outcome_and_risk(good_response, risk)
    certain = int(np.count_nonzero((values == 0.0) | (values == 1.0)))
    if certain:
        raise CohortError("statistic_risk_certain", count=certain, n=values.size)
    return outcome, np.log(values / (1.0 - values))


def _estimate(fit: LogisticFit, index: int) -> CalibrationEstimate:
    """One coefficient with its Wald interval on its own scale."""
    estimate, se = float(fit.coefficients[index]), float(fit.standard_errors[index])
    half = NORMAL_QUANTILE_975 * se
    return CalibrationEstimate(estimate, se, (estimate - half, estimate + half))
