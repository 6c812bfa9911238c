"""A mask drawn on its own grid, carried over to the grid of the image.

Where every sample of the mask coincides with a sample of the image, whatever the order and
direction in which the file stores its axes, this is a copy. Otherwise each image pixel takes the
nearest mask sample in patient space, computed only where the mask is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.study import Grid, Mask

GRID_TOLERANCE = 0.05
"""Samples coincide when they are closer than this share of a voxel."""

POSITION_DECIMALS = 6
"""Millimetre decimals at which a pixel exactly between two samples is told from rounding."""

ROUNDING = 1 + 1e-6
"""Share by which a distance may exceed a limit through rounding."""

Planes = Mapping[int, NDArray[np.bool_]]
Axes = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


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
        placed, notices = _sampled_obliquely(source, filled, grid)
    else:
        placed, notices = _sampled_along_axes(source, filled, grid, order)
    placed = {index: plane for index, plane in placed.items() if plane.any()}
    if not placed:
        raise ImagingError("mask_outside_image")
    return Mask(grid.size, placed), notices


def _directions(grid: Grid) -> NDArray[np.float64]:
    """Return the unit vectors of slice, row and column axis as the rows of a matrix."""
    return np.array([grid.normal, grid.row_direction, grid.column_direction])


def _offsets_mm(grid: Grid) -> Axes:
    """Return the distance of each sample from the first, along each axis."""
    positions = np.asarray(grid.slice_positions_mm, dtype=np.float64)
    rows = np.arange(grid.size[1], dtype=np.float64) * grid.spacing_mm[1]
    columns = np.arange(grid.size[2], dtype=np.float64) * grid.spacing_mm[2]
    return positions - positions[0], rows, columns


def _along_axes(grid: Grid, positions_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return patient positions as distances from the first sample along each axis."""
    relative = positions_mm - np.asarray(grid.origin_mm)
    return np.asarray(relative @ np.linalg.inv(_directions(grid)))


def _matching_axes(source: Grid, grid: Grid) -> tuple[int, int, int] | None:
    """Return which source axis runs along each grid axis, None where they are oblique."""
    cosines = _directions(grid) @ _directions(source).T
    order = np.abs(cosines).argmax(axis=1)
    if sorted(order) != [0, 1, 2]:
        return None
    signs = np.sign(cosines[np.arange(3), order])
    turned = signs[:, None] * _directions(source)[order] - _directions(grid)
    extent_mm = max(offsets[-1] for offsets in _offsets_mm(source))
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
    samples, targets = _samples_along(source, grid, order), _offsets_mm(grid)
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
    first = _along_axes(grid, np.asarray(source.origin_mm))
    cosines = _directions(grid) @ _directions(source).T
    offsets = _offsets_mm(source)
    slices, rows, columns = (
        first[axis] + np.sign(cosines[axis, order[axis]]) * offsets[order[axis]]
        for axis in range(3)
    )
    return slices, rows, columns


def _turned(
    planes: Planes, order: tuple[int, int, int]
) -> tuple[Planes, tuple[NDArray[np.int64], ...]]:
    """Return the mask as planes along the grid's axes, and the samples it uses per axis."""
    box = tuple(_box(planes)[axis] for axis in order)
    used = [np.arange(first, last + 1) for first, last in box]
    if order[0] == 0:
        used[0] = np.array(sorted(planes))
        turned = {k: plane.T if order[1] == 2 else plane for k, plane in planes.items()}
        return turned, tuple(used)
    block = np.transpose(_block(planes, _box(planes)), order)
    turned = {}
    for index, part in zip(used[0].tolist(), block, strict=True):
        turned[index] = np.zeros((box[1][1] + 1, box[2][1] + 1), dtype=bool)
        turned[index][box[1][0] :, box[2][0] :] = part
    return turned, tuple(used)


def _box(planes: Planes) -> tuple[tuple[int, int], ...]:
    """Return first and last index that the mask touches, per source axis."""
    together = np.logical_or.reduce(list(planes.values()))
    rows, columns = np.flatnonzero(together.any(axis=1)), np.flatnonzero(together.any(axis=0))
    return (
        (min(planes), max(planes)),
        (int(rows[0]), int(rows[-1])),
        (int(columns[0]), int(columns[-1])),
    )


