"""JSON of a bundle, read without any of the leniency of Python's reader."""

import json
from typing import NoReturn

from dlcs_core.errors import BundleError

MAX_DEPTH = 32
"""Nesting that no file of a bundle comes near."""

MAX_NUMBER = 1e20
"""Magnitude that no number of a bundle comes near; beyond, arithmetic would overflow later."""


def parse_strict(content: bytes, file: str) -> dict[str, object]:
    """Parse one JSON object.

    Parameters
    ----------
    content : bytes
        UTF-8 without BOM.
    file : str
        Name of the file in the bundle, for the message.

    Returns
    -------
    dict
        Plain JSON values; every number is finite and at most 1e20 in magnitude.

    Raises
    ------
    BundleError
        If it is no JSON object, a key occurs twice, a number is not finite or too large, or the
        nesting is deeper than 32.
    """
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_number,
            parse_float=_real,
            parse_int=_whole,
        )
    except (ValueError, RecursionError) as error:
        raise BundleError("bundle_json_invalid", file=file) from error
    if not isinstance(value, dict) or _depth(value) > MAX_DEPTH:
        raise BundleError("bundle_json_invalid", file=file)
    return value


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key occurs twice")
    return members


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(text)


def _real(text: str) -> float:
    number = float(text)
    if abs(number) > MAX_NUMBER:
        raise ValueError(text)
    return number


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) > MAX_NUMBER:
        raise ValueError(text)
    return number


def _depth(value: object) -> int:
    """Levels of nesting, counted level by level so that depth cannot exhaust the stack."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            child
            for parent in level
            for child in (
                parent.values()
                if isinstance(parent, dict)
                else parent
                if isinstance(parent, list)
                else ()
            )
        ]
    return depth
