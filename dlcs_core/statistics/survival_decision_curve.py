"""Decision curve of a predicted risk of death by a horizon, with censored patients."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import (
    BoolArray,
    FloatArray,
    followed_up,
    probabilities,
    same_size,
)
from dlcs_core.statistics.decision_curve import DecisionCurve, checked_thresholds

IntArray = NDArray[np.signedinteger]


def survival_decision_curve(
    time_months: ArrayLike,
    event_observed: ArrayLike,
    risk: ArrayLike,
    horizon_months: float,
    thresholds: ArrayLike,
) -> DecisionCurve:
    r"""Net benefit of acting on a risk of death by a horizon.

    With the share q of patients whose risk reaches the threshold t, and the Kaplan-Meier risk r
    of death by the horizon among them,

    .. math:: r q - (1 - r) q \frac{t}{1 - t}

    Parameters
    ----------
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    risk : array of float, shape (n_patients,)
        Predicted probability of death by the horizon, in [0, 1].
    horizon_months : float
        Within the follow-up.
    thresholds : array of float, shape (n_thresholds,)
        Threshold probabilities, each in [0, 1). The order is kept.

    Returns
    -------
    DecisionCurve
        ``prevalence`` is the Kaplan-Meier risk of everybody. Net benefit is 0 where nobody
        reaches the threshold and NaN where those who do are not followed to the horizon. As R's
        ``dcurves`` (which has nothing where nobody reaches the threshold).

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, sizes differ, a risk is missing or outside [0, 1], a
        threshold is outside [0, 1), or the horizon is beyond the follow-up.

    References
    ----------
    .. [1] Vickers AJ, Cronin AM, Elkin EB, Gonen M. Extensions to decision curve analysis, a
       novel method for evaluating diagnostic tests, prediction models and molecular markers. BMC
       Med Inform Decis Mak 2008;8:53.

    Examples
    --------
    >>> curve = survival_decision_curve([1, 2, 3, 4], [1, 1, 1, 1], [0.9, 0.6, 0.2, 0.1], 2, [0.5])
    >>> curve.net_benefit.tolist(), curve.treat_all.tolist()
    ([0.5], [0.0])
    """
    time, event = followed_up(time_months, event_observed)
    values = probabilities(risk)
    same_size(time, values)
    if horizon_months > time.max():
        raise CohortError(
            "statistic_horizon_beyond", horizon=horizon_months, last=float(time.max())
        )
    t = checked_thresholds(thresholds)
    odds = t / (1.0 - t)
    steps = np.unique(time, return_inverse=True)[1]
    by_horizon = event & (time <= horizon_months)
    benefit = np.array([
        _benefit(steps, by_horizon, values >= threshold, time, horizon_months, weight)
        for threshold, weight in zip(t, odds, strict=True)
    ])  # fmt: skip
    everyone = np.ones(time.size, dtype=np.bool_)
    prevalence = _risk_of_death(steps, by_horizon, everyone)
    treat_all = prevalence - (1.0 - prevalence) * odds
    avoided = (benefit - treat_all) / np.where(t > 0.0, odds, np.nan)
    return DecisionCurve(t, benefit, treat_all, avoided, prevalence)


def _benefit(
    steps: IntArray,
    by_horizon: BoolArray,
    positive: BoolArray,
    time: FloatArray,
    horizon: float,
    odds: float,
) -> float:
    """Net benefit of acting on some patients."""
    if not positive.any():
        return 0.0
    if time[positive].max() < horizon:
        return float("nan")
    risk, share = _risk_of_death(steps, by_horizon, positive), float(positive.mean())
    return risk * share - (1.0 - risk) * share * odds


def _risk_of_death(steps: IntArray, by_horizon: BoolArray, members: BoolArray) -> float:
    """Kaplan-Meier risk of some patients; ``steps`` are the ranks of their times."""
    left = np.bincount(steps[members])
    deaths = np.bincount(steps[members & by_horizon], minlength=left.size)
    at_risk = np.cumsum(left[::-1])[::-1]
    return float(1.0 - np.prod(1.0 - deaths / at_risk))
