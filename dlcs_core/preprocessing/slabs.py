"""Thin slices averaged to slabs as thick as the slices that the model was trained on.

A thin slice shows more noise and more texture than a thick one of the same tumour. Where slices
are thinner than the slab, each of the three channels is the mean over a slab: around the key
slice, and one slab's thickness below and above it. A scanner forms thick slices likewise.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import Notice
from dlcs_core.imaging.study import Grid, Study
from dlcs_core.preprocessing.slices import SelectedSlices

_SAME_THICKNESS = 0.02
"""Slices thinner than the slab by less than this share are as thick: headers are rounded."""

_MAJORITY = np.float32(0.5 - 1e-4)
"""Half of a slab, whatever the rounding of the shares."""

_LEAST_COVERED = 0.5
"""Share of a slab's thickness that slices must fill, or the key slab stands in."""


@dataclass(frozen=True)
class Slab:
    """Slices that make up one channel.

    Attributes
    ----------
    slice_index : int
        The slice nearest to its middle.
    weights : dict of int to float
        Slice index to its share, increasing; shares sum to 1.
    """

    slice_index: int
    weights: dict[int, float]


def uses_slabs(slice_spacing_mm: float, slab_mm: float) -> bool:
    """Return whether slices are so thin that they are averaged.

    Examples
    --------
    >>> uses_slabs(1.0, 5.0), uses_slabs(5.0, 5.0), uses_slabs(7.0, 5.0), uses_slabs(1.0, 0.0)
    (True, False, False, False)
    """
    return slice_spacing_mm < slab_mm * (1 - _SAME_THICKNESS)


def average_slabs(study: Study, selected: SelectedSlices, slab_mm: float) -> SelectedSlices:
    """Return the three slabs in place of the three slices, where slices are thin.

    Parameters
    ----------
    study : Study
        Volume and mask on one grid.
    selected : SelectedSlices
        Key slice and neighbours on the native grid.
    slab_mm : float
        Thickness of a slab; 0 for none.

    Returns
    -------
    SelectedSlices
        ``image_hu`` averaged over each slab; ``mask`` where at least half of the slab is within
        the outline; ``slice_indices`` the slices nearest to the middle of each slab.

    Raises
    ------
    ImagingError
        If a slice's pixels cannot be decoded.

    Notes
    -----
    A slab never reaches across missing slices. Where slices fill less than half of one, the
    key slab stands in, with a warning.
    """
    grid, key = study.volume.grid, selected.key_slice_index
    if not uses_slabs(grid.spacing_mm[0], slab_mm):
        return selected
    slabs = make_slabs(grid, key, slab_mm, study.volume.gaps)
    key_slab = slabs[1] or Slab(key, {key: 1.0})
    filled = [slab or key_slab for slab in slabs]
    images = {index: study.volume.read_slice_hu(index) for index in _indices(filled)}
    masks = {index: study.mask.plane(index) for index in images}
    return replace(
        selected,
        slice_indices=(filled[0].slice_index, key, filled[2].slice_index),
        image_hu=np.stack([_mean(slab, images) for slab in filled]),
        mask=np.stack([_mean(slab, masks) >= _MAJORITY for slab in filled]),
        warnings=selected.warnings + _missing_warnings(slabs, slab_mm),
    )


def make_slabs(
    grid: Grid, key: int, slab_mm: float, gaps: tuple[int, ...] = ()
) -> tuple[Slab | None, Slab | None, Slab | None]:
    """Return the slabs below, around and above the key slice, None for one that is not covered.

    Parameters
    ----------
    grid : Grid
        Each slice is taken to be as thick as the spacing, around its own position.
    key : int
        Key slice.
    slab_mm : float
        Thickness.
    gaps : tuple of int
        Slices after which some are missing.
    """
    first = max((gap + 1 for gap in gaps if gap < key), default=0)
    last = min((gap for gap in gaps if gap >= key), default=grid.size[0] - 1)
    below, around, above = (
        _slab(grid, range(first, last + 1), grid.slice_positions_mm[key] + shift, slab_mm)
        for shift in (-slab_mm, 0.0, slab_mm)
    )
    return below, around, above


def slab_slices(study: Study, key: int, slab_mm: float) -> tuple[int, ...]:
    """Return the slices that slabs around a key slice need; none where slices are not thin."""
    grid = study.volume.grid
    if not uses_slabs(grid.spacing_mm[0], slab_mm):
        return ()
    return _indices(slab for slab in make_slabs(grid, key, slab_mm, study.volume.gaps) if slab)


def _slab(grid: Grid, indices: range, middle_mm: float, slab_mm: float) -> Slab | None:
    """Weigh slices by how much of each lies within the slab."""
    positions = np.asarray(grid.slice_positions_mm)[indices.start : indices.stop]
    half_slice, half_slab = grid.spacing_mm[0] / 2, slab_mm / 2
    top = np.minimum(positions + half_slice, middle_mm + half_slab)
    bottom = np.maximum(positions - half_slice, middle_mm - half_slab)
    # A sliver from rounded positions is no slice worth decoding.
    overlap = np.where(top - bottom > 0.01 * slab_mm, top - bottom, 0.0)
    if overlap.sum() < _LEAST_COVERED * slab_mm:
        return None
    nearest = indices.start + int(np.argmin(np.abs(positions - middle_mm)))
    shares = overlap / overlap.sum()
    weights = {indices.start + int(k): float(shares[k]) for k in np.flatnonzero(shares)}
    return Slab(nearest, weights)


def _indices(slabs: Iterable[Slab]) -> tuple[int, ...]:
    """Return each slice of the slabs once, in order."""
    return tuple(sorted({index for slab in slabs for index in slab.weights}))


def _mean(
    slab: Slab, planes: Mapping[int, NDArray[np.float32] | NDArray[np.bool_]]
) -> NDArray[np.float32]:
    shares = np.array(list(slab.weights.values()), dtype=np.float32)
    stacked = np.stack([planes[index] for index in slab.weights]).astype(np.float32)
    mean: NDArray[np.float32] = np.tensordot(shares, stacked, axes=1)
    return mean


def _missing_warnings(slabs: tuple[Slab | None, ...], slab_mm: float) -> tuple[Notice, ...]:
    if all(slabs):
        return ()
    return (Notice("slab_incomplete", {"slab_mm": f"{slab_mm:g}"}),)
