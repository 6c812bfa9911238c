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
from dlcs_core.network.architecture import shapes_like
from dlcs_core.network.storage import (
    INT8_LEVELS,
    MAX_WEIGHT,
    SCALE_SUFFIX,
    Storage,
    decode_weights,
    encode_weights,
)
from dlcs_core.network.uncertainty import ReferenceStatistics

_MAX_REFERENCE_ENTRIES = 16
_FLOAT64 = np.dtype("<f8")


def weights_to_bytes(weights: Mapping[str, NDArray[np.float32]], storage: Storage) -> bytes:
    """Store the weights of a fold.

    Parameters
    ----------
    weights : mapping of str to float32 array
        All weights of the network, already rounded to the stored form.
    storage : {"float16", "int8"}
        See :mod:`dlcs_core.network.storage`.

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

    found = {name: array.shape for name, array in weights.items()}
    expected = shapes_like(found)
    if found != expected:
        raise BundleError("bundle_weights_architecture", file="weights")
    stored = encode_weights({name: weights[name] for name in expected}, storage)
    if not all(np.array_equal(a, weights[n]) for n, a in decode_weights(stored).items()):
        raise BundleError("bundle_weights_not_rounded")
    return bytes(save(stored))


def weights_from_bytes(
    content: bytes, storage: Storage, file: str, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, NDArray[Any]]:
    """Read the weights of a fold, in their stored form.

    Parameters
    ----------
    content : bytes
        A safetensors file.
    storage : {"float16", "int8"}
        Stored form.
    file : str
        Its name, for a refusal.
    shapes : mapping of str to tuple of int
        What the bundle's graph feeds on.

    Raises
    ------
    BundleError
        If the file is broken, names, shapes or number formats are not those of the network in
        this stored form, or a weight is not finite.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        stored: dict[str, NDArray[Any]] = load(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise BundleError("bundle_weights_broken", file=file) from error
    if {n: (a.shape, a.dtype.name) for n, a in stored.items()} != _stored_layout(storage, shapes):
        raise BundleError("bundle_weights_architecture", file=file)
    if not all(_is_usable(array) for array in stored.values()):
        raise BundleError("bundle_weights_not_finite", file=file)
    return stored


def _stored_layout(
    storage: Storage, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[tuple[int, ...], str]]:
    layout: dict[str, tuple[tuple[int, ...], str]] = {}
    for name, shape in shapes.items():
        as_integers = storage == "int8" and len(shape) > 1
        layout[name] = (shape, "int8" if as_integers else "float16")
        if as_integers:
            layout[name + SCALE_SUFFIX] = (shape[:1], "float32")
    return layout


def _is_usable(array: NDArray[Any]) -> bool:
    """Return whether an array decodes to finite weights; scales are positive besides."""
    if array.dtype == np.int8:
        return True
    if array.dtype == np.float16:
        return bool(np.isfinite(array).all())
    return bool((array > 0).all() and (array <= MAX_WEIGHT / INT8_LEVELS).all())


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
