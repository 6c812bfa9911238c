"""The binary files of a bundle: weights of a fold and reference statistics, to bytes and back.

Reading either is arithmetic on bytes: neither format can carry an object that is run.
"""

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.bundle.layout import REFERENCE
from dlcs_core.errors import BundleError, ModelError
from dlcs_core.network.architecture import weight_shapes
from dlcs_core.network.uncertainty import ReferenceStatistics

_EXPONENT_BITS = np.uint16(0x7C00)
"""All exponent bits of a 16-bit float: set in infinities and missing values only."""

_MAX_REFERENCE_ENTRIES = 16
_FLOAT64 = np.dtype("<f8")


def weights_to_bytes(weights: Mapping[str, NDArray[np.floating]]) -> bytes:
    """Store the weights of a fold as 16-bit floats.

    Parameters
    ----------
    weights : mapping of str to float array
        All weights of the network, already rounded (``network.export.round_to_storage``).

    Returns
    -------
    bytes
        A safetensors file.

    Raises
    ------
    BundleError
        If names or shapes are not the network's, or storing would change a value: then every
        score on record would be that of another network.
    """
    from safetensors.numpy import save

    _check_architecture(weights, "weights")
    half = {name: np.ascontiguousarray(weights[name], np.float16) for name in weight_shapes()}
    if not all(np.array_equal(half[name], weights[name]) for name in half):
        raise BundleError("bundle_weights_not_rounded")
    return bytes(save(half))


def weights_from_bytes(content: bytes, file: str) -> dict[str, NDArray[np.float16]]:
    """Read the weights of a fold.

    Raises
    ------
    BundleError
        If the file is broken, names, shapes or number format are not the network's, or a weight
        is not finite.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        weights: dict[str, NDArray[Any]] = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise BundleError("bundle_weights_broken", file=file) from error
    _check_architecture(weights, file)
    if any(array.dtype != np.float16 for array in weights.values()):
        raise BundleError("bundle_weights_architecture", file=file)
    if not all(_is_finite(array) for array in weights.values()):
        raise BundleError("bundle_weights_not_finite", file=file)
    return weights


def _check_architecture(weights: Mapping[str, NDArray[Any]], file: str) -> None:
    if {name: array.shape for name, array in weights.items()} != weight_shapes():
        raise BundleError("bundle_weights_architecture", file=file)


def _is_finite(array: NDArray[np.float16]) -> bool:
    """Return whether all are finite; on the bits, ten times faster than ``isfinite``."""
    return not bool(((array.view(np.uint16) & _EXPONENT_BITS) == _EXPONENT_BITS).any())


def reference_to_bytes(reference: ReferenceStatistics) -> bytes:
    """Store reference statistics as an npz file; the same bytes for the same content."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in reference.to_arrays().items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array.astype(_FLOAT64), allow_pickle=False)
            # A fixed date keeps the file, hence the bundle's hash, independent of the clock.
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    return stream.getvalue()


def reference_from_bytes(content: bytes) -> ReferenceStatistics:
    """Read reference statistics.

    Raises
    ------
    BundleError
        If the file is broken, holds anything but plain 64-bit floats, or parts do not fit.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > _MAX_REFERENCE_ENTRIES or any(m.compress_type for m in members):
                raise ValueError("more or other entries than the writer makes")
            arrays = {m.filename.removesuffix(".npy"): _array(archive.read(m)) for m in members}
        return ReferenceStatistics.from_arrays(arrays)
    except (ValueError, zipfile.BadZipFile, OSError, EOFError, RuntimeError, ModelError) as error:
        raise BundleError("bundle_reference_broken", file=REFERENCE) from error


def _array(content: bytes) -> NDArray[np.float64]:
    """Read one array after checking that its header promises just the bytes that follow."""
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("another version of the array format")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    size = math.prod(shape) * _FLOAT64.itemsize
    if dtype != _FLOAT64 or fortran_order or size != len(content) - stream.tell():
        raise ValueError("not a plain array of 64-bit floats")
    return np.frombuffer(content, _FLOAT64, offset=stream.tell()).reshape(shape)
