"""Frames of a DICOM SEG: where each lies, which segment it shows, its pixels."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, ImplicitVRLittleEndian

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom import refused_as
from dlcs_core.imaging.study import Vector

DIRECTION_TOLERANCE = 1e-4
"""Largest difference of direction cosines between frames of one stack."""

ORTHONORMAL_TOLERANCE = 1e-3
"""Largest departure from right angles and unit length of a frame's axes."""

MAX_FRAMES = 50_000
"""Frames of an object; more is no segmentation of a CT series."""


@dataclass(frozen=True)
class FramePlane:
    """Where one frame lies and what it shows.

    Attributes
    ----------
    index : int
        0-based frame number.
    size : tuple of int
        Rows, columns.
    origin_mm : tuple of float
        Patient position of the centre of pixel (0, 0).
    column_direction, row_direction : tuple of float
        Unit vectors along which column and row index increase.
    spacing_mm : tuple of float
        Row, column.
    segment : int or None
        Segment shown; None where pixels hold segment numbers (LABELMAP).
    slice_spacing_mm, thickness_mm : float or None
        SpacingBetweenSlices and SliceThickness, where given and positive.
    source_uids : tuple of str
        SOP instances that the frame was drawn on.
    """

    index: int
    size: tuple[int, int]
    origin_mm: Vector
    column_direction: Vector
    row_direction: Vector
    spacing_mm: tuple[float, float]
    segment: int | None
    slice_spacing_mm: float | None
    thickness_mm: float | None
    source_uids: tuple[str, ...]

    def is_parallel_to(self, other: "FramePlane") -> bool:
        """Return whether another frame has the same axes and pixels."""
        ours = (*self.column_direction, *self.row_direction, *self.spacing_mm)
        theirs = (*other.column_direction, *other.row_direction, *other.spacing_mm)
        return bool(np.allclose(ours, theirs, rtol=0, atol=DIRECTION_TOLERANCE))


def frame_planes(dataset: Dataset, *, is_labelmap: bool) -> tuple[FramePlane, ...]:
    """Read where the frames of a SEG lie.

    Raises
    ------
    ImagingError
        ``seg_malformed`` where the functional groups are missing, do not match the number of
        frames or are not finite.
    """
    count = int(dataset.get("NumberOfFrames") or 0)
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or ()
    size = (int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0))
    if not 0 < count <= MAX_FRAMES or len(groups) != count or min(size) < 1:
        raise ImagingError("seg_malformed")
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    return tuple(
        _frame_plane(index, size, own, shared, is_labelmap=is_labelmap)
        for index, own in enumerate(groups)
    )


def _frame_plane(
    index: int, size: tuple[int, int], own: Dataset, shared: Dataset, *, is_labelmap: bool
) -> FramePlane:
    """Read one frame's functional groups; its own go before the shared ones."""
    measures = _group(own, shared, "PixelMeasuresSequence")
    orientation = _group(own, shared, "PlaneOrientationSequence")
    cosines = _floats(orientation, "ImageOrientationPatient", 6)
    across, down = (cosines[0], cosines[1], cosines[2]), (cosines[3], cosines[4], cosines[5])
    _check_orthonormal(across, down)
    x, y, z = _floats(_group(own, shared, "PlanePositionSequence"), "ImagePositionPatient", 3)
    row_mm, column_mm = _floats(measures, "PixelSpacing", 2)
    if min(row_mm, column_mm) <= 0:
        raise ImagingError("seg_malformed")
    return FramePlane(
        index=index,
        size=size,
        origin_mm=(x, y, z),
        column_direction=across,
        row_direction=down,
        spacing_mm=(row_mm, column_mm),
        segment=None if is_labelmap else _segment(own, shared),
        slice_spacing_mm=_positive(measures, "SpacingBetweenSlices"),
        thickness_mm=_positive(measures, "SliceThickness"),
        source_uids=tuple(_source_uids(own)),
    )


def _group(own: Dataset, shared: Dataset, keyword: str) -> Dataset:
    """Return a functional group of the frame; an empty one where there is none."""
    sequence = own.get(keyword) or shared.get(keyword)
    return sequence[0] if sequence else Dataset()


def _floats(item: Dataset, keyword: str, count: int) -> tuple[float, ...]:
    """Return that many finite numbers of an attribute."""
    found = item.get(keyword)
    values = tuple(float(value) for value in found) if found is not None else ()
    if len(values) != count or not all(math.isfinite(value) for value in values):
        raise ImagingError("seg_malformed")
    return values


def _positive(item: Dataset, keyword: str) -> float | None:
    value = item.get(keyword)
    number = float(value) if value is not None else 0.0
    return number if math.isfinite(number) and number > 0 else None


def _check_orthonormal(across: Vector, down: Vector) -> None:
    products = np.array([across, down]) @ np.array([across, down]).T
    if np.abs(products - np.eye(2)).max() > ORTHONORMAL_TOLERANCE:
        raise ImagingError("seg_malformed")


def _segment(own: Dataset, shared: Dataset) -> int:
    number = _group(own, shared, "SegmentIdentificationSequence").get("ReferencedSegmentNumber")
    if number is None:
        raise ImagingError("seg_malformed")
    return int(number)


def _source_uids(own: Dataset) -> Iterator[str]:
    """Yield the SOP instances that a frame says it was derived from."""
    for derivation in own.get("DerivationImageSequence") or ():
        for image in derivation.get("SourceImageSequence") or ():
            if uid := str(image.get("ReferencedSOPInstanceUID") or ""):
                yield uid


def frame_values(dataset: Dataset, index: int) -> NDArray[np.generic]:
    """Return the stored values of one frame, shape (rows, columns).

    Bit-packed frames start within a byte where the frame before ended; only the bytes of this
    frame are unpacked.

    Raises
    ------
    ImagingError
        ``seg_pixels_broken`` where the pixel data is too short or cannot be decoded.
    """
    with refused_as("seg_pixels_broken"):
        meta = getattr(dataset, "file_meta", Dataset())
        syntax = UID(meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian)
        if syntax.is_encapsulated:
            return _decoded_frame(dataset, index)
        return _native_frame(dataset, index, "<" if syntax.is_little_endian else ">")


def _native_frame(dataset: Dataset, index: int, byte_order: str) -> NDArray[np.generic]:
    """Cut one uncompressed frame out of the pixel data."""
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    bits = int(dataset.get("BitsAllocated") or 0)
    data = dataset.get("PixelData") or b""
    if bits not in (1, 8, 16):
        raise ImagingError("seg_malformed")
    start, stop = index * rows * columns * bits, (index + 1) * rows * columns * bits
    if len(data) * 8 < stop:
        raise ImagingError("seg_pixels_broken")
    window = data[start // 8 : -(-stop // 8)]
    if bits > 1:
        return np.frombuffer(window, f"{byte_order}u{bits // 8}").reshape(rows, columns)
    unpacked = np.unpackbits(np.frombuffer(window, np.uint8), bitorder="little")
    return unpacked[start % 8 : start % 8 + rows * columns].reshape(rows, columns)


def _decoded_frame(dataset: Dataset, index: int) -> NDArray[np.generic]:
    """Decode one compressed frame."""
    values = pixel_array(dataset, index=index, raw=True)
    if values.shape != (int(dataset.Rows), int(dataset.Columns)):
        raise ImagingError("seg_pixels_broken")
    return np.asarray(values)
