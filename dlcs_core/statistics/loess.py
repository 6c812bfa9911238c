"""Local quadratic regression, as R's ``loess`` with ``surface = "direct"``."""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from dlcs_core.statistics.checks import FloatArray

SPAN = 0.75
BINS = 2500
EXTREMES = 100
"""Rows at either end that stay points of their own, since the curve bends most there."""
EVERY = 4
"""Every so many bins one is smoothed at."""
CONDITION_FLOOR = 1e-7
"""Smallest eigenvalue of scaled normal equations that are solved without a decomposition."""
CHUNK = 32
"""Evaluation points worked on at once, so that their weights stay in the cache."""

LIKENESS = 4.0
"""Ratio of widths, and of distance to width, within which moving sums costs no digits."""

RANK_TOLERANCE = 100.0 * float(np.finfo(np.float64).eps)
"""Relative size of a singular value that counts as 0, as in the loess routines."""


@dataclass(frozen=True, eq=False)
class LoessPoints:
    """Points to smooth.

    Attributes
    ----------
    x, y, count : array of float64, shape (n_points,)
        Increasing x; y and the number of rows behind each point.
    rows : array of float64, shape (n_rows,)
        Sorted x of the rows, which set the width of each neighbourhood.
    """

    x: FloatArray
    y: FloatArray
    count: FloatArray
    rows: FloatArray


def bin_points(x: FloatArray, y: FloatArray) -> LoessPoints:
    """Gather sorted rows in bins of equal count, the first and last hundred on their own.

    Parameters
    ----------
    x, y : array of float64, shape (n_rows,)
        Sorted by x; more rows than bins.

    Returns
    -------
    LoessPoints
        At the mean x and y of each bin; bins of equal x are merged.
    """
    inner = np.linspace(EXTREMES, x.size - EXTREMES, BINS + 1).astype(np.intp)[:-1]
    ends = np.arange(EXTREMES, dtype=np.intp)
    start = np.concatenate([ends, inner, x.size - EXTREMES + ends])
    count = np.diff(np.append(start, x.size)).astype(np.float64)
    mean_x = np.add.reduceat(x, start) / count
    mean_y = np.add.reduceat(y, start) / count
    # The mean of equal numbers can stray from them in its last digit.
    mean_x = np.clip(np.maximum.accumulate(mean_x), x[0], x[-1])
    at, index = np.unique(mean_x, return_inverse=True)
    total = np.asarray(np.bincount(index, weights=count), dtype=np.float64)
    weighted = np.asarray(np.bincount(index, weights=count * mean_y), dtype=np.float64)
    return LoessPoints(at, weighted / total, total, x)


def binned_places(points: LoessPoints) -> FloatArray:
    """Return where binned points are smoothed: the extremes and every fourth bin between.

    Joining these places by lines moves an ICI by less than 1e-6.
    """
    index = np.arange(points.x.size)
    at_an_end = (index < EXTREMES) | (index >= points.x.size - EXTREMES)
    return np.asarray(points.x[at_an_end | (index % EVERY == 0)])


def loess(points: LoessPoints, at: FloatArray) -> FloatArray:
    """Smooth the points at the given places.

    Each place has its own parabola through the nearest three quarters of the rows, weighted by
    the tricube of their distance and evaluated at the place itself.

    Parameters
    ----------
    points : LoessPoints
        What to smooth.
    at : array of float64, shape (n_places,)
        Where.

    Returns
    -------
    array of float64, shape (n_places,)
        Fitted values; not clipped.
    """
    width = _widths(points.rows, at)
    pieces = [
        _local_fits(points, at[i : i + CHUNK], width[i : i + CHUNK])
        for i in range(0, at.size, CHUNK)
    ]
    return np.concatenate(pieces)


