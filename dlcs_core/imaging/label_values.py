"""Stored voxel values to labels: whole numbers, or shares that are cut at one half."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError, Notice

WHOLE_TOLERANCE = 1e-4
"""Values closer than this to a whole number are labels (scaling and floating point types)."""

SHARE_THRESHOLD = 0.5
"""A voxel of a probability map belongs to the mask from this share on."""

MAX_LABELS = 1000
"""Distinct labels; a file with more values holds an image."""

MAX_LABEL = 2**31 - 1
"""Largest label value."""

MAX_COUNTED_LABEL = 2**20
"""Labels up to this are found by counting, which is faster than sorting."""

Planes = Mapping[int, NDArray[np.generic]]


@dataclass(frozen=True)
class LabelPlanes:
    """Labels of the slices that carry any.

    Attributes
    ----------
    planes : mapping of int to integer or bool array (rows, columns)
        Stored slice index (axis k) to its labels, rows along j and columns along i.
    labels : frozenset of int
        Labels that occur, 0 aside.
    warnings : tuple of Notice
        ``mask_fractional`` where shares were cut.
    """

    planes: Planes
    labels: frozenset[int]
    warnings: tuple[Notice, ...] = ()


def label_planes(voxels: NDArray[np.generic], slope: float, intercept: float) -> LabelPlanes:
    """Return the labels of a stored array.

    Parameters
    ----------
    voxels : array, shape (i, j, k)
        Stored values.
    slope, intercept : float
        Real value = slope * stored + intercept.

    Raises
    ------
    ImagingError
        ``mask_is_an_image`` for negative values or more than ``MAX_LABELS`` different ones,
        ``mask_values_not_labels`` for values that are neither whole nor all in [0, 1].
    """
    stored = voxels.transpose(2, 1, 0)
    planes: dict[int, NDArray[np.generic]] = {}
    labels: set[int] = set()
    for index in range(len(stored)):
        plane = _real_values(stored[index], slope, intercept)
        if not plane.any():
            continue
        planes[index] = _as_labels(plane)
        if planes[index].dtype.kind != "f":
            labels.update(distinct_values(planes[index]))
        if len(labels) > MAX_LABELS:
            raise ImagingError("mask_is_an_image")
    if any(plane.dtype.kind == "f" for plane in planes.values()):
        return _thresholded(planes)
    return LabelPlanes(planes, frozenset(labels - {0}))


def _real_values(
    stored: NDArray[np.generic], slope: float, intercept: float
) -> NDArray[np.generic]:
    """Return the real values of a slice."""
    if slope == 1 and intercept == 0:
        return stored
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(stored, dtype=np.float64) * slope + intercept


def _as_labels(plane: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return whole values as small integers, others as float32; refuse what is no label."""
    values = np.asarray(plane)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ImagingError("mask_values_not_labels")
    if float(values.min()) < -WHOLE_TOLERANCE:
        raise ImagingError("mask_is_an_image")
    if float(values.max()) > MAX_LABEL:
        raise ImagingError("mask_values_not_labels")
    if values.dtype.kind in "ui":
        return values
    rounded = np.rint(values)
    if np.abs(values - rounded).max() > WHOLE_TOLERANCE:
        return values.astype(np.float32)
    return rounded.astype(np.uint8 if rounded.max() < 256 else np.int32)


def _thresholded(planes: Planes) -> LabelPlanes:
    """Cut shares at one half: the region is label 1."""
    if max(float(plane.max()) for plane in planes.values()) > 1 + WHOLE_TOLERANCE:
        raise ImagingError("mask_values_not_labels")
    cut = {
        index: np.asarray(plane, dtype=np.float64) >= SHARE_THRESHOLD
        for index, plane in planes.items()
    }
    filled = {index: plane for index, plane in cut.items() if plane.any()}
    notice = Notice("mask_fractional", {"threshold": SHARE_THRESHOLD})
    return LabelPlanes(filled, frozenset({1} if filled else ()), (notice,))


def distinct_values(plane: NDArray[np.generic]) -> list[int]:
    """Return the different values of an array of non-negative integers, increasing."""
    values = np.asarray(plane, dtype=np.intp).ravel()
    if values.max() < MAX_COUNTED_LABEL:
        counts = np.bincount(values)
        return [int(value) for value in np.flatnonzero(counts)]
    return [int(value) for value in np.unique(values)]
