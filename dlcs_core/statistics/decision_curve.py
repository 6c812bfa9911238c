"""Decision curve: what acting on a predicted probability gains, at each threshold."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import FloatArray, finite_vector
from dlcs_core.statistics.ranking import RankedScore, check_unit_interval, rank_risk

THRESHOLD_DECIMALS = 10
"""Thresholds of a range are rounded to this, so that 0.3 is the 0.3 of the predictions."""


MOST_THRESHOLDS = 10_000
"""Steps of 0.0001: finer than any probability is known."""


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """Net benefit over threshold probabilities.

    Attributes
    ----------
    threshold : array of float64, shape (n_thresholds,)
        Threshold probabilities in [0, 1).
    net_benefit : array of float64, shape (n_thresholds,)
        Of acting on the predicted probability; true positives per patient.
    treat_all : array of float64, shape (n_thresholds,)
        Of acting on everybody; acting on nobody has net benefit 0.
    net_interventions_avoided : array of float64, shape (n_thresholds,)
        Per patient, compared with acting on everybody; NaN at threshold 0.
    prevalence : float
        Share of good responders.
    """

    threshold: FloatArray
    net_benefit: FloatArray
    treat_all: FloatArray
    net_interventions_avoided: FloatArray
    prevalence: float


def net_benefit(good_response: ArrayLike, risk: ArrayLike, thresholds: ArrayLike) -> FloatArray:
    r"""Net benefit of acting on a risk, at each threshold probability.

    A patient counts as positive when ``risk >= threshold``. With :math:`n` patients,

    .. math:: \frac{TP}{n} - \frac{FP}{n} \cdot \frac{t}{1 - t}

    so the unit is true positives per patient: 0.10 is the same gain as 10 more correctly flagged
    patients in 100 with no one flagged in vain.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    risk : array of float, shape (n_patients,)
        Predicted probability of good response, in [0, 1]. A linear predictor is not accepted:
        thresholds have no meaning on it.
    thresholds : array of float, shape (n_thresholds,)
        Threshold probabilities, each in [0, 1). The order is kept.

    Returns
    -------
    array of float64, shape (n_thresholds,)
        Net benefit. Never above the prevalence; unbounded below.

    Raises
    ------
    CohortError
        If the cohort is empty, has one class, sizes differ, a risk is missing or outside [0, 1],
        or a threshold is outside [0, 1).

    See Also
    --------
    dlcs_core.figures.decision_curve : draws what this module computes.

    Notes
    -----
    "Treat all" is this function with a risk of 1 for everyone. Nothing is smoothed. R's
    ``dcurves`` nudges risks of exactly 0 and 1, so at threshold 0 it differs from ``>=``.

    References
    ----------
    .. [1] Vickers AJ, Elkin EB. Decision curve analysis: a novel method for evaluating
       prediction models. Med Decis Making 2006;26:565-574.

    Examples
    --------
    One of two responders is found and one patient flagged in vain at 0.5:

    >>> net_benefit([True, True, False, False], [0.9, 0.2, 0.6, 0.1], [0.0, 0.5])
    array([0.5, 0. ])
    """
    return _net_benefit(rank_risk(good_response, risk), checked_thresholds(thresholds))


def _net_benefit(ranked: RankedScore, t: FloatArray) -> FloatArray:
    """Net benefit of sorted patients at checked thresholds."""
    below = np.searchsorted(ranked.score, t, side="left")
    missed = np.concatenate([[0], np.cumsum(ranked.outcome, dtype=np.int64)])[below]
    tp = ranked.n_positive - missed
    fp = ranked.n - below - tp
    return np.asarray((tp - fp * t / (1.0 - t)) / ranked.n)


def decision_curve(
    good_response: ArrayLike, risk: ArrayLike, thresholds: ArrayLike
) -> DecisionCurve:
    """Net benefit, its reference lines and the interventions avoided.

    Parameters
    ----------
    good_response, risk, thresholds
        As in :func:`net_benefit`.

    Returns
    -------
    DecisionCurve
        With both references of [1]_: acting on everybody and, at 0, on nobody.

    Raises
    ------
    CohortError
        As :func:`net_benefit`.

    References
    ----------
    .. [1] Vickers AJ, van Calster B, Steyerberg EW. A simple, step-by-step guide to interpreting
       decision curve analysis. Diagn Progn Res 2019;3:18.

    Examples
    --------
    >>> curve = decision_curve([True, True, False, False], [0.9, 0.6, 0.2, 0.1], [0.5])
    >>> curve.net_benefit.tolist(), curve.treat_all.tolist()
    ([0.5], [0.0])
    >>> curve.net_interventions_avoided.tolist()
    [0.5]
    """
    return decision_curve_of(rank_risk(good_response, risk), thresholds)


def decision_curve_of(ranked: RankedScore, thresholds: ArrayLike) -> DecisionCurve:
    """Decision curve of patients that are sorted already; see :func:`decision_curve`."""
    check_unit_interval(ranked)
    t = checked_thresholds(thresholds)
    benefit = _net_benefit(ranked, t)
    prevalence = ranked.n_positive / ranked.n
    treat_all = prevalence - (1.0 - prevalence) * t / (1.0 - t)
    odds = np.where(t > 0.0, t / (1.0 - t), np.nan)
    return DecisionCurve(
        threshold=t,
        net_benefit=benefit,
        treat_all=treat_all,
        net_interventions_avoided=(benefit - treat_all) / odds,
        prevalence=prevalence,
    )


def threshold_range(low: float, high: float, step: float) -> FloatArray:
    """Evenly spaced thresholds, both ends included.

    Parameters
    ----------
    low, high : float
        First and last threshold, in [0, 1); the last is taken where a whole number of steps
        reaches it.
    step : float
        Above 0.

    Returns
    -------
    array of float64
        Rounded to 10 decimals.

    Raises
    ------
    CohortError
        If the range is empty, has more than 10,000 thresholds, or an end is outside [0, 1).

    Examples
    --------
    >>> threshold_range(0.1, 0.3, 0.1).tolist()
    [0.1, 0.2, 0.3]
    """
    if not step > 0.0 or not 0.0 <= low <= high < 1.0:
        raise CohortError("statistic_threshold_range", low=low, high=high, step=step)
    count = int(np.floor(min((high - low) / step, MOST_THRESHOLDS) + 1e-9)) + 1
    if count > MOST_THRESHOLDS:
        raise CohortError("statistic_too_many_thresholds", limit=MOST_THRESHOLDS)
    return np.round(low + step * np.arange(count), THRESHOLD_DECIMALS)


def checked_thresholds(thresholds: ArrayLike) -> FloatArray:
    """Return threshold probabilities; refuse one outside [0, 1)."""
    values = finite_vector(thresholds, "thresholds")
    outside = values[(values < 0.0) | (values >= 1.0)]
    if outside.size:
        raise CohortError("statistic_threshold_outside", value=float(outside[0]))
    return values
