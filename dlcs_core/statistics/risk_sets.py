"""Sums over the patients at risk at each death, which the Cox model is made of."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dlcs_core.statistics.checks import BoolArray, FloatArray

Ties = Literal["efron", "breslow"]

SMALLEST_SUM = 1e-150
"""Weight of a risk set against the heaviest patient, below which its square is no number; only
columns that order the deaths perfectly lead there."""


@dataclass(frozen=True, eq=False)
class BaselineHazard:
    r"""Cumulative hazard of a patient whose columns are all at the training means.

    With :math:`S_0, S_1` the weighted sums over the risk set (Efron's share of the deaths taken
    out), each death adds :math:`1/S_0` to the hazard, :math:`1/S_0^2` to its variance and
    :math:`S_1/S_0^2` to the term that carries the uncertainty of the coefficients.

    Attributes
    ----------
    time_months : array of float64, shape (n_times,)
        Distinct times of death, increasing.
    cumulative_hazard : array of float64, shape (n_times,)
        Right-continuous step function.
    variance : array of float64, shape (n_times,)
        Of the cumulative hazard at the means, coefficients taken as known.
    weighted_mean : array of float64, shape (n_times, n_columns)
        Cumulative :math:`S_1/S_0^2` of the columns minus their means.
    last_time_months : float
        Longest follow-up; nothing is known beyond it.
    """

    time_months: FloatArray
    cumulative_hazard: FloatArray
    variance: FloatArray
    weighted_mean: FloatArray
    last_time_months: float


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Patients in order of time, and one entry per death for its (tied) risk set.

    ``start[d]`` is the first patient still at risk at death d, ``group[d]`` the index of its
    distinct time, ``share[d]`` Efron's share of the tied deaths that has left before it.
    """

    X: FloatArray
    time: FloatArray
    deaths: NDArray[np.intp]
    start: NDArray[np.intp]
    group: NDArray[np.intp]
    first: NDArray[np.intp]
    share: FloatArray

    @classmethod
    def of(cls, X: FloatArray, time: FloatArray, event: BoolArray, ties: Ties) -> "RiskSets":
        """Index the risk sets of patients sorted by time."""
        deaths = np.flatnonzero(event)
        _, first, group, count = np.unique(
            time[deaths], return_index=True, return_inverse=True, return_counts=True
        )
        rank = np.arange(deaths.size) - first[group]
        share = rank / count[group] if ties == "efron" else np.zeros(deaths.size)
        start = np.searchsorted(time, time[deaths], side="left")
        return cls(X, time, deaths, start, group, first, share)

    def sums(self, beta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        """Hazard weights, risk-set sums S0 and S1 per death, and the log of the weights' unit."""
        logit = self.X @ beta
        unit = float(logit.max())
        weight = np.exp(logit - unit)
        weighted = np.column_stack([weight, self.X * weight[:, None]])
        # From the last patient backwards: entry i sums over everyone at risk at time i.
        at_risk = np.cumsum(weighted[::-1], axis=0)[::-1]
        tied = np.add.reduceat(weighted[self.deaths], self.first, axis=0)
        total = at_risk[self.start] - self.share[:, None] * tied[self.group]
        return weight, total[:, 0], total[:, 1:], unit

    def log_likelihood(self, beta: FloatArray) -> float:
        """Partial log likelihood; NaN where a sum is too small for a number."""
        _, S0, _, unit = self.sums(beta)
        logit = self.X[self.deaths] @ beta
        if not S0.min() > SMALLEST_SUM:
            return float("nan")
        return float(logit.sum() - np.log(S0).sum()) - unit * self.deaths.size

    def derivatives(
        self, beta: FloatArray, death_weight: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Gradient and negative Hessian of the partial log likelihood.

        Parameters
        ----------
        beta : array of float64, shape (n_columns,)
            Coefficients.
        death_weight : array of float64, shape (n_deaths,), optional
            Weight of each death's contribution, equal for tied ones; 1 by default.

        Returns
        -------
        tuple of array of float64
            Shapes (n_columns,) and (n_columns, n_columns).
        """
        weight, S0, S1, _ = self.sums(beta)
        g = np.ones(self.deaths.size) if death_weight is None else death_weight
        mean = S1 / S0[:, None]
        gradient = g @ (self.X[self.deaths] - mean)
        exposure = weight * self._exposure(g / S0)
        information = (self.X * exposure[:, None]).T @ self.X - (mean * g[:, None]).T @ mean
        return np.asarray(gradient), np.asarray(information)

    def _exposure(self, rate: FloatArray) -> FloatArray:
        """Sum of the deaths' rates in whose risk set each patient stands."""
        hazard = np.r_[0.0, np.cumsum(rate)]
        exposure = hazard[np.searchsorted(self.time[self.deaths], self.time, side="right")]
        # A tied death stands only in part in the risk sets of its own time.
        absent = np.add.reduceat(self.share * rate, self.first)
        exposure[self.deaths] -= absent[self.group]
        return np.asarray(exposure)

    def baseline(self, beta: FloatArray, scale: FloatArray) -> BaselineHazard:
        """Cumulative hazard and its variance terms at the column means."""
        _, S0, S1, unit = self.sums(beta)
        # In the unit of a patient at the means, whose weight is exp(-unit).
        rate = np.exp(-unit) / S0
        at_time = np.add.reduceat(
            np.column_stack([rate, rate**2, S1 / S0[:, None] * rate[:, None] * scale]),
            self.first,
            axis=0,
        )
        steps = np.cumsum(at_time, axis=0)
        return BaselineHazard(
            time_months=self.time[self.deaths][self.first],
            cumulative_hazard=steps[:, 0],
            variance=steps[:, 1],
            weighted_mean=steps[:, 2:],
            last_time_months=float(self.time[-1]),
        )
