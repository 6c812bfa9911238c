"""From DICOM datasets to frames: one slice's geometry and rescale, classic or multi-frame.

A classic CT file holds one frame; an enhanced one keeps what differs between its frames in
functional groups (PS3.3 C.7.6.16), shared or per frame.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
)

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom import refused_as, transfer_syntax
from dlcs_core.imaging.sources import FileSource

MAX_FRAMES = 20_000
MAX_SIDE_PIXELS = 8_192
LOWEST_TISSUE_HU = -900.0
HIGHEST_TISSUE_HU = 3_000.0
"""Between these lie the CT numbers of a body; padding belongs outside."""

CT_CLASSES = (CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage)

FUNCTIONAL_GROUPS: Mapping[str, str] = {
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "PixelSpacing": "PixelMeasuresSequence",
    "SliceThickness": "PixelMeasuresSequence",
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
}
"""Attribute of a classic slice to the functional group that holds it in a multi-frame object."""


@dataclass(frozen=True)
class PixelFormat:
    """How stored values lie in their words (PS3.3 C.7.6.3)."""

    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    padding: tuple[int, int] | None


@dataclass(frozen=True)
class Frame:
    """One slice as the header describes it; pixels stay in the file.

    Attributes
    ----------
    source, number
        The file, and the frame's 0-based number in it.
    rows, columns
        Pixels.
    position_mm, orientation, spacing_mm
        ImagePositionPatient, ImageOrientationPatient and PixelSpacing (row, column).
    slope, intercept, rescale_type
        Of the modality transformation.
    pixels, transfer_syntax
        How stored values lie in their words, and how the file is encoded.
    dataset
        The header, for what only some need.
    """

    source: FileSource
    number: int
    rows: int
    columns: int
    position_mm: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, ...]
    slope: float
    intercept: float
    rescale_type: str
    pixels: PixelFormat
    transfer_syntax: UID
    dataset: Dataset = field(repr=False, compare=False)

    @property
    def padding_is_tissue(self) -> bool:
        """Whether the declared padding value means a CT number that tissue can have."""
        if self.pixels.padding is None:
            return False
        hu = [end * self.slope + self.intercept for end in self.pixels.padding]
        return max(hu) > LOWEST_TISSUE_HU and min(hu) < HIGHEST_TISSUE_HU

    @property
    def sop_instance_uid(self) -> str:
        """SOPInstanceUID, empty where the file has none."""
        return text(self.dataset, "SOPInstanceUID")


def text(dataset: Dataset, keyword: str) -> str:
    """Return an attribute as text without padding; empty where absent or unreadable."""
    try:
        with refused_as("dicom_unreadable"):
            value = dataset.get(keyword)
            return "" if value is None else str(value).strip("\0 ")
    except ImagingError:
        return ""


def frames_of(source: FileSource, dataset: Dataset) -> tuple[Frame, ...]:
    """Return the frames of one image file.

    Raises
    ------
    ImagingError
        If geometry, rescale or pixel format is missing, malformed or not finite.
    """
    with refused_as("dicom_unreadable"):
        count = int(dataset.get("NumberOfFrames") or 1)
        if not 1 <= count <= MAX_FRAMES:
            raise ImagingError("dicom_unreadable")
        per_frame = dataset.get("PerFrameFunctionalGroupsSequence")
        if count > 1 and (per_frame is None or len(per_frame) != count):
            raise ImagingError("geometry_missing")
        shared = (dataset.get("SharedFunctionalGroupsSequence") or [None])[0]
        _check_gray(dataset)
        pixels = _pixel_format(dataset)
        groups = per_frame if per_frame is not None and len(per_frame) == count else [None]
        return tuple(
            _frame(source, dataset, number, (groups[number], shared), pixels)
            for number in range(count)
        )


def _frame(
    source: FileSource,
    dataset: Dataset,
    number: int,
    groups: tuple[Dataset | None, ...],
    pixels: PixelFormat,
) -> Frame:
    """Gather one frame from its functional groups and the top level."""
    intercept = _rescale(dataset, groups, "RescaleIntercept")
    if not pixels.signed and intercept >= 0:
        raise ImagingError("rescale_lost")
    return Frame(
        source=source,
        number=number,
        rows=int(dataset.Rows),
        columns=int(dataset.Columns),
        position_mm=_numbers(dataset, groups, "ImagePositionPatient", 3),
        orientation=_numbers(dataset, groups, "ImageOrientationPatient", 6),
        spacing_mm=_spacing(dataset, groups),
        slope=_rescale(dataset, groups, "RescaleSlope"),
        intercept=intercept,
        rescale_type=str(_attribute(dataset, groups, "RescaleType") or "HU"),
        pixels=pixels,
        transfer_syntax=transfer_syntax(dataset),
        dataset=dataset,
    )


def _attribute(dataset: Dataset, groups: tuple[Dataset | None, ...], keyword: str) -> object:
    """Look an attribute up: per frame, shared, top level."""
    for group in groups:
        items = group.get(FUNCTIONAL_GROUPS[keyword]) if group is not None else None
        if items and keyword in items[0]:
            return items[0].get(keyword)
    return dataset.get(keyword)


def _numbers(
    dataset: Dataset, groups: tuple[Dataset | None, ...], keyword: str, count: int
) -> tuple[float, ...]:
    """Return a geometry attribute of ``count`` finite numbers."""
    values = _attribute(dataset, groups, keyword)
    if values is None or isinstance(values, (str, float)) or len(values) != count:  # type: ignore[arg-type]
        raise ImagingError("geometry_missing")
    numbers = tuple(float(value) for value in values)  # type: ignore[attr-defined]
    if not all(math.isfinite(number) for number in numbers):
        raise ImagingError("geometry_not_finite")
    return numbers


def _spacing(dataset: Dataset, groups: tuple[Dataset | None, ...]) -> tuple[float, ...]:
    """Return the pixel spacing (row, column) in mm."""
    spacing = _numbers(dataset, groups, "PixelSpacing", 2)
    if min(spacing) <= 0:
        raise ImagingError("geometry_not_finite")
    return spacing


def _rescale(dataset: Dataset, groups: tuple[Dataset | None, ...], keyword: str) -> float:
    """Return slope or intercept; a file that lost one cannot be turned into HU."""
    value = _attribute(dataset, groups, keyword)
    if "ModalityLUTSequence" in dataset:
        raise ImagingError("modality_lut")
    if value is None or value == "":
        raise ImagingError("rescale_missing")
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number) or (keyword == "RescaleSlope" and number == 0):
        raise ImagingError("rescale_missing")
    return number


def _check_gray(dataset: Dataset) -> None:
    """Refuse colour and floating point images: CT numbers are stored as grey integers."""
    interpretation = text(dataset, "PhotometricInterpretation") or "MONOCHROME2"
    if int(dataset.get("SamplesPerPixel") or 1) != 1 or "MONOCHROME" not in interpretation:
        raise ImagingError("pixels_not_gray")


def _pixel_format(dataset: Dataset) -> PixelFormat:
    """Return how stored values lie in their words.

    Raises
    ------
    ImagingError
        If the format is none that a CT can have.
    """
    allocated = int(dataset.BitsAllocated)
    stored = int(dataset.get("BitsStored") or allocated)
    high_bit = int(dataset.get("HighBit", stored - 1))
    fits = 1 < stored <= allocated and stored - 1 <= high_bit < allocated
    sides = (int(dataset.Rows), int(dataset.Columns))
    if min(sides) < 1 or max(sides) > MAX_SIDE_PIXELS or allocated not in (8, 16, 32) or not fits:
        raise ImagingError("pixel_format")
    signed = int(dataset.get("PixelRepresentation") or 0) == 1
    return PixelFormat(allocated, stored, high_bit, signed, _padding(dataset, allocated, signed))


def _padding(dataset: Dataset, bits_allocated: int, signed: bool) -> tuple[int, int] | None:
    """Return the range of padding values; their VR is often written with the wrong sign."""
    first = dataset.get("PixelPaddingValue")
    if first is None or first == "":
        return None
    last = dataset.get("PixelPaddingRangeLimit")
    if last is None or last == "":
        last = first
    ends = [_in_word(int(end), bits_allocated, signed) for end in (first, last)]
    return (min(ends), max(ends))


def _in_word(value: int, bits: int, signed: bool) -> int:
    """Read a value as a word of the given width and signedness."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value
