"""Smooth calibration curve by local quadratic regression, and the distances read from it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from dlcs_core.errors import CohortError
from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.loess import LoessPoints, bin_points, binned_places, loess
from dlcs_core.statistics.loess_band import loess_band
from dlcs_core.statistics.ranking import RankedScore, check_unit_interval, rank_risk

CurveMethod = Literal["loess", "loess_binned"]

DIRECT_ROWS = 5000
"""Up to so many distinct risks all rows are smoothed; above, bins of rows are."""

FEWEST_VALUES = 4
"""A local parabola needs three distinct risks and one to spare."""


@dataclass(frozen=True, eq=False)
class CalibrationCurve:
    """Observed share of good response as a smooth function of the predicted one.

    Attributes
    ----------
    predicted : array of float64, shape (n_points,)
        Evenly spaced risks from the smallest to the largest.
    observed : array of float64, shape (n_points,)
        The curve; not clipped, so that it can leave [0, 1] a little.
    ci95_low, ci95_high : array of float64, shape (n_points,)
        Pointwise band of the curve, as R's ``predict(loess, se = TRUE)`` with a t quantile; not
        clipped; NaN where the neighbourhood determines no curve.
    ici, e50, e90, emax : float
        Mean, median, 90 % quantile and maximum of ``|observed - predicted|`` over the patients.
    method : {"loess", "loess_binned"}
        Whether every row or bins of rows were smoothed.
    """

    predicted: FloatArray
    observed: FloatArray
    ci95_low: FloatArray
    ci95_high: FloatArray
    ici: float
    e50: float
    e90: float
    emax: float
    method: CurveMethod


def calibration_curve(
    good_response: ArrayLike, risk: ArrayLike, *, n_points: int = 101
) -> CalibrationCurve:
    """Smooth calibration curve with ICI, E50, E90 and Emax.

    Equals R's ``loess(y ~ risk, span = 0.75, degree = 2, surface = "direct")``. Above 5,000
    distinct risks the points are quantile bins weighted by their counts, extremes kept, and the
    distances are still taken over all rows; ICI then agrees to 1e-4.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True where the tumour regression grade is 0 or 1.
    risk : array of float, shape (n_patients,)
        Predicted probability of good response, in [0, 1].
    n_points : int
        Points of the drawn curve, at least 2.

    Returns
    -------
    CalibrationCurve
        The curve and its distances from the diagonal.

    Raises
    ------
    CohortError
        If the cohort is empty, sizes differ, a risk is missing or outside [0, 1], one class is
        absent, or there are fewer than four distinct risks.

    References
    ----------
    .. [1] Austin PC, Steyerberg EW. The Integrated Calibration Index (ICI) and related metrics
       for quantifying the calibration of logistic regression models. Stat Med
       2019;38:4051-4065.
    """
    return calibration_curve_of(rank_risk(good_response, risk), n_points=n_points)


def calibration_curve_of(ranked: RankedScore, *, n_points: int = 101) -> CalibrationCurve:
    """Smooth curve of patients that are sorted already; see :func:`calibration_curve`."""
    check_unit_interval(ranked)
    x, y = ranked.score, ranked.outcome.astype(np.float64)
    distinct = ranked.first.size
    if distinct < FEWEST_VALUES:
        raise CohortError("statistic_too_few_values", column="risk", count=distinct)
    grid = np.linspace(x[0], x[-1], n_points)
    if distinct <= DIRECT_ROWS:
        share = np.asarray(ranked.positives / ranked.count, dtype=np.float64)
        points = LoessPoints(ranked.distinct, share, ranked.count.astype(np.float64), x)
        fitted = np.repeat(loess(points, points.x), ranked.count)
        method: CurveMethod = "loess"
    else:
        points = bin_points(x, y)
        places = binned_places(points)
        fitted = np.interp(x, places, loess(points, places))
        method = "loess_binned"
    distance = np.abs(fitted - x)
    observed = loess(points, grid)
    low, high = _band(points, grid, observed, float(((y - fitted) ** 2).sum()))
    return CalibrationCurve(
        predicted=grid,
        observed=observed,
        ci95_low=low,
        ci95_high=high,
        ici=float(distance.mean()),
        e50=float(np.median(distance)),
        e90=float(np.quantile(distance, 0.9)),
        emax=float(distance.max()),
        method=method,
    )


def _band(
    points: LoessPoints, grid: FloatArray, observed: FloatArray, residual_sum: float
) -> tuple[FloatArray, FloatArray]:
    """Limits of the curve; NaN where the rows leave no residual variance."""
    band = loess_band(points, grid, observed, residual_sum)
    if band is None:
        nothing = np.full(grid.size, np.nan)
        return nothing, nothing
    return band.low, band.high
