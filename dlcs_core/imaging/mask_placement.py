"""A mask drawn on its own grid, carried over to the grid of the image.

Where every sample of the mask coincides with a sample of the image, whatever the order and
direction in which the file stores its axes, this is a copy. Otherwise each image pixel takes the
nearest mask sample in patient space, computed only where the mask is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.grid_axes import (
    Axes,
    Planes,
    along_axes_mm,
    axis_directions,
    mask_block,
    mask_box,
    nearest_sample,
    sample_offsets_mm,
)
from dlcs_core.imaging.oblique_mask import sample_obliquely
from dlcs_core.imaging.study import Grid, Mask

GRID_TOLERANCE = 0.1
"""Samples coincide when they are closer than this share of a voxel."""

ROUNDING = 1 + 1e-6
"""Share by which a distance may exceed a limit through rounding."""


def place_mask(source: Grid, planes: Planes, grid: Grid) -> tuple[Mask, tuple[Notice, ...]]:
    """Carry a mask over to another grid.

    Parameters
    ----------
    source : Grid
        Grid of the mask file; its axes may run in any order and direction.
    planes : mapping of int to bool array (rows, columns)
        The mask's slices on ``source``, at least those that are not empty.
    grid : Grid
        Grid of the image.

    Returns
    -------
    mask : Mask
        On ``grid``.
    notices : tuple of Notice
        ``mask_resampled`` unless it was a copy; ``mask_partly_outside_image`` where slices of
        the mask have no slice of the image; ``mask_cut_at_border`` where its pixels leave it.

    Raises
    ------
    ImagingError
        ``mask_is_empty`` or ``mask_outside_image``.
    """
    filled = {index: plane for index, plane in planes.items() if plane.any()}
    if not filled:
        raise ImagingError("mask_is_empty")
    order = _matching_axes(source, grid)
    if order is None:
        placed = sample_obliquely(source, filled, grid)
        notices: tuple[Notice, ...] = (Notice("mask_resampled"),)
    else:
        placed, notices = _sampled_along_axes(source, filled, grid, order)
    placed = {index: plane for index, plane in placed.items() if plane.any()}
    if not placed:
        raise ImagingError("mask_outside_image")
    return Mask(grid.size, placed), notices


def _matching_axes(source: Grid, grid: Grid) -> tuple[int, int, int] | None:
    """Return which source axis runs along each grid axis, None where they are oblique."""
    cosines = axis_directions(grid) @ axis_directions(source).T
    order = np.abs(cosines).argmax(axis=1)
    if sorted(order) != [0, 1, 2]:
        return None
    signs = np.sign(cosines[np.arange(3), order])
    turned = signs[:, None] * axis_directions(source)[order] - axis_directions(grid)
    extent_mm = max(offsets[-1] for offsets in sample_offsets_mm(source))
    if np.linalg.norm(turned, axis=1).max() * extent_mm > GRID_TOLERANCE * min(grid.spacing_mm):
        return None
    return int(order[0]), int(order[1]), int(order[2])


@dataclass(frozen=True)
class _AxisMatch:
    """Along one grid axis: the source sample of every grid sample (-1: none), and how well.

    ``n_beyond`` counts samples of the mask that lie off the image.
    """

    source_of: NDArray[np.int64]
    is_copy: bool
    n_beyond: int


def _sampled_along_axes(
    source: Grid, planes: Planes, grid: Grid, order: tuple[int, int, int]
) -> tuple[Planes, tuple[Notice, ...]]:
    """Nearest samples where the axes of both grids are parallel: one lookup per axis."""
    stack, used = _turned(planes, order)
    samples, targets = _samples_along(source, grid, order), sample_offsets_mm(grid)
    spacings_mm = [(source.spacing_mm[order[axis]], grid.spacing_mm[axis]) for axis in range(3)]
    matches = [
        _match_axis(samples[axis], used[axis], targets[axis], spacings_mm[axis])
        for axis in range(3)
    ]
    slices, rows, columns = (match.source_of for match in matches)
    row_of, column_of = np.flatnonzero(rows >= 0), np.flatnonzero(columns >= 0)
    pixels = np.ix_(rows[row_of], columns[column_of])
    placed: dict[int, NDArray[np.bool_]] = {}
    for slice_index in np.flatnonzero(slices >= 0).tolist():
        placed[slice_index] = np.zeros(grid.size[1:], dtype=bool)
        placed[slice_index][np.ix_(row_of, column_of)] = stack[int(slices[slice_index])][pixels]
    return placed, _notices(matches)


def _notices(matches: Sequence[_AxisMatch]) -> tuple[Notice, ...]:
    """Word what was not a plain copy."""
    notices = [] if all(match.is_copy for match in matches) else [Notice("mask_resampled")]
    if count := matches[0].n_beyond:
        notices.append(Notice("mask_partly_outside_image", {"count": count}))
    if matches[1].n_beyond or matches[2].n_beyond:
        notices.append(Notice("mask_cut_at_border"))
    return tuple(notices)


def _samples_along(source: Grid, grid: Grid, order: tuple[int, int, int]) -> Axes:
    """Return the source samples' coordinates along each grid axis, mm from grid sample 0."""
    first = along_axes_mm(grid, np.asarray(source.origin_mm))
    cosines = axis_directions(grid) @ axis_directions(source).T
    offsets = sample_offsets_mm(source)
    slices, rows, columns = (
        first[axis] + np.sign(cosines[axis, order[axis]]) * offsets[order[axis]]
        for axis in range(3)
    )
    return slices, rows, columns


def _turned(
    planes: Planes, order: tuple[int, int, int]
) -> tuple[Planes, tuple[NDArray[np.int64], ...]]:
    """Return the mask as planes along the grid's axes, and the samples it uses per axis."""
    box = tuple(mask_box(planes)[axis] for axis in order)
    used = [np.arange(first, last + 1) for first, last in box]
    if order[0] == 0:
        used[0] = np.array(sorted(planes))
        turned = {k: plane.T if order[1] == 2 else plane for k, plane in planes.items()}
        return turned, tuple(used)
    block = np.transpose(mask_block(planes, mask_box(planes)), order)
    turned = {}
    for index, part in zip(used[0].tolist(), block, strict=True):
        turned[index] = np.zeros((box[1][1] + 1, box[2][1] + 1), dtype=bool)
        turned[index][box[1][0] :, box[2][0] :] = part
    return turned, tuple(used)


def _match_axis(
    samples: NDArray[np.float64],
    used: NDArray[np.int64],
    targets: NDArray[np.float64],
    spacings_mm: tuple[float, float],
) -> _AxisMatch:
    """Find the nearest of the source samples that the mask uses for every target sample."""
    sample_reach_mm, target_reach_mm = (spacing / 2 for spacing in spacings_mm)
    nearest, distance_mm = nearest_sample(samples[used], targets)
    within = np.abs(distance_mm) <= sample_reach_mm * ROUNDING
    coincide = np.abs(distance_mm[within]) <= 2 * GRID_TOLERANCE * target_reach_mm
    hits = np.bincount(nearest[within], minlength=used.size)
    _, away_mm = nearest_sample(targets, samples[used])
    passed_over = (hits == 0) & (np.abs(away_mm) < target_reach_mm)
    is_copy = bool(coincide.all() and hits.max() <= 1 and not passed_over.any())
    reach_mm = max(sample_reach_mm, target_reach_mm) * ROUNDING
    n_beyond = int(np.count_nonzero(np.abs(away_mm) > reach_mm))
    return _AxisMatch(np.where(within, used[nearest], -1), is_copy, n_beyond)
