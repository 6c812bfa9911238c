"""Curves of many points cut down to what a screen can show, without moving a visible pixel."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

COLUMNS = 1500
"""Columns into which the axis is cut, at least as many as any figure has pixels."""


def thinned(x: FloatArray, y: FloatArray, columns: int = COLUMNS) -> NDArray[np.intp]:
    """Return which points of a curve are enough to draw it.

    In every column of pixels the first, last, lowest and highest point stay, so that the line
    covers the same pixels.

    Parameters
    ----------
    x : array of float64, shape (n_points,)
        Non-decreasing or non-increasing, finite.
    y : array of float64, shape (n_points,)
        Finite.
    columns : int
        Number of columns between the smallest and the largest x.

    Returns
    -------
    array of int
        Indices in order, at most four per column; all where there are no more.

    Examples
    --------
    >>> x = np.linspace(0.0, 1.0, 100_001)
    >>> thinned(x, x, columns=2).tolist()
    [0, 49999, 50000, 100000]
    """
    span = float(np.ptp(x)) if x.size else 0.0
    if x.size <= 4 * columns or span == 0.0:
        return np.arange(x.size, dtype=np.intp)
    column = np.minimum((np.abs(x - x[0]) / span * columns).astype(np.intp), columns - 1)
    first = np.flatnonzero(np.r_[True, column[1:] != column[:-1]])
    last = np.r_[first[1:], x.size] - 1
    by_height = np.lexsort((y, column))
    kept = np.concatenate([first, last, by_height[first], by_height[last]])
    return np.unique(kept).astype(np.intp)
