"""From a model to JSON and strictly back: what is not exactly a model is refused."""

import math
from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ModelError

FloatArray = NDArray[np.float64]


def fields_of(data: object, names: Sequence[str], part: str) -> Mapping[str, object]:
    """Return an object with exactly the named keys.

    Parameters
    ----------
    data : object
        Parsed JSON.
    names : sequence of str
        Keys, all needed, none besides.
    part : str
        Which model or part of it, for the refusal.

    Raises
    ------
    ModelError
        If it is no object, or a key is missing or unknown.
    """
    if not isinstance(data, Mapping):
        raise ModelError("model_part_malformed", part=part, field="*")
    absent = [name for name in names if name not in data]
    if absent or len(data) != len(names):
        # Unknown keys are not repeated: they are somebody else's text.
        raise ModelError("model_part_malformed", part=part, field=absent[0] if absent else "*")
    return cast(Mapping[str, object], data)


def number(value: object, part: str, field: str) -> float:
    """Return a finite number; booleans and texts are none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ModelError("model_part_malformed", part=part, field=field)
    return float(value)


def whole_number(value: object, part: str, field: str) -> int:
    """Return a whole number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ModelError("model_part_malformed", part=part, field=field)
    return value


def text(value: object, part: str, field: str) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise ModelError("model_part_malformed", part=part, field=field)
    return value


def truth(value: object, part: str, field: str) -> bool:
    """Return a boolean."""
    if not isinstance(value, bool):
        raise ModelError("model_part_malformed", part=part, field=field)
    return value


def texts(value: object, part: str, field: str) -> tuple[str, ...]:
    """Return a list of texts."""
    if not isinstance(value, list | tuple):
        raise ModelError("model_part_malformed", part=part, field=field)
    return tuple(text(item, part, field) for item in value)


def array(value: object, shape: tuple[int, ...], part: str, field: str) -> FloatArray:
    """Return finite numbers of the given shape; -1 leaves a length open.

    Raises
    ------
    ModelError
        If the shape is another one or an entry is no finite number.
    """
    if not isinstance(value, list | tuple):
        raise ModelError("model_part_malformed", part=part, field=field)
    try:
        numbers = np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelError("model_part_malformed", part=part, field=field) from error
    numbers = numbers.reshape((0, *shape[1:])) if numbers.size == 0 else numbers
    fits = numbers.ndim == len(shape) and all(
        wanted in (-1, found) for wanted, found in zip(shape, numbers.shape, strict=True)
    )
    if not fits or not np.isfinite(numbers).all():
        raise ModelError("model_part_malformed", part=part, field=field)
    return numbers


def covariance_matrix(value: object, size: int, part: str) -> FloatArray:
    """Return a symmetric matrix without negative variances."""
    matrix = array(value, (size, size), part, "covariance")
    scale = float(np.abs(matrix).max(initial=0.0))
    if (np.diag(matrix) < 0.0).any() or np.abs(matrix - matrix.T).max(initial=0.0) > 1e-9 * scale:
        raise ModelError("model_part_malformed", part=part, field="covariance")
    return matrix
