"""A fast walk over the header of an ordinary CT file: few attributes, one read, no sequences.

pydicom makes an object of each of the hundred or more elements of a header; a series of 300
files needs thirty of them. This walk skips the others. It reads explicit and implicit little
endian only, and gives up at the first thing that is not ordinary: then pydicom reads the file.
What it returns is what pydicom would (tested on real and on damaged files).
"""

import struct
from collections.abc import MutableMapping

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom_encoding import (
    HEAD_BYTES,
    ITEM,
    ITEM_END,
    LONG_VRS,
    PIXEL_TAGS,
    PREAMBLE_BYTES,
    SEQUENCE_END,
    SHORT_VRS,
    UNDEFINED_LENGTH,
)

RawElements = MutableMapping[BaseTag, DataElement | RawDataElement]

MAX_NESTING = 64
"""Sequences and items within each other; a scanner nests ten."""

KEPT_TAGS = frozenset(
    tag_for_keyword(keyword)
    for keyword in (
        *("SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "StudyDate"),
        *("Modality", "Manufacturer", "SeriesDescription", "PatientName", "PatientID"),
        *("PatientBirthDate", "PatientSex", "PatientAge", "ContrastBolusAgent"),
        *("BodyPartExamined", "SliceThickness", "KVP", "GantryDetectorTilt"),
        *("ConvolutionKernel", "SeriesInstanceUID", "SeriesNumber", "FrameOfReferenceUID"),
        *("ImagePositionPatient", "ImageOrientationPatient", "SamplesPerPixel"),
        *("PhotometricInterpretation", "Rows", "Columns", "PixelSpacing", "BitsAllocated"),
        *("BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue"),
        *("PixelPaddingRangeLimit", "RescaleIntercept", "RescaleSlope", "RescaleType"),
        *("LossyImageCompression", "NumberOfFrames", "TransferSyntaxUID"),
    )
)
"""What reading a series asks for. An attribute asked for elsewhere must be added here."""

UNUSUAL_TAGS = frozenset(
    tag_for_keyword(keyword)
    for keyword in (
        *("ModalityLUTSequence", "SharedFunctionalGroupsSequence"),
        *("PerFrameFunctionalGroupsSequence", "NumberOfFrames"),
    )
)
"""Files with these are left to pydicom."""


TRANSFER_SYNTAX_TAG = BaseTag(0x00020010)

STANDARD_SYNTAXES = "1.2.840.10008.1.2"
OTHER_SYNTAXES = (
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    "1.2.840.10008.1.2.4.95",
    "1.2.840.10008.1.2.4.205",
)
"""Syntaxes of another byte order or with a packed header (the last two by reference)."""


def quick_header(content: bytes) -> tuple[Dataset, int] | None:
    """Return the kept attributes of a file that begins with these bytes.

    Parameters
    ----------
    content : bytes
        The first bytes of the file, enough to reach the pixel data.

    Returns
    -------
    (pydicom.Dataset, int) or None
        The attributes, raw, and where the pixel data element begins. None where pydicom must
        read the file instead.
    """
    if content[PREAMBLE_BYTES:HEAD_BYTES] != b"DICM":
        return None
    try:
        meta = _walk(content, HEAD_BYTES, explicit=True, end_group=0x0002)
        syntax = _syntax(meta[0]) if meta is not None else None
        if meta is None or syntax is None:
            return None
        implicit = syntax == ImplicitVRLittleEndian
        found = _walk(content, meta[1], explicit=not implicit)
    except (struct.error, UnicodeDecodeError):
        return None
    if found is None:
        return None
    dataset = Dataset(found[0])
    dataset.set_original_encoding(implicit, True)
    dataset.file_meta = FileMetaDataset(meta[0])
    return dataset, found[1]


def _syntax(meta: RawElements) -> str | None:
    """Return the transfer syntax, if it is one whose elements can be walked."""
    element = meta.get(TRANSFER_SYNTAX_TAG)
    if element is None:
        return None
    value = element.value
    syntax = value.decode("ascii").rstrip("\0 ") if isinstance(value, bytes) else ""
    return syntax if _is_walked(syntax) else None


def _is_walked(syntax: str) -> bool:
    """Return whether a transfer syntax is a standard, little endian, unpacked one."""
    return syntax.startswith(STANDARD_SYNTAXES) and syntax not in OTHER_SYNTAXES


def _walk(
    content: bytes, offset: int, *, explicit: bool, end_group: int = 0xFFFF
) -> tuple[RawElements, int] | None:
    """Collect kept elements up to the pixel data, or to the end of one group."""
    elements: RawElements = {}
    previous = 0
    while True:
        tag, vr, length, start = _element(content, offset, explicit=explicit)
        if tag in PIXEL_TAGS or tag >> 16 > end_group:
            return elements, offset
        if tag <= previous or tag in UNUSUAL_TAGS or vr is None:
            return None
        if length == UNDEFINED_LENGTH:
            if vr not in (b"SQ", b""):
                return None
            end = _sequence_end(content, start, explicit=explicit)
        else:
            end = start + length
        if end > len(content):
            return None
        if tag in KEPT_TAGS:
            key = BaseTag(tag)
            name = vr.decode("ascii") or None
            value = content[start:end]
            elements[key] = RawDataElement(
                key, name, length, value, start, not explicit, True, True
            )
        previous, offset = tag, end


def _element(content: bytes, offset: int, *, explicit: bool) -> tuple[int, bytes | None, int, int]:
    """Return tag, VR (empty if implicit, None if unknown), length and start of the value."""
    group, element = struct.unpack_from("<HH", content, offset)
    tag = group << 16 | element
    vr = content[offset + 4 : offset + 6]
    if not explicit or group == 0xFFFE:
        length = struct.unpack_from("<L", content, offset + 4)[0]
        looks_explicit = group != 0xFFFE and vr in (*SHORT_VRS, *LONG_VRS)
        return tag, None if looks_explicit else b"", length, offset + 8
    if vr in SHORT_VRS:
        return tag, vr, struct.unpack_from("<H", content, offset + 6)[0], offset + 8
    if vr in LONG_VRS:
        return tag, vr, struct.unpack_from("<L", content, offset + 8)[0], offset + 12
    return tag, None, 0, offset


def _sequence_end(content: bytes, offset: int, *, explicit: bool) -> int:
    """Return where a sequence of undefined length ends; past the end of the bytes if in doubt."""
    depth = 1
    while depth and offset + 8 <= len(content):
        tag, vr, length, start = _element(content, offset, explicit=explicit)
        if tag in (ITEM_END, SEQUENCE_END):
            depth, offset = depth - 1, start
        elif length == UNDEFINED_LENGTH and (tag == ITEM or vr in (b"SQ", b"")):
            depth, offset = depth + 1, start
            if depth > MAX_NESTING:
                raise ImagingError("dicom_too_deep")
        elif vr is None or length == UNDEFINED_LENGTH:
            break
        else:
            offset = start + length
    return len(content) + 1 if depth else offset
