"""MetaImage files with local data (.mha; https://itk.org/Wiki/ITK/MetaIO/Documentation)."""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError
from dlcs_core.imaging.sources import FileSource
from dlcs_core.imaging.voxel_file import VoxelFile, read_voxels, unpacking

MAX_HEADER_BYTES = 64 * 1024
DATA_TYPES = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
FIRST_KEYS = (b"ObjectType", b"NDims", b"Comment")


def is_metaimage(head: bytes) -> bool:
    """Return whether a file begins like a MetaImage header."""
    return head.startswith(FIRST_KEYS) and b"=" in head[:64]


def read_metaimage(source: FileSource) -> VoxelFile:
    """Read a three-dimensional MetaImage file with local data.

    Raises
    ------
    ImagingError
        If data are in another file or cut, or the header is malformed or without geometry.
    """
    with source.open() as stream:
        fields = _read_header(stream)
        shape, dtype = _shape(fields), _dtype(fields)
        encoding = "zlib" if _is_true(fields, "compresseddata") else "raw"
        packed = source.size if encoding == "zlib" else None
        voxels = read_voxels(unpacking(stream, encoding), dtype, shape, packed)
    return VoxelFile(voxels, _affine(fields), "mha", header_fields=fields)


def _read_header(stream: BinaryIO) -> dict[str, str]:
    """Read ``key = value`` lines up to ElementDataFile, which must be LOCAL."""
    fields: dict[str, str] = {}
    left = MAX_HEADER_BYTES
    while left > 0 and (line := stream.readline(left)):
        left -= len(line)
        key, equals, value = line.decode("utf-8", errors="replace").partition("=")
        if not equals:
            break
        fields[key.strip().lower()] = value.strip()
        if key.strip() == "ElementDataFile":
            if value.strip() != "LOCAL":
                raise ImagingError("volume_detached")
            return fields
    raise ImagingError("volume_header")


def _shape(fields: dict[str, str]) -> tuple[int, ...]:
    """Return the three lengths."""
    words = fields.get("dimsize", "").split()
    if not words or not all(word.isdecimal() and int(word[:12]) > 0 for word in words):
        raise ImagingError("volume_header")
    channels = fields.get("elementnumberofchannels", "1")
    if len(words) != 3 or channels != "1" or fields.get("ndims") != "3":
        raise ImagingError("volume_not_3d", found=" x ".join(word[:12] for word in words[:8]))
    return tuple(int(word[:12]) for word in words)


def _dtype(fields: dict[str, str]) -> np.dtype[np.generic]:
    """Return the type of a stored value."""
    code = DATA_TYPES.get(fields.get("elementtype", ""))
    if code is None or fields.get("binarydata", "True").lower() != "true":
        raise ImagingError("volume_type")
    big = _is_true(fields, "binarydatabyteordermsb") or _is_true(fields, "elementbyteordermsb")
    return np.dtype(code).newbyteorder(">" if big else "<")


def _is_true(fields: dict[str, str], key: str) -> bool:
    """Return whether a field says True."""
    return fields.get(key, "False").lower() == "true"


def _affine(fields: dict[str, str]) -> NDArray[np.float64]:
    """Return the affine to LPS; each row of TransformMatrix is the direction of one axis."""
    matrix = _numbers(fields, ("transformmatrix", "rotation", "orientation"), 9).reshape(3, 3)
    affine = np.eye(4)
    with np.errstate(invalid="ignore"):
        affine[:3, :3] = matrix.T * _numbers(fields, ("elementspacing",), 3)
    affine[:3, 3] = _numbers(fields, ("offset", "position", "origin"), 3)
    return affine


def _numbers(fields: dict[str, str], keys: tuple[str, ...], count: int) -> NDArray[np.float64]:
    """Return the numbers of the first of several synonymous fields."""
    words = next((fields[key] for key in keys if key in fields), "").split()
    if len(words) != count:
        raise ImagingError("geometry_missing")
    try:
        return np.array([float(word) for word in words])
    except ValueError as error:
        raise ImagingError("volume_header") from error
