"""Time-dependent AUC: how well a risk tells deaths by a horizon from those who live beyond it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.statistics.censoring import CensoringCurve, censoring_curve, standard_error_of_mean
from dlcs_core.statistics.checks import (
    NORMAL_QUANTILE_975,
    BoolArray,
    FloatArray,
    finite_vector,
    followed_up,
    same_size,
)
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
    se : array of float64, shape (n_horizons,)
        Standard error by the influence function, the estimated censoring weights included, as
        riskRegression has it; NaN where it was not asked for.
    ci95_low, ci95_high : array of float64, shape (n_horizons,)
        95 % Wald limits, kept within [0, 1].
    n_cases, n_controls : array of int, shape (n_horizons,)
        Deaths by the horizon, and patients known to live beyond it.
    integrated : float or None
        Mean of the AUCs weighted by the deaths that fall between horizons (Lambert-Chevret);
        None where an AUC with a weight is missing.
    """

    horizon_months: FloatArray
    auc: FloatArray
    se: FloatArray
    n_cases: NDArray[np.intp]
    n_controls: NDArray[np.intp]
    integrated: float | None

    @property
    def ci95_low(self) -> FloatArray:
        """Lower 95 % limits."""
        return np.maximum(self.auc - NORMAL_QUANTILE_975 * self.se, 0.0)

    @property
    def ci95_high(self) -> FloatArray:
        """Upper 95 % limits."""
        return np.minimum(self.auc + NORMAL_QUANTILE_975 * self.se, 1.0)


def time_dependent_auc(
    time_months: ArrayLike,
    event_observed: ArrayLike,
    risk: ArrayLike,
    horizon_months: ArrayLike,
    *,
    standard_errors: bool = True,
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
    standard_errors : bool
        Whether they are computed; they take as long as the rest.

    Returns
    -------
    TimeDependentAuc
        As timeROC and riskRegression compute it: one sort of the patients, then O(n) per horizon.

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
    curve = censoring_curve(time, event)
    patients = _Patients(
        time, event, np.unique(values, return_inverse=True)[1].astype(np.intp),
        curve.death_weight(event), curve,
    )  # fmt: skip
    found = [_at(patients, float(t), standard_errors) for t in horizons]
    auc = np.array([at.auc for at in found])
    survival = survival_at(kaplan_meier(time, event), horizons).survival
    return TimeDependentAuc(
        horizon_months=horizons,
        auc=auc,
        se=np.array([at.se for at in found]),
        n_cases=np.array([at.n_cases for at in found], dtype=np.intp),
        n_controls=np.array([at.n_controls for at in found], dtype=np.intp),
        integrated=_integrated(auc, survival),
    )


@dataclass(frozen=True, eq=False)
class _Patients:
    """Follow-up, rank of the risk and weight as a case of every patient."""

    time: FloatArray
    event: BoolArray
    rank: NDArray[np.intp]
    weight: FloatArray
    censoring: CensoringCurve


@dataclass(frozen=True)
class _At:
    """Result at one horizon."""

    auc: float
    se: float
    n_cases: int
    n_controls: int


def _at(patients: _Patients, t: float, standard_error: bool) -> _At:
    """Weighted AUC at one horizon."""
    case, control = (patients.time <= t) & patients.event, patients.time > t
    n_cases, n_controls = int(case.sum()), int(control.sum())
    if not n_cases or not n_controls:
        return _At(math.nan, math.nan, n_cases, n_controls)
    n_ranks = int(patients.rank.max()) + 1
    controls = np.bincount(patients.rank[control], minlength=n_ranks)
    outranked = (np.cumsum(controls) - 0.5 * controls)[patients.rank[case]] / n_controls
    weight = patients.weight[case]
    auc = float(weight @ outranked) / float(weight.sum())
    if not standard_error:
        return _At(auc, math.nan, n_cases, n_controls)
    cases = np.bincount(patients.rank[case], weight, minlength=n_ranks) / weight.sum()
    below = (np.cumsum(cases[::-1])[::-1] - 0.5 * cases)[patients.rank[control]]
    share = np.zeros(patients.time.size)
    share[case] = weight * (outranked - auc) * (patients.time.size / weight.sum())
    influence = share + patients.censoring.influence(patients.event, share, t)
    influence[control] += (below - auc) * (patients.time.size / n_controls)
    return _At(auc, standard_error_of_mean(influence), n_cases, n_controls)


def _integrated(auc: FloatArray, survival: FloatArray) -> float | None:
    """Mean AUC weighted by the deaths between horizons; one without deaths needs no AUC."""
    deaths = -np.diff(survival, prepend=1.0)
    counts = deaths != 0.0
    if not counts.any() or not np.isfinite(auc[counts]).all():
        return None
    return float(auc[counts] @ deaths[counts] / (1.0 - survival[-1]))
