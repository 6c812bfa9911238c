"""Cox proportional hazards regression with Efron's ties, and Efron's baseline hazard."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import ModelError
from dlcs_core.statistics.checks import FloatArray, chi_square_p, followed_up
from dlcs_core.statistics.design_checks import design, standardized
from dlcs_core.statistics.risk_sets import BaselineHazard, RiskSets, Ties
from dlcs_core.statistics.wald import WaldRow, wald_rows

MAX_ITERATIONS = 60
MAX_HALVINGS = 30
CONVERGENCE = 1e-11
"""Largest change of a standardised coefficient in the last Newton step."""
INFORMATION_FLOOR = 1e-12
"""Smallest eigenvalue of the information per death that still bears an estimate."""


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
    risk_sets = RiskSets.of(columns.values[order], time[order], event[order], ties)
    penalty = np.full(len(names), ridge)
    beta, information = _maximum(risk_sets, penalty)
    score, null_information = risk_sets.derivatives(np.zeros(len(names)))
    return CoxFit(
        names=tuple(names),
        coefficients=beta / columns.scale,
        covariance=np.linalg.inv(information) / np.outer(columns.scale, columns.scale),
        means=columns.mean,
        log_likelihood=risk_sets.log_likelihood(beta),
        null_log_likelihood=risk_sets.log_likelihood(np.zeros(len(names))),
        score_statistic=float(score @ np.linalg.solve(null_information, score)),
        baseline=risk_sets.baseline(beta, columns.scale),
        n=int(time.size),
        events=int(event.sum()),
    )


def _maximum(risk_sets: RiskSets, penalty: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Maximise by Newton's method; return the estimate and the information there."""
    beta = np.zeros(penalty.size)
    best = _penalized(risk_sets, penalty, beta)
    for _ in range(MAX_ITERATIONS):
        gradient, information = risk_sets.derivatives(beta)
        information = information + np.diag(penalty)
        if not penalty.size:
            return beta, information
        if not np.isfinite(information).all():
            break
        if np.linalg.eigvalsh(information)[0] <= INFORMATION_FLOOR * risk_sets.deaths.size:
            break
        step = np.asarray(np.linalg.solve(information, gradient - penalty * beta))
        if np.max(np.abs(step)) <= CONVERGENCE * (1.0 + np.max(np.abs(beta))):
            return beta, information
        beta, best = _line_search(risk_sets, penalty, beta, step, best)
    raise ModelError("model_separated", n=risk_sets.time.size, events=risk_sets.deaths.size)


def _line_search(
    risk_sets: RiskSets, penalty: FloatArray, beta: FloatArray, step: FloatArray, best: float
) -> tuple[FloatArray, float]:
    """Halve a Newton step until the likelihood does not fall."""
    for halving in range(MAX_HALVINGS):
        trial = beta + step * 0.5**halving
        value = _penalized(risk_sets, penalty, trial)
        if np.isfinite(value) and value >= best - 1e-10 * abs(best):
            return trial, value
    return beta, best


def _penalized(risk_sets: RiskSets, penalty: FloatArray, beta: FloatArray) -> float:
    """Penalised partial log likelihood."""
    return risk_sets.log_likelihood(beta) - 0.5 * float(penalty @ beta**2)
