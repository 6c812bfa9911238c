"""DICOM files to datasets: bounded, silent, and complete or refused.

pydicom reads a cut file, a text file with ``force`` or a deflate bomb without complaint. What is
returned here was checked: it is DICOM, its elements could be parsed, and its pixel data is all
there.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from math import prod
from typing import BinaryIO

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    MediaStorageDirectoryStorage,
)

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.dicom_encoding import HEAD_BYTES as HEAD_BYTES
from dlcs_core.imaging.dicom_encoding import LONG_VRS as LONG_VRS
from dlcs_core.imaging.dicom_encoding import PIXEL_TAGS
from dlcs_core.imaging.dicom_encoding import PREAMBLE_BYTES as PREAMBLE_BYTES
from dlcs_core.imaging.dicom_encoding import UNDEFINED_LENGTH as UNDEFINED_LENGTH
from dlcs_core.imaging.dicom_guard import refused_as as refused_as
from dlcs_core.imaging.dicom_values import integer, text
from dlcs_core.imaging.quick_header import quick_header
from dlcs_core.imaging.sources import FileSource

QUICK_BYTES = 32 * 1024
"""What is read of a file at first; few headers are longer."""

MAX_INFLATED_BYTES = 1024**3
MAX_RATIO = 200
RATIO_FREE_BYTES = 8 * 1024**2
"""A deflated file may grow to this, whatever its size, and beyond to ``MAX_RATIO`` times it."""

DEFLATED_SYNTAX = b"1.2.840.10008.1.2.1.99"
EXPLICIT_SYNTAX = b"1.2.840.10008.1.2.1".ljust(len(DEFLATED_SYNTAX), b"\0")
PIXEL_CLASSES = frozenset(
    f"1.2.840.10008.5.1.4.1.1.{suffix}"
    for suffix in ("2", "2.1", "2.2", "4", "4.1", "7", "20", "128", "130", "481.2", "66.4")
)
"""SOP classes that cannot be without pixels: without them the file was cut."""


FIRST_ELEMENTS = frozenset(
    struct.pack(f"{order}HH", group, element)
    for order in "<>"
    for group, elements in ((0x0008, (0x00, 0x05, 0x08, 0x12, 0x16)), (0x0002, (0x00, 0x01, 0x02)))
    for element in elements
)
"""Tags with which a file without preamble begins."""


def is_dicom(head: bytes) -> bool:
    """Return whether a file that starts with these bytes (at least 132) can be DICOM.

    Files without preamble are recognised by a first element of group 0002 or 0008 in either
    byte order.
    """
    if head[PREAMBLE_BYTES:HEAD_BYTES] == b"DICM":
        return True
    return head[:4] in FIRST_ELEMENTS


def read_dataset(source: FileSource, *, stop_before_pixels: bool = True) -> Dataset:
    """Read a DICOM file.

    Parameters
    ----------
    source : FileSource
        The file.
    stop_before_pixels : bool
        Leave the pixel data (and what follows it) unread; that it is complete is checked.

    Returns
    -------
    pydicom.Dataset
        Values are converted, and can fail, on access: do that under :func:`refused_as`.

    Raises
    ------
    ImagingError
        If the file is no DICOM, cannot be parsed, is nested too deeply or was cut.
    """
    with open_dicom(source) as stream:
        return _parse(stream, stop_before_pixels=stop_before_pixels)


def read_open_dataset(stream: BinaryIO) -> Dataset:
    """Read the header of a DICOM image that is open already, as far as a series needs it.

    An ordinary file gives the attributes of :mod:`quick_header` only, any other one all.

    Raises
    ------
    ImagingError
        As :func:`read_dataset`.
    """
    stream.seek(0)
    with refused_as("dicom_unreadable"):
        quick = quick_header(stream.read(QUICK_BYTES))
    if quick is None:
        return _parse(_plain(stream), stop_before_pixels=True)
    dataset, pixels_at = quick
    stream.seek(pixels_at)
    with refused_as("dicom_unreadable"):
        _check_complete(stream, dataset)
    return dataset


@contextmanager
def open_dicom(source: FileSource) -> Iterator[BinaryIO]:
    """Open a DICOM file for pydicom; a deflated one is inflated within bounds.

    Raises
    ------
    ImagingError
        If it is no DICOM, is empty, or its deflated part is cut or too large.
    """
    if source.size == 0:
        raise ImagingError("file_empty")
    with source.open() as stream:
        yield _plain(stream)


def transfer_syntax(dataset: Dataset) -> UID:
    """Return how a dataset was encoded; where its file does not say, how it was parsed."""
    if named := text(getattr(dataset, "file_meta", None) or Dataset(), "TransferSyntaxUID"):
        return _uid(named)
    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


@cache
def _uid(value: str) -> UID:
    """Return a UID; pydicom checks it each time that one is made."""
    with refused_as("dicom_unreadable"):
        return UID(value)


def _parse(stream: BinaryIO, *, stop_before_pixels: bool) -> Dataset:
    """Let pydicom parse an open file and check that it is complete."""
    with refused_as("dicom_unreadable"):
        dataset = pydicom.dcmread(stream, stop_before_pixels=stop_before_pixels, force=True)
        if stop_before_pixels:
            _check_complete(stream, dataset)
    return dataset


def _plain(stream: BinaryIO) -> BinaryIO:
    """Return the stream at its start, inflated where it is deflated."""
    stream.seek(0)
    head = stream.read(4096)
    if not is_dicom(head):
        raise ImagingError("not_dicom")
    stream.seek(0)
    if DEFLATED_SYNTAX in head and head[PREAMBLE_BYTES:HEAD_BYTES] == b"DICM":
        return _inflated(stream.read(MAX_INFLATED_BYTES))
    return stream


def _inflated(content: bytes) -> BinaryIO:
    """Return a deflated file as an explicit little endian one."""
    start = _dataset_start(content)
    meta = content[:start].replace(DEFLATED_SYNTAX, EXPLICIT_SYNTAX, 1)
    if DEFLATED_SYNTAX not in content[:start]:
        return BytesIO(content)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    by_ratio = max(MAX_RATIO * len(content), RATIO_FREE_BYTES)
    try:
        dataset = inflater.decompress(content[start:], min(by_ratio, MAX_INFLATED_BYTES))
    except zlib.error as error:
        raise ImagingError("dicom_truncated") from error
    if inflater.unconsumed_tail and by_ratio < MAX_INFLATED_BYTES:
        raise ImagingError("file_ratio", limit=MAX_RATIO)
    if inflater.unconsumed_tail:
        raise ImagingError("file_too_large", limit_gib=MAX_INFLATED_BYTES // 1024**3)
    if not inflater.eof:
        raise ImagingError("dicom_truncated")
    return BytesIO(meta + dataset)


def _dataset_start(content: bytes) -> int:
    """Return where the elements after group 0002 (always explicit little endian) begin."""
    offset = HEAD_BYTES
    while content[offset : offset + 2] == b"\x02\0" and offset + 12 <= len(content):
        if content[offset + 4 : offset + 6] in LONG_VRS:
            length = 12 + struct.unpack_from("<L", content, offset + 8)[0]
        else:
            length = 8 + struct.unpack_from("<H", content, offset + 6)[0]
        offset += length
    return offset


def _check_complete(stream: BinaryIO, dataset: Dataset) -> None:
    """Refuse a file without SOP class, and an image whose pixel data is missing or cut.

    ``stream`` stands at the pixel data element where reading stopped, or at the end.
    """
    start = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(start)
    length = _pixel_element_length(stream, dataset)
    if length is None:
        if "Rows" in dataset or _sop_class(dataset) in PIXEL_CLASSES or _ends_early(dataset):
            raise ImagingError("dicom_truncated")
    elif length == UNDEFINED_LENGTH:
        _check_fragments(stream, end)
    elif length < _native_bytes(dataset) or stream.tell() + length > end:
        raise ImagingError("dicom_truncated")


def _sop_class(dataset: Dataset) -> str:
    """Return the SOP class; a DICOMDIR names it in the meta header only."""
    meta = getattr(dataset, "file_meta", None) or Dataset()
    named = text(meta, "MediaStorageSOPClassUID")
    directory = named if named == MediaStorageDirectoryStorage else ""
    return text(dataset, "SOPClassUID") or directory


def _ends_early(dataset: Dataset) -> bool:
    """Return whether a file without pixels lost its SOP class or the end of a value."""
    raw = [element for element in dataset.values() if isinstance(element, RawDataElement)]
    cut = any(one.length != UNDEFINED_LENGTH and len(one.value or b"") < one.length for one in raw)
    return cut or not _sop_class(dataset)


def _native_bytes(dataset: Dataset) -> int:
    """Return the bytes of uncompressed pixel data; 0 where the syntax is encapsulated."""
    if transfer_syntax(dataset).is_encapsulated:
        return 0
    sizes = (("Rows", 0), ("Columns", 0), ("NumberOfFrames", 1), ("SamplesPerPixel", 1))
    values = prod(integer(dataset, keyword) or default for keyword, default in sizes)
    bits = values * (integer(dataset, "BitsAllocated") or 0)
    if text(dataset, "PhotometricInterpretation") == "YBR_FULL_422":
        bits = bits * 2 // 3
    return bits // 8


def _pixel_element_length(stream: BinaryIO, dataset: Dataset) -> int | None:
    """Read the header of the pixel data element; None where there is none.

    A VR there is told from an implicit length by itself: read as a length, each would be odd.
    """
    order = "<" if dataset.original_encoding[1] else ">"
    header = stream.read(12)
    if len(header) < 8:
        return None
    group, element = struct.unpack_from(f"{order}HH", header)
    if group << 16 | element not in PIXEL_TAGS:
        return None
    if header[4:6] not in LONG_VRS:
        stream.seek(8 - len(header), 1)
        return int(struct.unpack_from(f"{order}L", header, 4)[0])
    return int(struct.unpack_from(f"{order}L", header, 8)[0]) if len(header) == 12 else None


def _check_fragments(stream: BinaryIO, end: int) -> None:
    """Walk the fragments of encapsulated pixel data to the delimiter (PS3.5 A.4)."""
    while True:
        header = stream.read(8)
        if len(header) < 8:
            raise ImagingError("dicom_truncated")
        group, element, length = struct.unpack("<HHL", header)
        if (group, element) == (0xFFFE, 0xE0DD):
            return
        if (group, element) != (0xFFFE, 0xE000) or stream.tell() + length > end:
            raise ImagingError("dicom_truncated")
        stream.seek(length, 1)
