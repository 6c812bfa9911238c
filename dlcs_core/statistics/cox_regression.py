"""Cox proportional hazards regression with Efron's ties, and Efron's baseline hazard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import ModelError
from dlcs_core.statistics.checks import BoolArray, FloatArray, chi_square_p, followed_up
from dlcs_core.statistics.design_checks import design, standardized
from dlcs_core.statistics.wald import WaldRow, wald_rows

Ties = Literal["efron", "breslow"]

MAX_ITERATIONS = 60
MAX_HALVINGS = 30
CONVERGENCE = 1e-11
"""Largest change of a standardised coefficient in the last Newton step."""
INFORMATION_FLOOR = 1e-12
"""Smallest eigenvalue of the information per death that still bears an estimate."""


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
class CoxFit:
    """A fitted Cox regression.

    Attributes
    ----------
    names : tuple of str
        Column names.
    coefficients : array of float64, shape (n_columns,)
        Log hazard ratio per unit of the column as given.
    covariance : array of float64, shape (n_columns, n_columns)
        Inverse of the observed information.
    means : array of float64, shape (n_columns,)
        Column means, where the baseline hazard stands.
    log_likelihood, null_log_likelihood : float
        Partial log likelihood of this model and of no column.
    score_statistic : float
        Score test of all coefficients at 0 (the log-rank test for one group column without
        ties).
    baseline : BaselineHazard
        With the ties method of the coefficients, as R's ``survfit``.
    n, events : int
        Patients and deaths.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    means: FloatArray
    log_likelihood: float
    null_log_likelihood: float
    score_statistic: float
    baseline: BaselineHazard
    n: int
    events: int

    @property
    def standard_errors(self) -> FloatArray:
        """Square roots of the covariance's diagonal."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def rows(self) -> tuple[WaldRow, ...]:
        """Wald inference per column."""
        return wald_rows(self.names, self.coefficients, self.standard_errors)

    @property
    def likelihood_ratio(self) -> tuple[float, int, float]:
        """Statistic, degrees of freedom and P against no column."""
        statistic = 2.0 * (self.log_likelihood - self.null_log_likelihood)
        df = len(self.names)
        return statistic, df, chi_square_p(max(statistic, 0.0), df) if df else 1.0

    def linear_predictor(self, X: ArrayLike) -> FloatArray:
        """Log hazard ratio of rows against a patient at the training means."""
        columns = np.asarray(X, dtype=np.float64)
        return np.asarray((columns - self.means) @ self.coefficients)


def fit_cox(
    X: ArrayLike,
    time_months: ArrayLike,
    event_observed: ArrayLike,
    names: Sequence[str],
    *,
    ties: Ties = "efron",
    ridge: float = 0.0,
) -> CoxFit:
    r"""Fit a Cox regression by Newton's method, as R's ``coxph``.

    Columns are standardised inside and coefficients returned per unit as given. Work and memory
    grow with rows times columns, plus one sort.

    Parameters
    ----------
    X : array of float, shape (n_patients, n_columns)
        Design columns; there is no intercept.
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    names : sequence of str
        One name per column.
    ties : {"efron", "breslow"}
        How deaths at the same time share their risk set; also used for the baseline.
    ridge : float
        Penalty :math:`\frac{ridge}{2} \sum \beta_{std}^2` on the standardised coefficients, 0
        for maximum likelihood.

    Returns
    -------
    CoxFit
        Coefficients converged to 1e-11.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing or sizes differ.
    ModelError
        If a column is constant or depends on others, or orders the deaths so perfectly that no
        finite estimate exists.

    References
    ----------
    .. [1] Efron B. The efficiency of Cox's likelihood function for censored data. J Am Stat
       Assoc 1977;72:557-565.
    .. [2] Therneau TM, Grambsch PM. Modeling survival data: extending the Cox model. Springer
       2000, sections 3.3 and 10.2.

    Examples
    --------
    >>> fit = fit_cox([[0.0], [1.0], [0.0], [1.0]], [1, 2, 3, 4], [1, 1, 1, 1], ["sign"])
    >>> round(fit.rows[0].ratio, 4)
    0.3904
    """
    time, event = followed_up(time_months, event_observed)
    columns = standardized(design(X, names, time.size), names)
    order = np.argsort(time, kind="stable")
    risk_sets = _RiskSets.of(columns.values[order], time[order], event[order], ties)
    penalty = np.full(len(names), ridge)
    beta, information = _maximum(risk_sets, penalty)
    null, score, null_information = risk_sets.derivatives(np.zeros(len(names)))
    return CoxFit(
        names=tuple(names),
        coefficients=beta / columns.scale,
        covariance=np.linalg.inv(information) / np.outer(columns.scale, columns.scale),
        means=columns.mean,
        log_likelihood=risk_sets.derivatives(beta)[0],
        null_log_likelihood=null,
        score_statistic=float(score @ np.linalg.solve(null_information, score)),
        baseline=risk_sets.baseline(beta, columns.scale),
        n=int(time.size),
        events=int(event.sum()),
    )


@dataclass(frozen=True, eq=False)
class _RiskSets:
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
    def of(cls, X: FloatArray, time: FloatArray, event: BoolArray, ties: Ties) -> "_RiskSets":
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

    def derivatives(self, beta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Partial log likelihood, its gradient and negative Hessian."""
        weight, S0, S1, unit = self.sums(beta)
        logit = self.X[self.deaths] @ beta
        value = float(logit.sum() - np.log(S0).sum()) - unit * self.deaths.size
        mean = S1 / S0[:, None]
        gradient = self.X[self.deaths].sum(axis=0) - mean.sum(axis=0)
        exposure = weight * self._exposure(S0)
        information = (self.X * exposure[:, None]).T @ self.X - mean.T @ mean
        return value, gradient, np.asarray(information)

    def _exposure(self, S0: FloatArray) -> FloatArray:
        """Sum of 1/S0 over the deaths in whose risk set each patient stands."""
        hazard = np.r_[0.0, np.cumsum(1.0 / S0)]
        exposure = hazard[np.searchsorted(self.time[self.deaths], self.time, side="right")]
        # A tied death stands only in part in the risk sets of its own time.
        absent = np.add.reduceat(self.share / S0, self.first)
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


def _maximum(risk_sets: _RiskSets, penalty: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Maximise by Newton's method; return the estimate and the information there."""
    beta = np.zeros(penalty.size)
    value, gradient, information = _penalized(risk_sets, penalty, beta)
    for _ in range(MAX_ITERATIONS):
        if not penalty.size:
            return beta, information
        if np.linalg.eigvalsh(information)[0] <= INFORMATION_FLOOR * risk_sets.deaths.size:
            break
        step = np.linalg.solve(information, gradient)
        for halving in range(MAX_HALVINGS):
            trial = beta + step * 0.5**halving
            at_trial = _penalized(risk_sets, penalty, trial)
            if at_trial[0] >= value - 1e-10 * abs(value):
                beta, (value, gradient, information) = trial, at_trial
                break
        if np.max(np.abs(step)) <= CONVERGENCE * (1.0 + np.max(np.abs(beta))):
            return beta, information
    raise ModelError("model_separated", n=risk_sets.time.size, events=risk_sets.deaths.size)


def _penalized(
    risk_sets: _RiskSets, penalty: FloatArray, beta: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Value, gradient and negative Hessian of the penalised partial likelihood."""
    value, gradient, information = risk_sets.derivatives(beta)
    return (
        value - 0.5 * float(penalty @ beta**2),
        gradient - penalty * beta,
        information + np.diag(penalty),
    )
