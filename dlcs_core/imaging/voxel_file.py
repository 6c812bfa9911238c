"""What a volume file holds before anything is made of it, and reading its values in bounds."""

import bz2
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ImagingError, Notice

MAX_VOXEL_BYTES = 2 * 1024**3
MAX_TRAILING_BYTES = 64 * 1024**2
PACKED_CHUNK_BYTES = 256 * 1024
EITHER_WRAPPING = zlib.MAX_WBITS | 32
"""Lets zlib tell gzip from zlib by the first bytes."""

DEFLATE_MAX_RATIO = 1_100
"""Deflate cannot pack better than 1032 to 1: a smaller file was cut, whatever its header says."""


@dataclass(frozen=True)
class VoxelFile:
    """Voxels of a NIfTI, NRRD or MHA file as stored, with their geometry.

    Attributes
    ----------
    voxels : array, shape (i, j, k)
        Stored values in the file's type; first index runs fastest in the file.
    affine_lps : array of float64, shape (4, 4)
        From index (i, j, k) of a voxel centre to its patient position (LPS, mm).
    slope, intercept : float
        Real value = slope * stored + intercept.
    source_format : str
        ``"nifti"``, ``"nrrd"`` or ``"mha"``.
    header_fields : mapping
        Key and value text of an NRRD or MHA header. Untrusted.
    warnings : tuple of Notice
        What had to be accepted.
    """

    voxels: NDArray[np.generic]
    affine_lps: NDArray[np.float64]
    source_format: str
    slope: float = 1.0
    intercept: float = 0.0
    header_fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    warnings: tuple[Notice, ...] = ()


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""


class Bzip2Stream:
    """A bzip2 stream inflated no further than asked (``bz2.open`` has no such bound)."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._inflater = bz2.BZ2Decompressor()

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        while not self._inflater.eof:
            chunk = self._packed.read(PACKED_CHUNK_BYTES) if self._inflater.needs_input else b""
            if self._inflater.needs_input and not chunk:
                raise EOFError
            if content := self._inflater.decompress(chunk, max_length=size):
                return content
        return b""


class DeflateStream:
    """A gzip or zlib stream inflated no further than asked; checksum and size are verified.

    Gzip members that follow each other are one stream, zeros after them are padding, anything
    else is damage.
    """

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._pending = b""
        self._inflater = zlib.decompressobj(EITHER_WRAPPING)

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes (one or more asked); none at the end."""
        while not self._inflater.eof or self._begin_next_member():
            chunk = self._pending or self._packed.read(PACKED_CHUNK_BYTES)
            content = self._inflater.decompress(chunk, size)
            self._pending = self._inflater.unconsumed_tail or self._inflater.unused_data
            if content:
                return content
            if not chunk and not self._inflater.eof:
                raise EOFError
        return b""

    def _begin_next_member(self) -> bool:
        """Go on to the member that follows; False at the end of the file."""
        while not self._pending.strip(b"\0"):
            self._pending = self._packed.read(PACKED_CHUNK_BYTES)
            if not self._pending:
                return False
        self._pending = self._pending.lstrip(b"\0")
        self._inflater = zlib.decompressobj(EITHER_WRAPPING)
        return True


def unpacking(packed: BinaryIO, encoding: str) -> Readable:
    """Return a stream of unpacked bytes.

    Parameters
    ----------
    packed : binary stream
        Standing at the first packed byte.
    encoding : str
        ``"raw"``, ``"gzip"``, ``"bzip2"`` or ``"zlib"``.
    """
    if encoding == "bzip2":
        return Bzip2Stream(packed)
    return packed if encoding == "raw" else DeflateStream(packed)


def read_voxels(
    stream: Readable, dtype: np.dtype[np.generic], shape: tuple[int, ...], packed_bytes: int | None
) -> NDArray[np.generic]:
    """Read an array whose first index runs fastest, and the stream to its (checked) end.

    Parameters
    ----------
    stream : stream
        Standing at the first value.
    dtype : numpy.dtype
        With byte order.
    shape : tuple of int
        Length of each axis, all positive.
    packed_bytes : int or None
        Size of the file where it is packed: a claim beyond what could be packed is refused
        before memory is taken.

    Raises
    ------
    ImagingError
        If there are fewer bytes than the header says, many more, a checksum fails, or the
        array is larger than ``MAX_VOXEL_BYTES``.
    """
    n_bytes = int(np.prod([int(length) for length in shape], dtype=object)) * dtype.itemsize
    if n_bytes > MAX_VOXEL_BYTES:
        raise ImagingError("file_too_large", limit_gib=MAX_VOXEL_BYTES // 1024**3)
    if packed_bytes is not None and n_bytes > DEFLATE_MAX_RATIO * packed_bytes:
        raise ImagingError("volume_truncated")
    try:
        content = _read_exactly(stream, n_bytes)
        if packed_bytes is not None:
            _read_to_end(stream)
    except (EOFError, OSError, zlib.error, ValueError) as error:
        raise ImagingError("volume_truncated") from error
    return content.view(dtype).reshape(shape, order="F")


def _read_exactly(stream: Readable, n_bytes: int) -> NDArray[np.uint8]:
    """Read exactly so many bytes."""
    content = np.empty(n_bytes, dtype=np.uint8)
    done = 0
    while done < n_bytes:
        chunk = stream.read(min(n_bytes - done, 4 * 1024**2))
        if not chunk:
            raise EOFError
        content[done : done + len(chunk)] = np.frombuffer(chunk, dtype=np.uint8)
        done += len(chunk)
    return content


def _read_to_end(stream: Readable) -> None:
    """Read what follows the values, so that the trailer's checksum and size are checked."""
    extra = 0
    while chunk := stream.read(1024**2):
        extra += len(chunk)
        if extra > MAX_TRAILING_BYTES:
            raise EOFError
