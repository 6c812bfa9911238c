"""From DICOM datasets to frames: one slice's geometry and rescale, classic or multi-frame.

A classic CT file holds one frame; an enhanced one keeps what differs between its frames in
functional groups (PS3.3 C.7.6.16), shared or per frame.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
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
from dlcs_core.imaging.dicom_values import floats, integer, text
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
    sop_instance_uid
        Empty where the file has none.
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
    sop_instance_uid: str
    dataset: Dataset = field(repr=False, compare=False)

    @property
    def padding_is_tissue(self) -> bool:
        """Whether the declared padding value means a CT number that tissue can have."""
        if self.pixels.padding is None:
            return False
        hu = [end * self.slope + self.intercept for end in self.pixels.padding]
        return max(hu) > LOWEST_TISSUE_HU and min(hu) < HIGHEST_TISSUE_HU


def frames_of(source: FileSource, dataset: Dataset) -> tuple[Frame, ...]:
    """Return the frames of one image file.

    Raises
    ------
    ImagingError
        If geometry, rescale or pixel format is missing, malformed or not finite.
    """
    with refused_as("dicom_unreadable"):
        count = integer(dataset, "NumberOfFrames") or 1
        if not 1 <= count <= MAX_FRAMES:
            raise ImagingError("dicom_unreadable")
        _check_gray(dataset)
        pixels = _pixel_format(dataset)
        return tuple(
            _frame(source, dataset, number, groups, pixels)
            for number, groups in enumerate(_functional_groups(dataset, count))
        )


def _functional_groups(dataset: Dataset, count: int) -> Iterator[tuple[Dataset, ...]]:
    """Yield, for each frame, where to look its attributes up: own, shared, top level."""
    own = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])[:1]
    if len(own) not in (0, count) or (count > 1 and not own):
        raise ImagingError("geometry_missing")
    for number in range(count):
        yield (*own[number : number + 1], *shared, dataset)


def _frame(
    source: FileSource,
    dataset: Dataset,
    number: int,
    groups: tuple[Dataset, ...],
    pixels: PixelFormat,
) -> Frame:
    """Gather one frame from its functional groups and the top level."""
    position_mm = _numbers(groups, "ImagePositionPatient", 3)
    if "ModalityLUTSequence" in dataset:
        raise ImagingError("modality_lut")
    intercept = _rescale(groups, "RescaleIntercept")
    if not pixels.signed and intercept >= 0:
        raise ImagingError("rescale_lost")
    return Frame(
        source=source,
        number=number,
        rows=integer(dataset, "Rows") or 0,
        columns=integer(dataset, "Columns") or 0,
        position_mm=position_mm,
        orientation=_numbers(groups, "ImageOrientationPatient", 6),
        spacing_mm=_spacing(groups),
        slope=_rescale(groups, "RescaleSlope"),
        intercept=intercept,
        rescale_type=text(_holder(groups, "RescaleType"), "RescaleType").upper() or "HU",
        pixels=pixels,
        transfer_syntax=transfer_syntax(dataset),
        sop_instance_uid=text(dataset, "SOPInstanceUID"),
        dataset=dataset,
    )


def _holder(groups: tuple[Dataset, ...], keyword: str) -> Dataset:
    """Return the first dataset that holds an attribute: per frame, shared, top level."""
    *functional, top = groups
    for group in functional:
        items: Sequence[Dataset] = group.get(FUNCTIONAL_GROUPS[keyword]) or ()
        if items and keyword in items[0]:
            return items[0]
    return top


def _numbers(groups: tuple[Dataset, ...], keyword: str, count: int) -> tuple[float, ...]:
    """Return a geometry attribute of ``count`` finite numbers."""
    numbers = floats(_holder(groups, keyword), keyword)
    if len(numbers) != count:
        raise ImagingError("geometry_missing")
    if not all(math.isfinite(number) for number in numbers):
        raise ImagingError("geometry_not_finite")
    return numbers


def _spacing(groups: tuple[Dataset, ...]) -> tuple[float, ...]:
    """Return the pixel spacing (row, column) in mm."""
    spacing = _numbers(groups, "PixelSpacing", 2)
    if min(spacing) <= 0:
        raise ImagingError("geometry_not_finite")
    return spacing


def _rescale(groups: tuple[Dataset, ...], keyword: str) -> float:
    """Return slope or intercept; a file that lost one cannot be turned into HU."""
    numbers = floats(_holder(groups, keyword), keyword)
    if len(numbers) != 1 or not math.isfinite(numbers[0]):
        raise ImagingError("rescale_missing")
    if keyword == "RescaleSlope" and numbers[0] == 0:
        raise ImagingError("rescale_missing")
    return numbers[0]


def _check_gray(dataset: Dataset) -> None:
    """Refuse colour and floating point images: CT numbers are stored as grey integers."""
    interpretation = text(dataset, "PhotometricInterpretation") or "MONOCHROME2"
    if (integer(dataset, "SamplesPerPixel") or 1) != 1 or "MONOCHROME" not in interpretation:
        raise ImagingError("pixels_not_gray")


def _pixel_format(dataset: Dataset) -> PixelFormat:
    """Return how stored values lie in their words.

    Raises
    ------
    ImagingError
        If the format is none that a CT can have.
    """
    allocated = integer(dataset, "BitsAllocated") or 0
    stored = integer(dataset, "BitsStored") or allocated
    declared = integer(dataset, "HighBit")
    high_bit = stored - 1 if declared is None else declared
    fits = 1 < stored <= allocated and stored - 1 <= high_bit < allocated
    sides = (integer(dataset, "Rows") or 0, integer(dataset, "Columns") or 0)
    if min(sides) < 1 or max(sides) > MAX_SIDE_PIXELS or allocated not in (8, 16, 32) or not fits:
        raise ImagingError("pixel_format")
    signed = integer(dataset, "PixelRepresentation") == 1
    return PixelFormat(allocated, stored, high_bit, signed, _padding(dataset, allocated, signed))


def _padding(dataset: Dataset, bits_allocated: int, signed: bool) -> tuple[int, int] | None:
    """Return the range of padding values; their VR is often written with the wrong sign."""
    first = integer(dataset, "PixelPaddingValue")
    if first is None:
        return None
    last = integer(dataset, "PixelPaddingRangeLimit")
    ends = [
        _in_word(end, bits_allocated, signed) for end in (first, first if last is None else last)
    ]
    return (min(ends), max(ends))


def _in_word(value: int, bits: int, signed: bool) -> int:
    """Read a value as a word of the given width and signedness."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value
