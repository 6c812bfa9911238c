"""Calibration of a predicted risk of death at a horizon: smooth, in groups, and in the large."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import (
    NORMAL_QUANTILE_975,
    BoolArray,
    FloatArray,
    finite_vector,
    followed_up,
    probabilities,
    same_size,
)
from dlcs_core.statistics.cox_regression import CoxFit, fit_cox
from dlcs_core.statistics.kaplan_meier import kaplan_meier, survival_at
from dlcs_core.statistics.spline import restricted_cubic_spline, spline_knots

CURVE_POINTS = 101
GROUPS = 5
CERTAINTY_MARGIN = 1e-9
"""Nearest to 0 or 1 that a risk counts on the curve's scale, which has no end."""

COLUMNS = ("cloglog", "cloglog'")


@dataclass(frozen=True, eq=False)
class SurvivalCalibration:
    """How a predicted risk of death by a horizon holds.

    Attributes
    ----------
    horizon_months : float
        The horizon.
    predicted, observed : array of float64, shape (n_points,)
        The smooth curve: risks from the smallest to the largest, and the risk observed at each.
    ici, e50, e90, emax : float
        Mean, median, 90 % quantile and maximum of ``|observed - predicted|`` over the patients.
    observed_expected : float
        Kaplan-Meier risk of everybody over the mean prediction; 1 is perfect.
    groups : SurvivalCalibrationGroups
        Fifths of the patients by default.
    """

    horizon_months: float
    predicted: FloatArray
    observed: FloatArray
    ici: float
    e50: float
    e90: float
    emax: float
    observed_expected: float
    groups: "SurvivalCalibrationGroups"


@dataclass(frozen=True, eq=False)
class SurvivalCalibrationGroups:
    """Patients grouped by predicted risk, the lowest first.

    Attributes
    ----------
    n : array of int, shape (n_groups,)
        Patients.
    predicted_survival : array of float64, shape (n_groups,)
        Mean prediction.
    survival, se, ci95_low, ci95_high : array of float64, shape (n_groups,)
        Kaplan-Meier at the horizon with log-log limits; NaN where the group's follow-up ends
        earlier.
    """

    n: FloatArray
    predicted_survival: FloatArray
    survival: FloatArray
    se: FloatArray
    ci95_low: FloatArray
    ci95_high: FloatArray


@dataclass(frozen=True)
class SurvivalSlope:
    """Coefficient of a linear predictor in new patients.

    Attributes
    ----------
    slope, se : float
        1 is perfect, below 1 the predictions are too extreme.
    ci95 : tuple of float
        Wald interval.
    """

    slope: float
    se: float
    ci95: tuple[float, float]


def survival_calibration(
    time_months: ArrayLike,
    event_observed: ArrayLike,
    risk: ArrayLike,
    horizon_months: float,
    *,
    groups: int = GROUPS,
    n_points: int = CURVE_POINTS,
) -> SurvivalCalibration:
    r"""Smoothed calibration of a predicted risk of death at one horizon.

    The observed risk is that of a Cox regression on a restricted cubic spline (three knots) of
    :math:`\log(-\log(1 - risk))`, read at the horizon.

    Parameters
    ----------
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    risk : array of float, shape (n_patients,)
        Predicted probability of death by the horizon, in [0, 1]. Survival is not accepted: pass
        1 minus it.
    horizon_months : float
        Within the follow-up.
    groups : int
        Groups of patients for the points beside the curve.
    n_points : int
        Points of the curve.

    Returns
    -------
    SurvivalCalibration
        With Efron ties throughout, as R's ``coxph`` and ``survfit``.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, sizes differ, a risk is missing or outside
        [0, 1], the risks are too alike for three knots, or the horizon is beyond the follow-up.
    ModelError
        If the Cox regression has no finite estimate.

    References
    ----------
    .. [1] Austin PC, Harrell FE, van Klaveren D. Graphical calibration curves and the integrated
       calibration index (ICI) for survival models. Stat Med 2020;39:2714-2742.
    """
    time, event = followed_up(time_months, event_observed)
    values = probabilities(risk)
    same_size(time, values)
    if horizon_months > time.max():
        raise CohortError(
            "statistic_horizon_beyond", horizon=horizon_months, last=float(time.max())
        )
    knots = spline_knots(_cloglog(values))
    fit = fit_cox(restricted_cubic_spline(_cloglog(values), knots), time, event, COLUMNS)
    distance = np.abs(_observed(fit, values, knots, horizon_months) - values)
    points = np.linspace(values.min(), values.max(), n_points)
    overall = survival_at(kaplan_meier(time, event), [horizon_months]).survival[0]
    return SurvivalCalibration(
        horizon_months=horizon_months,
        predicted=points,
        observed=_observed(fit, points, knots, horizon_months),
        ici=float(distance.mean()),
        e50=float(np.median(distance)),
        e90=float(np.quantile(distance, 0.9)),
        emax=float(distance.max()),
        observed_expected=float((1.0 - overall) / values.mean()),
        groups=_grouped(time, event, values, horizon_months, groups),
    )


def survival_calibration_slope(
    time_months: ArrayLike, event_observed: ArrayLike, linear_predictor: ArrayLike
) -> SurvivalSlope:
    """Calibration slope of a linear predictor: its coefficient in a Cox regression of its own.

    Parameters
    ----------
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    linear_predictor : array of float, shape (n_patients,)
        Log hazard ratio; the centring does not matter.

    Returns
    -------
    SurvivalSlope
        With Wald interval.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing or sizes differ.
    ModelError
        If the linear predictor is constant or orders the deaths perfectly.
    """
    values = finite_vector(linear_predictor, "linear_predictor")
    fit = fit_cox(values[:, None], time_months, event_observed, ("linear_predictor",))
    slope, se = float(fit.coefficients[0]), float(fit.standard_errors[0])
    half = NORMAL_QUANTILE_975 * se
    return SurvivalSlope(slope, se, (slope - half, slope + half))


def _cloglog(risk: FloatArray) -> FloatArray:
    """Log of the cumulative hazard that a risk means."""
    inside = np.clip(risk, CERTAINTY_MARGIN, 1.0 - CERTAINTY_MARGIN)
    return np.asarray(np.log(-np.log1p(-inside)))


def _observed(fit: CoxFit, risk: FloatArray, knots: FloatArray, t: float) -> FloatArray:
    """Risk of death by the horizon among patients with a predicted risk."""
    step = np.searchsorted(fit.baseline.time_months, t, side="right")
    hazard = np.r_[0.0, fit.baseline.cumulative_hazard][step]
    spline = restricted_cubic_spline(_cloglog(risk), knots)
    return np.asarray(-np.expm1(-hazard * np.exp(fit.linear_predictor(spline))))


def _grouped(
    time: FloatArray, event: BoolArray, risk: FloatArray, t: float, groups: int
) -> SurvivalCalibrationGroups:
    """Kaplan-Meier of quantile groups (type 7, right-closed); tied quantiles give fewer."""
    edges = np.unique(np.quantile(risk, np.linspace(0.0, 1.0, groups + 1)))
    member = np.maximum(np.searchsorted(edges, risk, side="left") - 1, 0)
    rows = []
    for group in np.unique(member):
        inside = member == group
        at = survival_at(kaplan_meier(time[inside], event[inside]), [t])
        read = (at.survival[0], at.se[0], at.ci95_low[0], at.ci95_high[0])
        rows.append((inside.sum(), (1.0 - risk[inside]).mean(), *read))
    columns = np.array(rows, dtype=np.float64).T
    return SurvivalCalibrationGroups(*columns)
