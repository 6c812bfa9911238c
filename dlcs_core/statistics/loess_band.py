"""Pointwise confidence band of a local quadratic regression, as R's ``predict(loess, se = TRUE)``.

The fit at a place is linear in the outcomes. Its variance is the residual variance times the sum
of squared coefficients, and its degrees of freedom come from the trace of the residual operator
and of that operator's square.
"""

import math
from dataclasses import dataclass

import numpy as np

from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.loess import CONDITION_FLOOR, LoessPoints, loess_weights

EXACT_POINTS = 500
"""Up to so many distinct places the traces are exact; above, leverages are interpolated."""


@dataclass(frozen=True, eq=False)
class LoessBand:
    """A band around a smooth curve.

    Attributes
    ----------
    low, high : array of float64, shape (n_places,)
        Pointwise 95 % limits; NaN where the curve is not determined by its neighbourhood.
    se : array of float64, shape (n_places,)
        Standard error of the curve.
    df : float
        Of the t quantile.
    residual_se : float
        Standard deviation of an outcome around the curve.
    """

    low: FloatArray
    high: FloatArray
    se: FloatArray
    df: float
    residual_se: float


def loess_band(
    points: LoessPoints, at: FloatArray, fitted: FloatArray, residual_sum: float
) -> LoessBand | None:
    r"""Band of a curve with its own residual variance.

    With :math:`L` the operator from outcomes to fitted outcomes of the rows,
    :math:`\delta_1 = tr(I-L)(I-L)^T` and :math:`\delta_2 = tr((I-L)(I-L)^T)^2`, the residual
    variance is the residual sum of squares over :math:`\delta_1` and the degrees of freedom
    are :math:`\delta_1^2/\delta_2`.

    Parameters
    ----------
    points : LoessPoints
        What was smoothed.
    at : array of float64, shape (n_places,)
        Where the band is wanted; increasing, from the smallest to the largest x.
    fitted : array of float64, shape (n_places,)
        The curve there.
    residual_sum : float
        Sum over all rows of the squared distance of the outcome from the curve.

    Returns
    -------
    LoessBand or None
        None where the rows determine no residual variance. Up to 500 distinct places equal to
        R's ``loess.control(surface = "direct", statistics = "exact")``; above, both traces are
        the rows less twice the sum of leverages plus the sum of squared coefficients, read from
        the places by interpolation.

    References
    ----------
    .. [1] Cleveland WS, Grosse E, Shyu WM. Local regression models. In: Statistical Models in S.
       Wadsworth 1992, chapter 8.
    """
    from scipy.special import stdtrit

    operator, leverage = _operator(points, at)
    squared = np.asarray((operator**2 / points.count).sum(axis=1))
    if points.x.size <= EXACT_POINTS:
        first, second = _exact_traces(points)
    else:
        first = second = _interpolated_trace(points, at, leverage, squared)
    if not (first > 0.0 and second > 0.0):
        return None
    df, residual_se = first**2 / second, math.sqrt(residual_sum / first)
    se = residual_se * np.sqrt(squared)
    half = float(stdtrit(df, 0.975)) * se
    return LoessBand(fitted - half, fitted + half, se, df, residual_se)


def _operator(points: LoessPoints, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Coefficients of the points in the fit at each place, and the leverage of a row there.

    Both are NaN where the neighbourhood determines no parabola.
    """
    weight, u = loess_weights(points, at)
    powers = u[:, :, None] ** np.arange(3)
    normal = np.einsum("pj,pja,pjb->pab", weight, powers, powers)
    regular = _regular(normal)
    first = np.full((at.size, 3), np.nan)
    unit = np.zeros((int(regular.sum()), 3, 1))
    unit[:, 0] = 1.0
    first[regular] = np.linalg.solve(normal[regular], unit)[:, :, 0]
    operator = weight * np.einsum("pja,pa->pj", powers, first)
    return operator, first[:, 0]


def _regular(normal: FloatArray) -> np.ndarray:
    """Which normal equations have one solution."""
    size = np.sqrt(np.maximum(np.diagonal(normal, axis1=1, axis2=2), 0.0))
    safe = np.where(size > 0.0, size, 1.0)
    scaled = normal / safe[:, :, None] / safe[:, None, :]
    return np.asarray(np.linalg.eigvalsh(scaled)[:, 0] > CONDITION_FLOOR)


def _exact_traces(points: LoessPoints) -> tuple[float, float]:
    """Both traces over the rows, by the distinct places that share a fit.

    Rows at one place have the same fit, so that (I-L)(I-L)^T is I less a matrix that is constant
    over the rows of two places.
    """
    shared = np.nan_to_num(_operator(points, points.x)[0]) / points.count
    inner = shared + shared.T - (shared * points.count) @ shared.T
    moved = inner * points.count
    n = float(points.count.sum())
    trace = float(np.trace(moved))
    return n - trace, n - 2.0 * trace + float((moved * moved.T).sum())


def _interpolated_trace(
    points: LoessPoints, at: FloatArray, leverage: FloatArray, squared: FloatArray
) -> float:
    """First trace with the leverages between the places read along straight lines."""
    known = ~np.isnan(leverage)
    if not known.any():
        return math.nan
    per_row = np.interp(points.x, at[known], (squared - 2.0 * leverage)[known])
    return float(points.count.sum() + points.count @ per_row)