def _block(planes: Planes, box: tuple[tuple[int, int], ...]) -> NDArray[np.bool_]:
    """Return the mask's box as one dense array."""
    (first, last), (top, bottom), (left, right) = box
    block = np.zeros((last - first + 1, bottom - top + 1, right - left + 1), dtype=bool)
    for index, plane in planes.items():
        block[index - first] = plane[top : bottom + 1, left : right + 1]
    return block


def _match_axis(
    samples: NDArray[np.float64],
    used: NDArray[np.int64],
    targets: NDArray[np.float64],
    spacings_mm: tuple[float, float],
) -> _AxisMatch:
    """Find the nearest of the source samples that the mask uses for every target sample."""
    sample_reach_mm, target_reach_mm = (spacing / 2 for spacing in spacings_mm)
    nearest, distance_mm = _nearest(samples[used], targets)
    within = np.abs(distance_mm) <= sample_reach_mm * ROUNDING
    coincide = np.abs(distance_mm[within]) <= 2 * GRID_TOLERANCE * target_reach_mm
    hits = np.bincount(nearest[within], minlength=used.size)
    _, away_mm = _nearest(targets, samples[used])
    passed_over = (hits == 0) & (np.abs(away_mm) < target_reach_mm)
    is_copy = bool(coincide.all() and hits.max() <= 1 and not passed_over.any())
    reach_mm = max(sample_reach_mm, target_reach_mm) * ROUNDING
    n_beyond = int(np.count_nonzero(np.abs(away_mm) > reach_mm))
    return _AxisMatch(np.where(within, used[nearest], -1), is_copy, n_beyond)


def _nearest(
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


def _sampled_obliquely(
    source: Grid, planes: Planes, grid: Grid
) -> tuple[Planes, tuple[Notice, ...]]:
    """Nearest samples where the axes are not parallel: every pixel of the box that can be hit."""
    box = _box(planes)
    block = _block(planes, box)
    first, last = _touched_box(source, box, grid)
    rows, columns = np.arange(first[1], last[1] + 1), np.arange(first[2], last[2] + 1)
    placed: dict[int, NDArray[np.bool_]] = {}
    for slice_index in range(first[0], last[0] + 1):
        inside = _sampled_plane(source, box, block, _plane_mm(grid, slice_index, rows, columns))
        placed[slice_index] = np.zeros(grid.size[1:], dtype=bool)
        placed[slice_index][np.ix_(rows, columns)] = inside
    return placed, (Notice("mask_resampled"),)


def _plane_mm(
    grid: Grid, slice_index: int, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the patient positions of a rectangle of pixels, shape (rows, columns, 3)."""
    corner = grid.patient_position_mm(slice_index, 0, 0)
    down = np.multiply.outer(rows * grid.spacing_mm[1], np.asarray(grid.row_direction))
    along = np.multiply.outer(columns * grid.spacing_mm[2], np.asarray(grid.column_direction))
    return np.asarray(corner + down[:, None, :] + along[None, :, :], dtype=np.float64)


def _touched_box(
    source: Grid, box: tuple[tuple[int, int], ...], grid: Grid
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first and last grid index per axis that the mask's box can reach."""
    margin = 0.5
    corners = [
        source.patient_position_mm(box[0][k], box[1][i] + (i - margin), box[2][j] + (j - margin))
        + (2 * k - 1) * margin * source.spacing_mm[0] * np.asarray(source.normal)
        for k in (0, 1)
        for i in (0, 1)
        for j in (0, 1)
    ]
    reached_mm = _along_axes(grid, np.array(corners))
    low, high = reached_mm.min(axis=0), reached_mm.max(axis=0)
    offsets = _offsets_mm(grid)
    first = [int(np.searchsorted(offsets[axis], low[axis])) for axis in range(3)]
    last = [int(np.searchsorted(offsets[axis], high[axis], side="right")) - 1 for axis in range(3)]
    return np.array(first), np.array(last)


def _sampled_plane(
    source: Grid,
    box: tuple[tuple[int, int], ...],
    block: NDArray[np.bool_],
    positions_mm: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return the nearest mask sample at each position, False outside the mask's box."""
    along_mm = _along_axes(source, positions_mm)
    offsets = _offsets_mm(source)
    inside = np.ones(positions_mm.shape[:2], dtype=bool)
    indices = []
    for axis in range(3):
        samples = offsets[axis][box[axis][0] : box[axis][1] + 1]
        index, distance_mm = _nearest(samples, along_mm[..., axis])
        inside &= np.abs(distance_mm) <= source.spacing_mm[axis] / 2
        indices.append(index)
    return np.asarray(inside & block[tuple(indices)])
