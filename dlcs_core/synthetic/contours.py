"""Trace the outline of a mask as closed polygons along pixel edges."""

import numpy as np
from numpy.typing import NDArray

Corner = tuple[int, int]

_EDGES = (
    # neighbour (row, column), start corner, end corner: clockwise around the pixel
    ((-1, 0), (0, 0), (0, 1)),
    ((0, 1), (0, 1), (1, 1)),
    ((1, 0), (1, 1), (1, 0)),
    ((0, -1), (1, 0), (0, 0)),
)


def outline_polygons(mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Return closed polygons whose even-odd filling is the mask.

    Parameters
    ----------
    mask : bool array (rows, columns)
        One slice.

    Returns
    -------
    list of float64 array (n_points, 2)
        Row and column of the corners, pixel centres at whole numbers; holes are polygons of
        their own. Empty for an empty mask.

    Examples
    --------
    >>> import numpy as np
    >>> outline_polygons(np.array([[True, True]]))[0].tolist()
    [[-0.5, -0.5], [-0.5, 1.5], [0.5, 1.5], [0.5, -0.5]]
    """
    following = _boundary_edges(mask)
    polygons = []
    while following:
        loop = _walk(following)
        polygons.append(np.array(_turning_points(loop), dtype=np.float64) - 0.5)
    return polygons


def _boundary_edges(mask: NDArray[np.bool_]) -> dict[Corner, list[Corner]]:
    """Return the edges between mask and background, by their starting corner."""
    padded = np.pad(mask, 1)
    following: dict[Corner, list[Corner]] = {}
    for (d_row, d_column), start, end in _EDGES:
        outside = ~np.roll(padded, (-d_row, -d_column), axis=(0, 1))[1:-1, 1:-1]
        for row, column in np.argwhere(mask & outside).tolist():
            corner = (row + start[0], column + start[1])
            following.setdefault(corner, []).append((row + end[0], column + end[1]))
    return following


def _walk(following: dict[Corner, list[Corner]]) -> list[Corner]:
    """Follow edges from the first corner until it is reached again, using them up."""
    first = next(iter(following))
    loop, corner = [first], first
    while True:
        ends = following[corner]
        corner_next = ends.pop()
        if not ends:
            del following[corner]
        if corner_next == first:
            return loop
        loop.append(corner_next)
        corner = corner_next


def _turning_points(loop: list[Corner]) -> list[Corner]:
    """Drop the corners at which the outline runs straight on."""
    kept = []
    for before, at, after in zip(loop[-1:] + loop[:-1], loop, loop[1:] + loop[:1], strict=True):
        same_row = before[0] == at[0] == after[0]
        same_column = before[1] == at[1] == after[1]
        if not (same_row or same_column):
            kept.append(at)
    return kept
