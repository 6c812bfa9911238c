"""Probability of being still under observation, for weighting censored cohorts."""

from dataclasses import dataclass

import numpy as np

from dlcs_core.statistics.checks import BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class CensoringCurve:
    """Kaplan-Meier curve of the censoring time; deaths come before censorings at tied times.

    Attributes
    ----------
    time_months : array of float64, shape (n_times,)
        Distinct follow-up times, increasing.
    uncensored : array of float64, shape (n_times,)
        Probability of not being censored up to and including that time.
    """

    time_months: FloatArray
    uncensored: FloatArray

    def at(self, time_months: FloatArray) -> FloatArray:
        """G(t), right-continuous."""
        step = np.searchsorted(self.time_months, time_months, side="right")
        return np.asarray(np.r_[1.0, self.uncensored][step])

    def before(self, time_months: FloatArray) -> FloatArray:
        """G(t-), the left limit, with which a death at t is weighed."""
        step = np.searchsorted(self.time_months, time_months, side="left")
        return np.asarray(np.r_[1.0, self.uncensored][step])


def censoring_curve(time_months: FloatArray, event_observed: BoolArray) -> CensoringCurve:
    """Estimate the censoring distribution of a cohort.

    Parameters
    ----------
    time_months : array of float64, shape (n_patients,)
        Checked follow-up times.
    event_observed : array of bool, shape (n_patients,)
        True where the death was seen.

    Returns
    -------
    CensoringCurve
        As riskRegression, pec and timeROC estimate it.

    Examples
    --------
    >>> curve = censoring_curve(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1, 1, 0, 1]) == 1)
    >>> curve.before(np.array([2.0, 3.0])).tolist()
    [1.0, 0.5]
    """
    times, index = np.unique(time_months, return_inverse=True)
    total = np.bincount(index, minlength=times.size)
    deaths = np.bincount(index[event_observed], minlength=times.size)
    at_risk = time_months.size - np.concatenate([[0], np.cumsum(total)[:-1]]) - deaths
    censored = total - deaths
    left = np.where(at_risk > 0, 1.0 - censored / np.maximum(at_risk, 1), 1.0)
    return CensoringCurve(times, np.asarray(np.cumprod(left), dtype=np.float64))
