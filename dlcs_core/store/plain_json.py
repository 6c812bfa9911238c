"""Results as JSON and back, field by field as their classes declare them.

Only the listed kinds of value exist: frozen dataclasses, tuples, mappings, numbers, texts and
None. Nothing that is read decides which class is made, so reading never runs code of a file.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np


def to_json(value: object) -> object:
    """Return a value as what JSON can hold; what is none of the kinds becomes its text.

    Examples
    --------
    >>> to_json((1, {"a": np.float64(0.5)}))
    [1, {'a': 0.5}]
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(member) for key, member in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(member) for member in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def from_json(kind: Any, value: Any) -> Any:
    """Return the value of a declared kind from its JSON form.

    Parameters
    ----------
    kind : type
        A dataclass, ``tuple[...]``, ``Mapping[...]``, union with None, or a plain type.
    value : object
        Decoded JSON. Fields that the class does not know are left out.

    Raises
    ------
    TypeError, KeyError, ValueError
        If the form does not fit.

    Examples
    --------
    >>> from_json(tuple[float, ...] | None, [1.0, 2.0])
    (1.0, 2.0)
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _from_union(arguments, value)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        known = {field.name for field in fields(kind)} & set(value)
        return kind(**{name: from_json(hints[name], value[name]) for name in known})
    if origin is tuple:
        kinds = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        return tuple(from_json(one, member) for one, member in zip(kinds, value, strict=True))
    if origin is Mapping:
        return {key: from_json(arguments[1], member) for key, member in value.items()}
    return value


def _from_union(options: tuple[Any, ...], value: Any) -> Any:
    """Return a value of the only structured option; texts and numbers are what they are."""
    structured = [one for one in options if is_dataclass(one) or get_origin(one) is not None]
    if value is None and NoneType in options:
        return None
    return from_json(structured[0], value) if len(structured) == 1 else value
