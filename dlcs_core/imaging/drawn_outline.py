"""Outlines drawn in the viewer: between a mask and what travels and is kept as a draft.

A drawing is a JSON object of slice index to ``{"rings": [...], "count": n}`` (vertices of
polygons as a flat list ``row, column, row, column, ...`` in pixel coordinates of the native
grid) or ``{"runs": [...], "count": n}`` (start and length of runs of pixels in row-major order).
``count`` is the number of pixels that the browser filled: both sides must agree on it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.polygons import fill_polygons
from dlcs_core.imaging.study import Grid, Mask

MAX_VERTICES = 20_000
"""Vertices of one slice's polygons; more is no drawing."""

MAX_NUMBER = 1e9
"""Coordinates and pixel numbers beyond this, and what is no number, are no drawing."""

Drawing = Mapping[str, object]


def mask_from_drawing(grid: Grid, drawing: object) -> Mask:
    """Return the mask of a drawing.

    Parameters
    ----------
    grid : Grid
        Grid of the volume that was drawn on.
    drawing : object
        Decoded JSON of the browser or the store; nothing about it is trusted.

    Returns
    -------
    Mask
        Without any plane where nothing is drawn.

    Raises
    ------
    ImagingError
        ``polygon_malformed`` where the drawing is none of this grid, ``outline_fill_differs``
        where browser and server filled different numbers of pixels.
    """
    if not isinstance(drawing, Mapping):
        raise ImagingError("polygon_malformed")
    planes: dict[int, NDArray[np.bool_]] = {}
    for name, shape in drawing.items():
        slice_index = _slice_index(str(name), grid.size[0])
        plane = _plane(shape, grid.size[1:])
        if plane.any():
            planes[slice_index] = plane
    return Mask(grid.size, planes)


def drawing_of(mask: Mask) -> dict[str, dict[str, object]]:
    """Return the drawing of a mask, as runs of pixels.

    Examples
    --------
    >>> plane = np.array([[False, True, True], [True, False, False]])
    >>> drawing_of(Mask((9, 2, 3), {4: plane}))
    {'4': {'runs': [1, 3], 'count': 3}}
    """
    return {
        str(slice_index): {"runs": _runs(plane), "count": int(np.count_nonzero(plane))}
        for slice_index, plane in sorted(mask.planes.items())
        if plane.any()
    }


def _slice_index(name: str, n_slices: int) -> int:
    is_number = name.isascii() and name.isdecimal() and len(name) < 7
    if not is_number or int(name) >= n_slices:
        raise ImagingError("polygon_malformed")
    return int(name)


def _plane(shape: object, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill one slice and hold it against the browser's count."""
    if not isinstance(shape, Mapping) or ("rings" in shape) == ("runs" in shape):
        raise ImagingError("polygon_malformed")
    if "rings" in shape:
        plane = fill_polygons(_rings(shape["rings"]), size)
    else:
        plane = _filled_runs(shape["runs"], size)
    filled = int(np.count_nonzero(plane))
    if shape.get("count") != filled:
        raise ImagingError("outline_fill_differs", found=filled)
    return plane


def _numbers(values: object, limit: int) -> list[float]:
    """Return a list of numbers that can be places on a slice, refused otherwise."""
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) > limit:
        raise ImagingError("polygon_malformed")
    numbers = [v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if len(numbers) != len(values) or not all(abs(v) < MAX_NUMBER for v in numbers):
        raise ImagingError("polygon_malformed")
    return numbers


def _rings(rings: object) -> list[NDArray[np.float64]]:
    if not isinstance(rings, Sequence) or isinstance(rings, str) or len(rings) > MAX_VERTICES:
        raise ImagingError("polygon_malformed")
    arrays = [np.array(_numbers(ring, 2 * MAX_VERTICES), dtype=np.float64) for ring in rings]
    if any(ring.size % 2 or ring.size < 6 for ring in arrays):
        raise ImagingError("polygon_malformed")
    return [ring.reshape(-1, 2) for ring in arrays]


def _filled_runs(runs: object, size: tuple[int, int]) -> NDArray[np.bool_]:
    n_pixels = size[0] * size[1]
    numbers = _numbers(runs, n_pixels + 1)
    if len(numbers) % 2 or not all(isinstance(v, int) and 0 <= v <= n_pixels for v in numbers):
        raise ImagingError("polygon_malformed")
    pairs = np.array(numbers, dtype=np.int64).reshape(-1, 2)
    if (pairs.sum(axis=1) > n_pixels).any():
        raise ImagingError("polygon_malformed")
    flat = np.zeros(n_pixels, dtype=bool)
    for start, length in pairs.tolist():
        flat[start : start + length] = True
    return flat.reshape(size)


def _runs(plane: NDArray[np.bool_]) -> list[int]:
    """Return start and length of each run of pixels inside, in row-major order."""
    steps = np.diff(plane.ravel().astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    runs: list[int] = np.column_stack([starts, ends - starts]).ravel().tolist()
    return runs
