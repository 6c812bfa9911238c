"""NIfTI-1 and NIfTI-2 single files (.nii, .nii.gz), read with every check of their header.

The header is parsed here because readers repair silently: a cut gzip stream becomes air, an
infinite affine the identity.
"""

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError, Notice
from dlcs_core.imaging.sources import FileSource
from dlcs_core.imaging.voxel_file import Readable, VoxelFile, read_voxels, unpacking

FloatArray = NDArray[np.float64]

HEADER_1 = {
    "dim": (40, "8i2"),
    "datatype": (70, "i2"),
    "pixdim": (76, "8f4"),
    "vox_offset": (108, "f4"),
    "scl_slope": (112, "f4"),
    "scl_inter": (116, "f4"),
    "xyzt_units": (123, "u1"),
    "qform_code": (252, "i2"),
    "sform_code": (254, "i2"),
    "quaternion": (256, "3f4"),
    "qoffset": (268, "3f4"),
    "srow": (280, "(3,4)f4"),
    "magic": (344, "S4"),
}
HEADER_2 = {
    "magic": (4, "S4"),
    "datatype": (12, "i2"),
    "dim": (16, "8i8"),
    "pixdim": (104, "8f8"),
    "vox_offset": (168, "i8"),
    "scl_slope": (176, "f8"),
    "scl_inter": (184, "f8"),
    "qform_code": (344, "i4"),
    "sform_code": (348, "i4"),
    "quaternion": (352, "3f8"),
    "qoffset": (376, "3f8"),
    "srow": (400, "(3,4)f8"),
    "xyzt_units": (500, "i4"),
}
"""Field to (byte offset, type) in the headers of the two versions."""

HEADER_SIZES = {348: HEADER_1, 540: HEADER_2}
DATA_TYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""Spatial unit code (unknown, metre, millimetre, micrometre) to millimetres."""

RAS_TO_LPS = np.array([[-1.0], [-1.0], [1.0], [1.0]])
"""Signs that turn the rows of an affine to RAS into one to LPS."""

FORM_TOLERANCE_MM = 0.5
"""Largest distance of any corner under sform and qform that is put down to rounding."""


@dataclass(frozen=True)
class NiftiHeader:
    """The fields needed of a header, as numpy scalars and arrays, and its byte order."""

    fields: dict[str, NDArray[np.generic]]
    byte_order: Literal["<", ">"]
    size: int

    def floats(self, name: str) -> FloatArray:
        """Return a field as float64."""
        return np.asarray(self.fields[name], dtype=np.float64)

    def integer(self, name: str) -> int:
        """Return a field as an int."""
        return int(np.asarray(self.fields[name]).item())


def is_nifti(head: bytes) -> bool:
    """Return whether unpacked bytes begin like a NIfTI header (single file or pair)."""
    return head[344:347] in (b"n+1", b"ni1") or head[4:7] in (b"n+2", b"ni2")


def peek_gzip(head: bytes) -> bytes:
    """Return the first unpacked bytes of a gzip file, none where it is damaged."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 1024)
    except zlib.error:
        return b""


def read_nifti(source: FileSource) -> VoxelFile:
    """Read a NIfTI file.

    Raises
    ------
    ImagingError
        If it is cut, its checksum fails, it is no single three-dimensional grey volume, or its
        affine is missing, not finite or singular.
    """
    with source.open() as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream = unpacking(raw, "gzip" if packed else "raw")
        try:
            header = _read_header(stream)
            _skip(stream, _data_offset(header) - header.size)
        except (EOFError, OSError, zlib.error) as error:
            raise ImagingError("volume_truncated") from error
        shape, dtype = _shape(header), _dtype(header)
        affine, warnings = _affine(header, shape)
        slope, intercept = _scaling(header)
        voxels = read_voxels(stream, dtype, shape, source.size if packed else None)
    return VoxelFile(voxels, affine, "nifti", slope, intercept, warnings=warnings)


def _read_header(stream: Readable) -> NiftiHeader:
    """Parse the header, in either byte order."""
    content = _exactly(stream, 348)
    order, size = _byte_order_and_size(content)
    content += _exactly(stream, size - 348)
    layout = HEADER_SIZES[size]
    fields = {
        name: np.frombuffer(content, np.dtype(kind).newbyteorder(order), 1, offset)[0]
        for name, (offset, kind) in layout.items()
    }
    if not bytes(fields["magic"]).startswith((b"n+1", b"n+2")):
        raise ImagingError("volume_detached")
    return NiftiHeader(fields, order, size)


