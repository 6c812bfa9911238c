"""Scaled Schoenfeld residuals: what a coefficient looks like at each death."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.statistics.checks import NORMAL_QUANTILE_975, FloatArray
from dlcs_core.statistics.cox_risk_sets import fit_risk_sets
from dlcs_core.statistics.kaplan_meier import kaplan_meier
from dlcs_core.statistics.spline import restricted_cubic_spline, spline_knots

CURVE_POINTS = 60


@dataclass(frozen=True, eq=False)
class SchoenfeldResiduals:
    """One entry per death, in the order of time.

    Attributes
    ----------
    names : tuple of str
        Columns of the regression.
    time_months : array of float64, shape (n_deaths,)
        When each death was seen.
    scaled : array of float64, shape (n_deaths, n_columns)
        Residuals plus the coefficient: their mean is the coefficient.
    coefficients : array of float64, shape (n_columns,)
        Log hazard ratios.
    elapsed : array of float64, shape (n_deaths,)
        1 minus the Kaplan-Meier curve just before each death, the time scale of ``cox.zph``.
    """

    names: tuple[str, ...]
    time_months: FloatArray
    elapsed: FloatArray
    scaled: FloatArray
    coefficients: FloatArray


@dataclass(frozen=True, eq=False)
class ResidualTrend:
    """A smooth curve through the residuals of one column.

    Attributes
    ----------
    time_months, coefficient, ci95_low, ci95_high : array of float64, shape (n_points,)
        The coefficient over time with its pointwise interval.
    """

    time_months: FloatArray
    coefficient: FloatArray
    ci95_low: FloatArray
    ci95_high: FloatArray


def schoenfeld_residuals(
    X: ArrayLike, time_months: ArrayLike, event_observed: ArrayLike, names: Sequence[str]
) -> SchoenfeldResiduals:
    r"""Scaled Schoenfeld residuals of a Cox regression with Efron ties.

    With :math:`d` deaths, covariance :math:`V` and the mean :math:`\bar x_k` of the columns over
    those at risk at death :math:`k`,

    .. math:: \hat\beta + d\, V (x_k - \bar x_k)

    Parameters
    ----------
    X : array of float, shape (n_patients, n_columns)
        Design columns.
    time_months : array of float, shape (n_patients,)
        Follow-up in months.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen.
    names : sequence of str
        One name per column.

    Returns
    -------
    SchoenfeldResiduals
        As ``cox.zph(fit)$y`` of R's survival with ``terms = FALSE``; tied deaths share one mean.

    Raises
    ------
    CohortError
        If the cohort is empty, nobody died, a value is missing or sizes differ.
    ModelError
        If the Cox regression has no finite estimate.

    References
    ----------
    .. [1] Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted
       residuals. Biometrika 1994;81:515-526.
    """
    fitted = fit_risk_sets(X, time_months, event_observed, names)
    fit, risk_sets = fitted.fit, fitted.risk_sets
    _, S0, S1, _ = risk_sets.sums(fitted.coefficients)
    mean = np.add.reduceat(S1 / S0[:, None], risk_sets.first, axis=0)
    tied = np.bincount(risk_sets.group)
    residual = risk_sets.X[risk_sets.deaths] - (mean / tied[:, None])[risk_sets.group]
    at_death = risk_sets.time[risk_sets.deaths]
    curve = kaplan_meier(fitted.time_months, fitted.event_observed)
    before = np.searchsorted(curve.time_months, at_death, side="left")
    scaled = risk_sets.deaths.size * (residual * fitted.scale) @ fit.covariance
    return SchoenfeldResiduals(
        names=tuple(names),
        time_months=at_death,
        elapsed=1.0 - np.r_[1.0, curve.survival][before],
        scaled=fit.coefficients + scaled,
        coefficients=fit.coefficients,
    )


def residual_trend(found: SchoenfeldResiduals, name: str) -> ResidualTrend:
    """Smooth the residuals of a column over time.

    Parameters
    ----------
    found : SchoenfeldResiduals
        Of the regression.
    name : str
        One of its columns.

    Returns
    -------
    ResidualTrend
        Least squares on a restricted cubic spline (three knots) of the elapsed share, drawn over
        the month. A level line is what proportional hazards look like.

    Raises
    ------
    CohortError
        If the deaths are too few or at too few times for three knots.
    """
    y = found.scaled[:, found.names.index(name)]
    knots = spline_knots(found.elapsed)
    basis = _basis(found.elapsed, knots)
    coefficients, *_ = np.linalg.lstsq(basis, y, rcond=None)
    rest = y - basis @ coefficients
    variance = float(rest @ rest) / (y.size - basis.shape[1])
    grid = np.linspace(found.elapsed[0], found.elapsed[-1], CURVE_POINTS)
    at = _basis(grid, knots)
    spread = np.einsum("ij,jk,ik->i", at, np.linalg.pinv(basis.T @ basis), at)
    half = NORMAL_QUANTILE_975 * np.sqrt(variance * spread)
    middle = at @ coefficients
    months = np.interp(grid, found.elapsed, found.time_months)
    return ResidualTrend(months, middle, middle - half, middle + half)


def _basis(elapsed: FloatArray, knots: FloatArray) -> FloatArray:
    return np.column_stack([np.ones(elapsed.size), restricted_cubic_spline(elapsed, knots)])
