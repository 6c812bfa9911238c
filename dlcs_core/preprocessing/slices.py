"""The key slice and its two neighbours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import Notice, PreprocessingError
from dlcs_core.imaging.study import Study

N_SLICES = 3
"""Channels of the model input: the key slice and one neighbour on either side."""


@dataclass(frozen=True)
class SelectedSlices:
    """The three native slices that the model reads.

    Attributes
    ----------
    key_slice_index : int
        Slice with the most mask pixels; the lowest index on a tie.
    slice_indices : tuple of int
        Three indices, increasing.
    image_hu : float32 array (3, rows, columns)
        Hounsfield units.
    mask : bool array (3, rows, columns)
        Tumour mask.
    spacing_mm : tuple of float
        Row and column spacing.
    warnings : tuple of Notice
        A key slice at the edge of the volume.
    """

    key_slice_index: int
    slice_indices: tuple[int, int, int]
    image_hu: NDArray[np.float32]
    mask: NDArray[np.bool_]
    spacing_mm: tuple[float, float]
    warnings: tuple[Notice, ...]

    @property
    def key_mask(self) -> NDArray[np.bool_]:
        """Mask of the key slice, shape (rows, columns)."""
        plane: NDArray[np.bool_] = self.mask[self.slice_indices.index(self.key_slice_index)]
        return plane


def key_slice_index(pixel_counts: NDArray[np.int64]) -> int:
    """Return the slice with the largest tumour area, the lowest index on a tie.

    Parameters
    ----------
    pixel_counts : array of int, shape (slices,)
        Mask pixels of each slice.

    Raises
    ------
    PreprocessingError
        If no slice has a mask pixel.

    Examples
    --------
    >>> key_slice_index(np.array([0, 7, 9, 9, 2]))
    2
    """
    if pixel_counts.size == 0 or int(pixel_counts.max()) == 0:
        raise PreprocessingError("mask_without_pixels")
    return int(np.argmax(pixel_counts))


def neighbor_indices(key_index: int, n_slices: int) -> tuple[int, int, int]:
    """Return the key slice and its neighbours; the key slice stands in for a missing one.

    Examples
    --------
    >>> neighbor_indices(4, 10), neighbor_indices(0, 10), neighbor_indices(9, 10)
    ((3, 4, 5), (0, 0, 1), (8, 9, 9))
    """
    return max(key_index - 1, 0), key_index, min(key_index + 1, n_slices - 1)


def select_slices(study: Study, key_slice: int | None = None) -> SelectedSlices:
    """Find the key slice, decode it and its two neighbours, and nothing else.

    Parameters
    ----------
    study : Study
        Volume and mask on one grid.
    key_slice : int, optional
        Takes this slice, which carries mask pixels, instead of the one with the most of them:
        what another choice of the key slice would have given.

    Returns
    -------
    SelectedSlices
        The three slices in Hounsfield units on the native grid.

    Raises
    ------
    PreprocessingError
        If slices are missing among the three or right next to them: the neighbours would then
        not be the neighbours.
    ImagingError
        If a slice's pixels cannot be decoded.
    """
    grid = study.volume.grid
    key = key_slice_index(study.mask.pixel_counts()) if key_slice is None else key_slice
    indices = neighbor_indices(key, grid.size[0])
    _refuse_gap_near(study, key)
    return SelectedSlices(
        key_slice_index=key,
        slice_indices=indices,
        image_hu=_read_slices_hu(study, indices),
        mask=np.stack([study.mask.plane(index) for index in indices]),
        spacing_mm=grid.spacing_mm[1:],
        warnings=_edge_warnings(key, grid.size[0]),
    )


def _read_slices_hu(study: Study, indices: tuple[int, ...]) -> NDArray[np.float32]:
    """Decode each distinct slice once."""
    decoded = {index: study.volume.read_slice_hu(index) for index in dict.fromkeys(indices)}
    return np.stack([decoded[index] for index in indices])


def _edge_warnings(key: int, n_slices: int) -> tuple[Notice, ...]:
    if 0 < key < n_slices - 1:
        return ()
    return (Notice("key_slice_at_edge", {"slice": key, "slices": n_slices}),)


def _refuse_gap_near(study: Study, key: int) -> None:
    """Refuse a missing slice among the three or right next to them."""
    near = [gap for gap in study.volume.gaps if key - 2 <= gap <= key + 1]
    if near:
        raise PreprocessingError("gap_near_tumor", slice=near[0], key=key)
