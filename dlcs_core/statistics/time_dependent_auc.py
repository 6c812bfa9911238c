"""Time-dependent AUC: how well a risk tells deaths by a horizon from those who live beyond it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.statistics.censoring import censoring_curve
from dlcs_core.statistics.checks import FloatArray, finite_vector, followed_up, same_size
from dlcs_core.statistics.kaplan_meier import kaplan_meier, survival_at


@dataclass(frozen=True, eq=False)
class TimeDependentAuc:
    """Cumulative/dynamic AUC at horizons.

    Attributes
    ----------
    horizon_months : array of float64, shape (n_horizons,)
        Increasing.
    auc : array of float64, shape (n_horizons,)
        In [0, 1]; NaN where nobody has died yet or nobody is followed beyond.
    n_cases, n_controls : array of int, shape (n_horizons,)
        Deaths by the horizon, and patients known to live beyond it.
    integrated : float or None
        Mean of the AUCs weighted by the deaths that fall between horizons (Lambert-Chevret);
        None where an AUC is missing.
    """

    horizon_months: FloatArray
    auc: FloatArray
    n_cases: FloatArray
    n_controls: FloatArray
    integrated: float | None


def time_dependent_auc(
    time_months: ArrayLike,
    event_observed: ArrayLike,
    risk: ArrayLike,
    horizon_months: ArrayLike,
) -> TimeDependentAuc:
    r"""Cumulative/dynamic AUC with inverse probability of censoring weights.

    Cases are the deaths by t, each weighted by :math:`1/G(T_i-)`; controls live beyond t. The
    integrated AUC is :math:`\sum_j AUC(t_j) (S(t_{j-1}) - S(t_j)) / (1 - S(t_m))` with the
    Kaplan-Meier curve S of the evaluated patients.

    Parameters
    ----------
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    risk : array of float, shape (n_patients,)
        Higher means an earlier death is expected; any scale. Never flipped.
    horizon_months : array of float, shape (n_horizons,)
        Months, in any order; equal ones count once.

    Returns
    -------
    TimeDependentAuc
        As timeROC and riskRegression compute it, in O(n log n) per horizon.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing, or sizes differ.

    References
    ----------
    .. [1] Uno H, Cai T, Tian L, Wei LJ. Evaluating prediction rules for t-year survivors with
       censored regression models. J Am Stat Assoc 2007;102:527-537.
    .. [2] Lambert J, Chevret S. Summary measure of discrimination in survival models based on
       cumulative/dynamic time-dependent ROC curves. Stat Methods Med Res 2016;25:2088-2102.

    Examples
    --------
    >>> found = time_dependent_auc([1, 2, 3, 4], [1, 1, 1, 0], [4, 1, 3, 2], [2])
    >>> found.auc.tolist()
    [0.5]
    """
    time, event = followed_up(time_months, event_observed)
    values = finite_vector(risk, "risk")
    same_size(time, values)
    horizons = np.unique(finite_vector(horizon_months, "horizon_months"))
    weight = np.where(event, 1.0 / censoring_curve(time, event).before(time), 0.0)
    rows = [_auc_at(values, time > t, (time <= t) & event, weight) for t in horizons]
    auc = np.array([row[0] for row in rows])
    survival = survival_at(kaplan_meier(time, event), horizons).survival
    return TimeDependentAuc(
        horizon_months=horizons,
        auc=auc,
        n_cases=np.array([row[1] for row in rows]),
        n_controls=np.array([row[2] for row in rows]),
        integrated=_integrated(auc, survival),
    )


def _auc_at(
    risk: FloatArray, control: FloatArray, case: FloatArray, weight: FloatArray
) -> tuple[float, int, int]:
    """Weighted AUC at one horizon, with its cases and controls."""
    n_cases, n_controls = int(case.sum()), int(control.sum())
    if not n_cases or not n_controls:
        return float("nan"), n_cases, n_controls
    ordered = np.sort(risk[control])
    below = np.searchsorted(ordered, risk[case], side="left")
    up_to = np.searchsorted(ordered, risk[case], side="right")
    right = float(weight[case] @ (0.5 * (below + up_to)))
    return right / (float(weight[case].sum()) * n_controls), n_cases, n_controls


def _integrated(auc: FloatArray, survival: FloatArray) -> float | None:
    """Mean AUC weighted by the deaths between horizons."""
    if not np.isfinite(auc).all():
        return None
    deaths = -np.diff(survival, prepend=1.0)
    return float(auc @ deaths / (1.0 - survival[-1]))
