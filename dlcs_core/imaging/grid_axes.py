"""Axes of a grid as numbers: directions, sample offsets, nearest samples, the box of a mask."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dlcs_core.imaging.study import Grid

POSITION_DECIMALS = 6
"""Millimetre decimals at which a pixel exactly between two samples is told from rounding."""

Planes = Mapping[int, NDArray[np.bool_]]
Axes = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""First and last index per axis."""


def axis_directions(grid: Grid) -> NDArray[np.float64]:
    """Return the unit vectors of slice, row and column axis as the rows of a matrix."""
    return np.array([grid.normal, grid.row_direction, grid.column_direction])


def sample_offsets_mm(grid: Grid) -> Axes:
    """Return the distance of each sample from the first, along each axis."""
    positions = np.asarray(grid.slice_positions_mm, dtype=np.float64)
    rows = np.arange(grid.size[1], dtype=np.float64) * grid.spacing_mm[1]
    columns = np.arange(grid.size[2], dtype=np.float64) * grid.spacing_mm[2]
    return positions - positions[0], rows, columns


def along_axes_mm(grid: Grid, positions_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return patient positions as distances from the first sample along each axis."""
    relative = positions_mm - np.asarray(grid.origin_mm)
    return np.asarray(relative @ np.linalg.inv(axis_directions(grid)))


def nearest_sample(
    samples: NDArray[np.float64], targets: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the index of the sample nearest to each target, and target minus sample.

    Exactly between two samples the one at the higher coordinate is taken.
    """
    order = np.argsort(samples, kind="stable")
    ordered = samples[order]
    between = np.round((ordered[1:] + ordered[:-1]) / 2, POSITION_DECIMALS)
    index = np.searchsorted(between, np.round(targets, POSITION_DECIMALS), side="right")
    return order[index], targets - ordered[index]


def mask_box(planes: Planes) -> Box:
    """Return first and last index that the mask touches, per source axis."""
    together = np.logical_or.reduce(list(planes.values()))
    rows, columns = np.flatnonzero(together.any(axis=1)), np.flatnonzero(together.any(axis=0))
    return (
        (min(planes), max(planes)),
        (int(rows[0]), int(rows[-1])),
        (int(columns[0]), int(columns[-1])),
    )


def mask_block(planes: Planes, box: Box) -> NDArray[np.bool_]:
    """Return the mask's box as one dense array."""
    (first, last), (top, bottom), (left, right) = box
    block = np.zeros((last - first + 1, bottom - top + 1, right - left + 1), dtype=bool)
    for index, plane in planes.items():
        block[index - first] = plane[top : bottom + 1, left : right + 1]
    return block
