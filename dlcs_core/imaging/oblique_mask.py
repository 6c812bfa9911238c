"""A mask on a grid at an angle to the image's: nearest sample of every pixel it can reach."""

import numpy as np
from numpy.typing import NDArray

from dlcs_core.imaging.grid_axes import (
    Axes,
    Box,
    Planes,
    along_axes_mm,
    mask_block,
    mask_box,
    nearest_sample,
    sample_offsets_mm,
)
from dlcs_core.imaging.study import Grid

HALF_UP = 0.5 + 1e-9
"""Added before rounding down: exactly between two samples the higher one is taken."""


def sample_obliquely(source: Grid, planes: Planes, grid: Grid) -> Planes:
    """Carry a mask over to a grid at any angle.

    Parameters
    ----------
    source, grid : Grid
        Grid of the mask and of the image.
    planes : mapping of int to bool array (rows, columns)
        The mask's slices on ``source``; not all empty.

    Returns
    -------
    mapping of int to bool array (rows, columns)
        Slices of ``grid`` that the mask's box reaches, also those that came out empty.
    """
    box = mask_box(planes)
    block = mask_block(planes, box)
    first, last = _touched_box(source, box, grid)
    rows, columns = np.arange(first[1], last[1] + 1), np.arange(first[2], last[2] + 1)
    placed: dict[int, NDArray[np.bool_]] = {}
    for slice_index in range(first[0], last[0] + 1):
        along_mm = _plane_along_axes(source, grid, slice_index, rows, columns)
        placed[slice_index] = np.zeros(grid.size[1:], dtype=bool)
        placed[slice_index][np.ix_(rows, columns)] = _sampled_plane(source, box, block, along_mm)
    return placed


def _plane_along_axes(
    source: Grid,
    grid: Grid,
    slice_index: int,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> Axes:
    """Return where a rectangle of pixels lies along each source axis, mm from its sample 0."""
    corner = grid.patient_position_mm(slice_index, 0, 0)
    start = along_axes_mm(source, corner)
    down = along_axes_mm(source, source.origin_mm + np.asarray(grid.row_direction))
    across = along_axes_mm(source, source.origin_mm + np.asarray(grid.column_direction))
    rows_mm, columns_mm = rows * grid.spacing_mm[1], columns * grid.spacing_mm[2]
    slice_mm, row_mm, column_mm = (
        start[axis] + (rows_mm * down[axis])[:, None] + columns_mm * across[axis]
        for axis in range(3)
    )
    return slice_mm, row_mm, column_mm


def _touched_box(source: Grid, box: Box, grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first and last grid index per axis that the mask's box can reach."""
    margin = 0.5
    corners = [
        source.patient_position_mm(box[0][k], box[1][i] + (i - margin), box[2][j] + (j - margin))
        + (2 * k - 1) * margin * source.spacing_mm[0] * np.asarray(source.normal)
        for k in (0, 1)
        for i in (0, 1)
        for j in (0, 1)
    ]
    reached_mm = along_axes_mm(grid, np.array(corners))
    low, high = reached_mm.min(axis=0), reached_mm.max(axis=0)
    offsets = sample_offsets_mm(grid)
    first = [int(np.searchsorted(offsets[axis], low[axis])) for axis in range(3)]
    last = [int(np.searchsorted(offsets[axis], high[axis], side="right")) - 1 for axis in range(3)]
    return np.array(first), np.array(last)


def _sampled_plane(
    source: Grid, box: Box, block: NDArray[np.bool_], along_mm: Axes
) -> NDArray[np.bool_]:
    """Return the nearest mask sample of each pixel, False outside the mask's box."""
    offsets_mm = sample_offsets_mm(source)[0][box[0][0] : box[0][1] + 1]
    slices, away_mm = nearest_sample(offsets_mm, along_mm[0])
    rows, columns = (
        np.floor(along_mm[axis] / source.spacing_mm[axis] + HALF_UP).astype(np.int64) - box[axis][0]
        for axis in (1, 2)
    )
    inside = (
        (np.abs(away_mm) <= source.spacing_mm[0] / 2)
        & (rows >= 0)
        & (rows < block.shape[1])
        & (columns >= 0)
        & (columns < block.shape[2])
    )
    found = np.zeros(inside.shape, dtype=bool)
    found[inside] = block[slices[inside], rows[inside], columns[inside]]
    return found
