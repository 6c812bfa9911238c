"""Small slices of training patients, to bytes and back: one plain array, nothing that runs."""

import io
import zipfile

import numpy as np
from numpy.typing import NDArray

from dlcs_core.bundle.layout import SIMILAR_SLICES
from dlcs_core.errors import BundleError

MAX_SIDE_PX = 112
_MEMBER = "slices.npy"


def slices_to_bytes(slices: NDArray[np.uint8]) -> bytes:
    """Store slices as an npz file; the same bytes for the same content.

    Parameters
    ----------
    slices : uint8 array (n_patients, side, side)
        Windowed intensity, 0 to 255.
    """
    member, stream = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array(member, np.ascontiguousarray(slices), allow_pickle=False)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        # A fixed date keeps the file, hence the bundle's hash, independent of the clock.
        archive.writestr(zipfile.ZipInfo(_MEMBER), member.getvalue())
    return stream.getvalue()


def slices_from_bytes(content: bytes, n_patients: int) -> NDArray[np.uint8]:
    """Read slices.

    Raises
    ------
    BundleError
        If the file is broken or holds anything but one square slice per patient.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if [m.filename for m in members] != [_MEMBER] or members[0].compress_type:
                raise ValueError("more or other entries than the writer makes")
            return _array(archive.read(_MEMBER), n_patients)
    except (ValueError, zipfile.BadZipFile, OSError, EOFError, RuntimeError) as error:
        raise BundleError("bundle_slices_broken", file=SIMILAR_SLICES) from error


def _array(content: bytes, n_patients: int) -> NDArray[np.uint8]:
    """Read the array after checking that its header promises just the bytes that follow."""
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("another version of the array format")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    plain = dtype == np.uint8 and not fortran_order and len(shape) == 3
    if not plain or shape[0] != n_patients or not 0 < shape[1] == shape[2] <= MAX_SIDE_PX:
        raise ValueError("not one square slice per patient")
    if shape[0] * shape[1] ** 2 != len(content) - stream.tell():
        raise ValueError("not the bytes that the header promises")
    return np.frombuffer(content, np.uint8, offset=stream.tell()).reshape(shape)