def _byte_order_and_size(content: bytes) -> tuple[Literal["<", ">"], int]:
    """Return the byte order in which the header's own size is a known one, and that size."""
    orders: tuple[Literal["<", ">"], ...] = ("<", ">")
    for order in orders:
        size = int(np.frombuffer(content, np.dtype("i4").newbyteorder(order), 1)[0])
        if size in HEADER_SIZES:
            return order, size
    raise ImagingError("volume_header")


def _exactly(stream: Readable, n_bytes: int) -> bytes:
    """Read exactly so many bytes."""
    content = b""
    while len(content) < n_bytes:
        chunk = stream.read(n_bytes - len(content))
        if not chunk:
            raise EOFError
        content += chunk
    return content


def _skip(stream: Readable, n_bytes: int) -> None:
    """Skip extensions between header and data."""
    if n_bytes < 0 or n_bytes > 64 * 1024**2:
        raise ImagingError("volume_header")
    _exactly(stream, n_bytes)


def _data_offset(header: NiftiHeader) -> int:
    """Return where values begin; 0 means right after header and extension flag."""
    offset = float(header.floats("vox_offset"))
    if not np.isfinite(offset):
        raise ImagingError("volume_header")
    return int(offset) or header.size + 4


def _shape(header: NiftiHeader) -> tuple[int, int, int]:
    """Return the three lengths; axes of length 1 beyond them are dropped."""
    dim = [int(length) for length in np.asarray(header.fields["dim"])]
    if not 2 <= dim[0] <= 7 or min(dim[1 : dim[0] + 1]) < 1:
        raise ImagingError("volume_header")
    lengths = [*dim[1 : dim[0] + 1], 1]
    if any(length > 1 for length in lengths[3:]):
        raise ImagingError("volume_not_3d", found=" x ".join(map(str, lengths[:-1])))
    return (lengths[0], lengths[1], lengths[2])


def _dtype(header: NiftiHeader) -> np.dtype[np.generic]:
    """Return the type of a stored value."""
    code = header.integer("datatype")
    if code not in DATA_TYPES:
        raise ImagingError("volume_type")
    return np.dtype(DATA_TYPES[code]).newbyteorder(header.byte_order)


def _scaling(header: NiftiHeader) -> tuple[float, float]:
    """Return slope and intercept; a slope of 0 or NaN means none."""
    slope, intercept = float(header.floats("scl_slope")), float(header.floats("scl_inter"))
    if slope == 0 or np.isnan(slope):
        return 1.0, 0.0
    if not np.isfinite(slope) or not np.isfinite(intercept):
        raise ImagingError("rescale_missing")
    return slope, intercept


def _affine(
    header: NiftiHeader, shape: tuple[int, int, int]
) -> tuple[FloatArray, tuple[Notice, ...]]:
    """Return the affine to LPS: sform where it has a code, else qform."""
    unit = header.integer("xyzt_units") & 7
    if unit not in MM_PER_UNIT:
        raise ImagingError("volume_header")
    scale = np.array([[MM_PER_UNIT[unit]]] * 3 + [[1.0]])
    forms = []
    if header.integer("sform_code") > 0:
        forms.append(scale * np.vstack([header.floats("srow"), [0, 0, 0, 1]]))
    if header.integer("qform_code") > 0:
        forms.append(scale * _quaternion_affine(header))
    if not forms:
        raise ImagingError("geometry_missing")
    differ = len(forms) > 1 and _distance_mm(forms[0], forms[1], shape) > FORM_TOLERANCE_MM
    warnings = (Notice("nifti_forms_differ"),) if differ else ()
    return RAS_TO_LPS * forms[0], warnings


def _distance_mm(a: FloatArray, b: FloatArray, shape: tuple[int, int, int]) -> float:
    """Return the largest distance of a corner voxel under two affines; NaN counts as far."""
    corners = np.array(np.meshgrid(*[(0, length - 1) for length in shape])).reshape(3, -1)
    with np.errstate(all="ignore"):
        offset = (a - b)[:3, :3] @ corners + (a - b)[:3, 3:]
        distance = float(np.sqrt((offset**2).sum(axis=0)).max())
    return distance if np.isfinite(distance) else np.inf


def _quaternion_affine(header: NiftiHeader) -> FloatArray:
    """Return the qform affine (nifti1.h, method 2)."""
    pixdim = header.floats("pixdim")
    b, c, d = header.floats("quaternion")
    with np.errstate(all="ignore"):
        a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
        rotation = np.array(
            [
                [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
                [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
                [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
            ]
        )
        affine = np.eye(4)
        affine[:3, :3] = rotation * [pixdim[1], pixdim[2], pixdim[3] * (-1 if pixdim[0] < 0 else 1)]
        affine[:3, 3] = header.floats("qoffset")
    return affine
