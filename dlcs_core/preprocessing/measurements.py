"""Facts about a study, measured on the native grid before anything is resampled."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.imaging.study import Study
from dlcs_core.preprocessing.crop import bounding_box
from dlcs_core.preprocessing.slices import SelectedSlices, select_slices


@dataclass(frozen=True)
class StudyMeasurements:
    """What was understood of a study.

    Attributes
    ----------
    modality : str or None
        ``"CT"`` for DICOM; None where the format does not tell.
    size : tuple of int
        Slices, rows, columns.
    spacing_mm : tuple of float
        Slice (median distance of positions), row, column.
    key_slice_index : int
        0-based, counted towards the head.
    slice_indices : tuple of int
        The three slices that the model reads.
    key_slice_position_mm : float
        LPS coordinate of the key slice along the slice normal.
    sop_instance_uids : tuple of (str or None)
        Of the three slices; None for formats without them or where empty.
    mask_area_mm2 : float
        Mask pixels of the key slice times the pixel area.
    bounding_box_mm : tuple of float
        Rows and columns of the mask's outer pixel edges on the key slice.
    feret_diameter_mm : float
        Largest distance between corners of mask pixels on the key slice.
    mean_hu : float
        Mean over the mask of the key slice, before windowing.
    """

    modality: str | None
    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    key_slice_index: int
    slice_indices: tuple[int, int, int]
    key_slice_position_mm: float
    sop_instance_uids: tuple[str | None, str | None, str | None]
    mask_area_mm2: float
    bounding_box_mm: tuple[float, float]
    feret_diameter_mm: float
    mean_hu: float


def measure(study: Study, selected: SelectedSlices | None = None) -> StudyMeasurements:
    """Measure a study's tumour on the native grid.

    Parameters
    ----------
    study : Study
        Volume and mask on one grid.
    selected : SelectedSlices, optional
        The slices, where they have been read already.

    Returns
    -------
    StudyMeasurements
        All lengths in mm, intensities in HU.
    """
    selected = selected or select_slices(study)
    grid, key, mask = study.volume.grid, selected.key_slice_index, selected.key_mask
    key_image_hu = selected.image_hu[selected.slice_indices.index(key)]
    uids = study.volume.sop_instance_uids
    first, middle, last = (uids[i] if uids else None for i in selected.slice_indices)
    return StudyMeasurements(
        modality=study.volume.modality,
        size=grid.size,
        spacing_mm=grid.spacing_mm,
        key_slice_index=key,
        slice_indices=selected.slice_indices,
        key_slice_position_mm=grid.slice_positions_mm[key],
        sop_instance_uids=(first, middle, last),
        mask_area_mm2=float(np.count_nonzero(mask) * grid.spacing_mm[1] * grid.spacing_mm[2]),
        bounding_box_mm=bounding_box(mask, selected.spacing_mm).size_mm,
        feret_diameter_mm=feret_diameter_mm(mask, selected.spacing_mm),
        mean_hu=float(key_image_hu[mask].mean(dtype=np.float64)),
    )


def feret_diameter_mm(mask: NDArray[np.bool_], spacing_mm: tuple[float, float]) -> float:
    """Return the largest distance between two pixel corners of a mask.

    Parameters
    ----------
    mask : bool array (rows, columns)
        Not empty; all components count.
    spacing_mm : tuple of float
        Row and column spacing.

    Returns
    -------
    float
        Maximum Feret (caliper) diameter in mm.

    Notes
    -----
    The farthest pair of corners always lies among each row's outermost corners.

    Examples
    --------
    A block of 3 x 4 unit pixels has a diagonal of 5:

    >>> feret_diameter_mm(np.ones((3, 4), dtype=bool), (1.0, 1.0))
    5.0
    """
    corners = _outermost_corners(mask) * np.asarray(spacing_mm)
    return float(max(np.hypot(*(corners - corner).T).max() for corner in corners))


def _outermost_corners(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the left and right corner of each row line that bounds a mask row, shape (n, 2)."""
    rows = np.flatnonzero(mask.any(axis=1))
    left = mask[rows].argmax(axis=1) - 0.5
    right = mask.shape[1] - mask[rows, ::-1].argmax(axis=1) - 0.5
    lines = np.concatenate([rows - 0.5, rows + 0.5])
    return np.stack([np.tile(lines, 2), np.concatenate([left, left, right, right])], axis=1)