def loess_weights(points: LoessPoints, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weight of every point in the fit at each place, and its distance in widths.

    Parameters
    ----------
    points : LoessPoints
        What is smoothed.
    at : array of float64, shape (n_places,)
        Where.

    Returns
    -------
    tuple of array of float64, shape (n_places, n_points)
        Tricube times the rows behind the point, and ``(x - at) / width``.
    """
    width = _widths(points.rows, at)[:, None]
    u = (points.x - at[:, None]) / np.where(width > 0.0, width, 1.0)
    weight = np.where(width > 0.0, _tricube(u), points.x == at[:, None])
    return np.asarray(weight * points.count), u


def _widths(rows: FloatArray, at: FloatArray) -> FloatArray:
    """Distance from each place to the nearest three quarters of the sorted rows."""
    q = int(np.floor(rows.size * SPAN + 1e-5))
    # The window [i, i + q) moves right as long as the row entering is nearer than the one
    # leaving; the sum of the two decides, and it increases with i.
    left = np.searchsorted(rows[:-q] + rows[q:], 2.0 * at, side="left")
    return np.maximum(at - rows[left], rows[left + q - 1] - at)


def _local_fits(points: LoessPoints, at: FloatArray, width: FloatArray) -> FloatArray:
    """Value of each place's weighted parabola at the place."""
    # Points beyond every place's reach have no weight.
    first = np.searchsorted(points.x, np.min(at - width), side="left")
    last = np.searchsorted(points.x, np.max(at + width), side="right")
    x, y, count = points.x[first:last], points.y[first:last], points.count[first:last]
    # A width of 0 (most rows at the place itself) leaves only those rows.
    safe = np.where(width > 0.0, width, 1.0)
    u = (x - at[:, None]) * (1.0 / safe)[:, None]
    weight = _tricube(u)
    still = width == 0.0
    weight[still] = x == at[still, None]
    weight *= count
    narrowest = float(width.min())
    alike = max(float(width.max()), float(np.ptp(at))) <= LIKENESS * narrowest
    sums = _moments_by_product(x, y, weight, at, safe) if alike else _moments(y, weight, u)
    moments, right = sums
    normal = moments[:, [[0, 1, 2], [1, 2, 3], [2, 3, 4]]]
    regular = _well_conditioned(normal)
    fitted = np.empty(at.size)
    fitted[regular] = np.linalg.solve(normal[regular], right[regular][:, :, None])[:, 0, 0]
    for i in np.flatnonzero(~regular):
        fitted[i] = _minimum_norm(u[i], y, weight[i])
    return fitted


def _moments(y: FloatArray, weight: FloatArray, u: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted sums of u^k (k to 4) and of y u^k (k to 2), u = (x - at) / width, per place."""
    moments, right = np.empty((len(u), 5)), np.empty((len(u), 3))
    power = weight.copy()
    for k in range(5):
        moments[:, k] = power.sum(axis=1)
        if k < 3:
            right[:, k] = power @ y
        power *= u
    return moments, right


def _moments_by_product(
    x: FloatArray, y: FloatArray, weight: FloatArray, at: FloatArray, width: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the same for neighbouring places of similar width, in half the time.

    One matrix product gives the sums about a common middle; they are then moved to each place.
    """
    middle, scale = 0.5 * (at[0] + at[-1]), float(width.max())
    powers = ((x - middle) / scale)[:, None] ** np.arange(5)
    about_middle = weight @ np.hstack([powers, powers[:, :3] * y[:, None]])
    shift = ((middle - at) / scale)[:, None] ** np.arange(5)
    moments, right = np.zeros((at.size, 5)), np.zeros((at.size, 3))
    for k in range(5):
        for j in range(k + 1):
            part = comb(k, j) * shift[:, k - j]
            moments[:, k] += part * about_middle[:, j]
            if k < 3:
                right[:, k] += part * about_middle[:, 5 + j]
    units = (scale / width)[:, None] ** np.arange(5)
    return moments * units, right * units[:, :3]


def _tricube(u: FloatArray) -> FloatArray:
    """Weight ``(1 - |u|^3)^3`` within 1, 0 beyond; products are far faster than powers."""
    size = np.abs(u)
    near = size * size
    near *= size
    np.subtract(1.0, near, out=near)
    np.maximum(near, 0.0, out=near)
    weight = near * near
    weight *= near
    return np.asarray(weight, dtype=np.float64)


def _well_conditioned(normal: FloatArray) -> NDArray[np.bool_]:
    """Which normal equations may be solved as they are, without losing digits."""
    size = np.sqrt(np.maximum(np.diagonal(normal, axis1=1, axis2=2), 0.0))
    safe = np.where(size > 0.0, size, 1.0)
    smallest = np.linalg.eigvalsh(normal / safe[:, :, None] / safe[:, None, :])[:, 0]
    return np.asarray(smallest > CONDITION_FLOOR)


def _minimum_norm(u: FloatArray, y: FloatArray, weight: FloatArray) -> float:
    """Parabola through (nearly) too few points: the pseudo-inverse, as in loess."""
    root = np.sqrt(weight)
    columns = np.column_stack([root, root * u, root * u**2])
    size = np.linalg.norm(columns, axis=0)
    size[size == 0.0] = 1.0
    solved = np.linalg.lstsq(columns / size, root * y, rcond=RANK_TOLERANCE)[0]
    return float(solved[0] / size[0])
