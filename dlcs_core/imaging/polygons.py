"""Closed polygons to pixels: even-odd, a pixel is inside when its centre is."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.study import Grid, Mask

COORDINATE_DECIMALS = 5
"""Pixel coordinates are rounded to this before the fill (1e-5 pixel, about 10 nm).

Files give decimal millimetres, so that a vertex meant on a pixel centre misses it by rounding;
without this the centre would fall inside or outside by chance.
"""

MAX_CROSSINGS = 5_000_000
"""Crossings of outlines and pixel rows on one slice; more is no outline but fills the memory."""


def mask_from_polygons(grid: Grid, polygons: Mapping[int, Sequence[NDArray[np.float64]]]) -> Mask:
    """Fill polygons given in index coordinates; what a viewer's outline tool returns.

    Parameters
    ----------
    grid : Grid
        Grid of the volume that was drawn on.
    polygons : mapping of int to sequence of float arrays (n_vertices, 2)
        Slice index to polygons of (row, column); whole numbers are pixel centres. Closed by
        itself; even-odd across all polygons of a slice, so that a polygon within another is a
        hole. What lies outside the slice is cut off.

    Returns
    -------
    Mask
        Slices that came out empty are left out.

    Raises
    ------
    ImagingError
        ``polygon_malformed`` for a slice index outside the volume, other shapes or vertices
        that are not finite; ``mask_is_empty`` where no pixel centre is inside.
    """
    planes: dict[int, NDArray[np.bool_]] = {}
    for slice_index, rings in polygons.items():
        if not 0 <= slice_index < grid.size[0]:
            raise ImagingError("polygon_malformed")
        plane = fill_polygons(rings, grid.size[1:])
        if plane.any():
            planes[slice_index] = plane
    if not planes:
        raise ImagingError("mask_is_empty")
    return Mask(grid.size, planes)


def fill_polygons(
    rings: Sequence[NDArray[np.float64]], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Fill the polygons of one slice by the even-odd rule.

    A pixel is inside when the ray from its centre towards lower columns crosses the outlines an
    odd number of times. A centre exactly on an outline is inside on the low-row and low-column
    side and outside on the other, so that polygons that share an edge share no pixel and the
    pixel count is an unbiased measure of the area.

    Parameters
    ----------
    rings : sequence of float arrays (n_vertices, 2)
        (row, column) of the vertices; whole numbers are pixel centres.
    shape : tuple of int
        Rows, columns.

    Returns
    -------
    bool array (rows, columns)

    Raises
    ------
    ImagingError
        ``polygon_malformed`` for other shapes, vertices that are not finite or endless zigzag.
    """
    plane = np.zeros(shape, dtype=bool)
    edges = [_edges(ring) for ring in rings]
    if not edges:
        return plane
    rows, columns = _crossings(np.concatenate(edges), shape[0])
    if rows.size == 0:
        return plane
    top, left = int(rows.min()), min(max(int(columns.min()), 0), shape[1])
    height = int(rows.max()) - top + 1
    width = min(max(int(columns.max()), 0), shape[1]) - left
    if width <= 0:
        return plane
    # An outline crossed at column x toggles every pixel from ceil(x) on; the last bin collects
    # the toggles beyond the box.
    first = np.clip(columns - left, 0, width)
    toggles = np.bincount((rows - top) * (width + 1) + first, minlength=height * (width + 1))
    odd = (toggles & 1).astype(np.uint8).reshape(height, width + 1)[:, :width]
    inside = np.bitwise_xor.accumulate(odd, axis=1)
    plane[top : top + height, left : left + width] = inside.view(np.bool_)
    return plane


def _edges(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the closed ring as (row0, column0, row1, column1), one line per edge."""
    vertices = np.asarray(ring, dtype=np.float64)
    if vertices.ndim != 2 or vertices.shape[1] != 2 or not np.isfinite(vertices).all():
        raise ImagingError("polygon_malformed")
    vertices = np.round(vertices, COORDINATE_DECIMALS)
    return np.hstack([vertices, np.roll(vertices, -1, axis=0)])


def _crossings(
    edges: NDArray[np.float64], n_rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where outlines cross the rows of pixel centres: row, first column at or beyond.

    An edge crosses the rows in the half-open range from its lower to its upper end, so that a
    vertex on a row counts once where the outline passes and twice or never where it turns.
    """
    low, high = np.minimum(edges[:, 0], edges[:, 2]), np.maximum(edges[:, 0], edges[:, 2])
    first = np.clip(np.ceil(low), 0, n_rows).astype(np.int64)
    count = np.maximum(np.clip(np.ceil(high), 0, n_rows).astype(np.int64) - first, 0)
    if int(count.sum()) > MAX_CROSSINGS:
        raise ImagingError("polygon_malformed")
    edge = np.repeat(np.arange(len(edges)), count)
    start_of_edge = np.cumsum(count) - count
    rows = first[edge] + np.arange(edge.size) - start_of_edge[edge]
    row0, column0, row1, column1 = edges[edge].T
    column = column0 + (rows - row0) * (column1 - column0) / (row1 - row0)
    limit = np.iinfo(np.int32).max
    columns = np.ceil(np.round(np.clip(column, -limit, limit), COORDINATE_DECIMALS))
    return rows, columns.astype(np.int64)
