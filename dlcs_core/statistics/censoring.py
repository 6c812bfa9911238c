"""Probability of being still under observation, for weighting censored cohorts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    n_at_risk, n_censored : array of float64, shape (n_times,)
        Under observation just before that time, its deaths included; censored at it.
    index : array of int, shape (n_patients,)
        Position of each patient's follow-up among the times.
    """

    time_months: FloatArray
    uncensored: FloatArray
    n_at_risk: FloatArray
    n_censored: FloatArray
    index: NDArray[np.intp]

    def at(self, time_months: FloatArray) -> FloatArray:
        """G(t), right-continuous."""
        step = np.searchsorted(self.time_months, time_months, side="right")
        return np.asarray(np.r_[1.0, self.uncensored][step])

    def death_weight(self, event_observed: BoolArray) -> FloatArray:
        """Return 1/G(T-) for each patient who died, 0 for the others."""
        before = np.concatenate([[1.0], self.uncensored[:-1]])
        return np.where(event_observed, 1.0 / before[self.index], 0.0)

    def influence(
        self, event_observed: BoolArray, contribution: FloatArray, horizon_months: float
    ) -> FloatArray:
        r"""How much each patient's own follow-up moves a weighted mean, by way of the weights.

        The mean is that of contributions with weights :math:`1/G` at :math:`T-`, or at the
        horizon for those beyond it. A patient censored at s adds
        :math:`\sum_{T_i > s} c_i / Y(s)`, less what was expected while at risk. As in
        riskRegression, those who die at s count as at risk of censoring here.

        Parameters
        ----------
        event_observed : array of bool, shape (n_patients,)
            True where the death was seen.
        contribution : array of float64, shape (n_patients,)
            Weighted contributions to the mean.
        horizon_months : float
            Censorings after it move nothing.

        Returns
        -------
        array of float64, shape (n_patients,)
            Its sum is 0.
        """
        ended = np.bincount(self.index, contribution, minlength=self.time_months.size)
        beyond = np.where(
            self.time_months <= horizon_months, np.cumsum(ended[::-1])[::-1] - ended, 0.0
        )
        moved, hazard = beyond / self.n_at_risk, self.n_censored / self.n_at_risk
        own = np.where(event_observed, 0.0, moved[self.index])
        return np.asarray(own - np.cumsum(moved * hazard)[self.index])


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
    >>> curve.death_weight(np.array([1, 1, 0, 1]) == 1).tolist()
    [1.0, 1.0, 0.0, 2.0]
    """
    times, index = np.unique(time_months, return_inverse=True)
    total = np.bincount(index, minlength=times.size)
    deaths = np.bincount(index[event_observed], minlength=times.size)
    at_risk = time_months.size - np.concatenate([[0], np.cumsum(total)[:-1]])
    censored = total - deaths
    left = 1.0 - censored / np.maximum(at_risk - deaths, 1)
    return CensoringCurve(
        time_months=times,
        uncensored=np.asarray(np.cumprod(left), dtype=np.float64),
        n_at_risk=at_risk.astype(np.float64),
        n_censored=censored.astype(np.float64),
        index=index.astype(np.intp),
    )


def standard_error_of_mean(influence: FloatArray) -> float:
    """Return the standard error of a mean from the patients' influences on it, whose sum is 0.

    Parameters
    ----------
    influence : array of float64, shape (n_patients,)
        In the unit of the mean.

    Returns
    -------
    float
        NaN for a single patient.
    """
    n = influence.size
    return float(np.sqrt(influence @ influence / (n * (n - 1.0)))) if n > 1 else float("nan")
