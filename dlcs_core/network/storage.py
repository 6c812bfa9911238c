"""The stored form of a network's weights: 16-bit floats, or 8-bit integers per output channel.

Five folds take 87 MB in 16 bits and 43 MB in 8. Rounding a trained network moves its scores (by
up to 0.1 in 8 bits), so a trainer rounds *first* and computes every score afterwards: what is on
record is then what the stored network gives, to the last bit.

``"int8"`` stores a matrix or kernel ``w`` as integers ``q`` from -127 to 127 and one positive
float32 ``scale`` per output channel, under the names ``w`` and ``w.scale``; it reads as ``q *
scale``. Scales carry 12 significant bits, so that 127 * scale is exact and storing a stored
network changes nothing. Vectors (biases, batch normalisation) are always 16-bit floats.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ModelError

Storage = Literal["float16", "int8"]

SCALE_SUFFIX = ".scale"
"""Name of a kernel's scales: the kernel's name and this."""

MAX_WEIGHT = 65504.0
"""Largest weight of either form: the largest 16-bit float."""

INT8_LEVELS = 127
"""Steps from zero to a channel's largest magnitude."""

SCALE_BITS = 12
"""Significant bits of a scale."""


def encode_weights(
    weights: Mapping[str, NDArray[np.float32]], storage: Storage
) -> dict[str, NDArray[Any]]:
    """Bring weights into their stored form.

    Parameters
    ----------
    weights : mapping of str to float32 array
        Finite; output channels first.
    storage : {"float16", "int8"}
        Form of matrices and kernels.

    Returns
    -------
    dict of str to array
        float16, int8 and (names ending in ``.scale``) float32 arrays.

    Raises
    ------
    ModelError
        If a weight is not finite or beyond the range of 16 bits (65504).
    """
    stored: dict[str, NDArray[Any]] = {}
    for name, weight in weights.items():
        if storage == "int8" and weight.ndim > 1:
            stored[name], stored[name + SCALE_SUFFIX] = _to_int8(name, weight)
        else:
            stored[name] = _to_float16(name, weight)
    return stored


def decode_weights(stored: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    """Read stored weights as the float32 arrays that the network runs on.

    Raises
    ------
    ModelError
        If an int8 array has no fitting scales, or scales stand without an array.
    """
    weights: dict[str, NDArray[np.float32]] = {}
    for name, array in stored.items():
        if array.dtype == np.int8:
            weights[name] = _from_int8(array, stored.get(name + SCALE_SUFFIX))
        elif not name.endswith(SCALE_SUFFIX):
            weights[name] = array.astype(np.float32)
        elif _dtype_of(stored, name.removesuffix(SCALE_SUFFIX)) != np.int8:
            raise ModelError("weights_scale_mismatch")
    return weights


def _to_float16(name: str, weight: NDArray[np.float32]) -> NDArray[np.float16]:
    with np.errstate(over="ignore"):
        rounded = weight.astype(np.float16)
    if not np.isfinite(rounded).all():
        raise ModelError("weights_beyond_storage", weight=name)
    return rounded


def _to_int8(
    name: str, weight: NDArray[np.float32]
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    if not (np.abs(weight) <= MAX_WEIGHT).all():
        raise ModelError("weights_beyond_storage", weight=name)
    largest = np.abs(weight).max(axis=tuple(range(1, weight.ndim)))
    fraction, exponent = np.frexp(np.where(largest > 0, largest / np.float32(INT8_LEVELS), 1))
    rounded = np.round(fraction * 2**SCALE_BITS) / 2**SCALE_BITS
    scale = np.ldexp(rounded, exponent).astype(np.float32)
    levels = np.round(weight / _per_channel(scale, weight.ndim))
    return np.clip(levels, -INT8_LEVELS, INT8_LEVELS).astype(np.int8), scale


def _from_int8(levels: NDArray[np.int8], scale: NDArray[Any] | None) -> NDArray[np.float32]:
    if scale is None or scale.shape != levels.shape[:1] or not (scale > 0).all():
        raise ModelError("weights_scale_mismatch")
    weight: NDArray[np.float32] = levels * _per_channel(scale.astype(np.float32), levels.ndim)
    return weight


def _dtype_of(stored: Mapping[str, NDArray[Any]], name: str) -> np.dtype[Any] | None:
    return stored[name].dtype if name in stored else None


def _per_channel(scale: NDArray[np.float32], ndim: int) -> NDArray[np.float32]:
    return scale.reshape((-1,) + (1,) * (ndim - 1))
