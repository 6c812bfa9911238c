"""NRRD files with attached data (https://teem.sourceforge.net/nrrd/format.html).

The header is parsed here because a reader that follows ``data file:`` returns any file of the
machine as voxels.
"""

import re
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.sources import FileSource
from dlcs_core.imaging.voxel_file import VoxelFile, read_voxels, unpacking

MAX_HEADER_BYTES = 1024**2
ENCODINGS = {"raw": "raw", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
DATA_TYPES = {
    "signed char": "i1",
    "int8": "i1",
    "int8_t": "i1",
    "uchar": "u1",
    "unsigned char": "u1",
    "uint8": "u1",
    "uint8_t": "u1",
    "short": "i2",
    "short int": "i2",
    "signed short": "i2",
    "signed short int": "i2",
    "int16": "i2",
    "int16_t": "i2",
    "ushort": "u2",
    "unsigned short": "u2",
    "unsigned short int": "u2",
    "uint16": "u2",
    "uint16_t": "u2",
    "int": "i4",
    "signed int": "i4",
    "int32": "i4",
    "int32_t": "i4",
    "uint": "u4",
    "unsigned int": "u4",
    "uint32": "u4",
    "uint32_t": "u4",
    "longlong": "i8",
    "long long": "i8",
    "int64": "i8",
    "int64_t": "i8",
    "ulonglong": "u8",
    "unsigned long long": "u8",
    "uint64": "u8",
    "uint64_t": "u8",
    "float": "f4",
    "double": "f8",
}
LPS_SIGNS = {
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
}
"""Named anatomical space to the signs that turn its coordinates into LPS."""


def is_nrrd(head: bytes) -> bool:
    """Return whether a file begins like an NRRD header."""
    return head.startswith(b"NRRD000")


def read_nrrd(source: FileSource) -> VoxelFile:
    """Read a three-dimensional NRRD file with attached data.

    Raises
    ------
    ImagingError
        If data are detached or cut, the header is malformed, or the space is not anatomical.
    """
    voxels, fields = read_nrrd_array(source)
    lengths = voxels.shape
    if voxels.ndim != 3:
        raise ImagingError("volume_not_3d", found=" x ".join(map(str, lengths)))
    return VoxelFile(voxels, nrrd_affine(fields), "nrrd", header_fields=fields)


def read_nrrd_array(source: FileSource) -> tuple[NDArray[np.generic], dict[str, str]]:
    """Read the array of an NRRD file of any dimension, and its header fields.

    Returns
    -------
    array, dict
        First index runs fastest in the file. Field names are in lower case; ``key:=value`` pairs
        stand under their key as written.
    """
    with source.open() as stream:
        fields = _read_header(stream)
        shape, dtype, encoding = _shape(fields), _dtype(fields), _encoding(fields)
        packed = None if encoding == "raw" else source.size
        if encoding == "bzip2":
            packed = source.size * 1000
        return read_voxels(unpacking(stream, encoding), dtype, shape, packed), fields


def nrrd_affine(fields: dict[str, str]) -> NDArray[np.float64]:
    """Return the affine (4, 4) from the index along the three spatial axes to LPS in mm.

    Raises
    ------
    ImagingError
        If there is no anatomical space, or not three direction vectors and an origin.
    """
    signs = LPS_SIGNS.get(fields.get("space", "").strip('" ').lower())
    vectors = re.findall(r"\(([^()]*)\)", fields.get("space directions", ""))
    origin = re.findall(r"\(([^()]*)\)", fields.get("space origin", ""))
    if signs is None or len(vectors) != 3 or len(origin) != 1:
        raise ImagingError("geometry_missing")
    affine = np.eye(4)
    try:
        for axis, vector in enumerate([*vectors, *origin]):
            affine[:3, axis] = [float(value) for value in vector.split(",")]
    except ValueError as error:
        raise ImagingError("volume_header") from error
    affine[:3] *= np.array(signs, dtype=float)[:, None]
    return affine


def _read_header(stream: BinaryIO) -> dict[str, str]:
    """Read the lines up to the empty one that ends the header."""
    fields: dict[str, str] = {}
    left = MAX_HEADER_BYTES
    stream.readline(64)
    while line := stream.readline(left):
        left -= len(line)
        content = line.decode("utf-8", errors="replace").strip("\r\n")
        if not content:
            break
        if content.startswith("#"):
            continue
        _put_field(fields, content)
    else:
        raise ImagingError("volume_detached")
    if "data file" in fields or "datafile" in fields:
        raise ImagingError("volume_detached")
    return fields


def _put_field(fields: dict[str, str], line: str) -> None:
    """Add ``field: value`` or ``key:=value``."""
    name, equals, value = line.partition(":=")
    if equals and ": " not in name:
        fields[name] = value
        return
    name, colon, value = line.partition(":")
    if not colon:
        raise ImagingError("volume_header")
    fields[name.strip().lower()] = value.strip()


def _shape(fields: dict[str, str]) -> tuple[int, ...]:
    """Return the lengths of all axes."""
    words = fields.get("sizes", "").split()
    if (
        not words
        or len(words) > 16
        or not all(word.isdecimal() and len(word) < 12 for word in words)
    ):
        raise ImagingError("volume_header")
    shape = tuple(int(word) for word in words)
    if min(shape) < 1 or fields.get("dimension", "").strip() != str(len(shape)):
        raise ImagingError("volume_header")
    return shape


def _dtype(fields: dict[str, str]) -> np.dtype[np.generic]:
    """Return the type of a stored value."""
    code = DATA_TYPES.get(fields.get("type", "").lower())
    if code is None:
        raise ImagingError("volume_type")
    is_big = fields.get("endian", "little").lower() == "big"
    return np.dtype(code).newbyteorder(">" if is_big else "<")


def _encoding(fields: dict[str, str]) -> str:
    """Return how the values are packed."""
    encoding = ENCODINGS.get(fields.get("encoding", "").lower())
    skips = {fields.get(name, "0") for name in ("line skip", "lineskip", "byte skip", "byteskip")}
    if encoding is None or skips != {"0"}:
        raise ImagingError("volume_type")
    return encoding
