"""Columns of digits that are names, not numbers: the record number 007 is not the number 7."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

EXACT_INTEGERS = 2.0**53
"""From here on a float64 column has forgotten the last digits of a long record number."""

_PADDED = re.compile(r"\s*0\d+\s*")


def suspected_codes(
    frame: pd.DataFrame, content: bytes, separator: str, known: frozenset[str]
) -> list[str]:
    """Return the number columns that may have lost a leading zero or their last digits.

    Parameters
    ----------
    frame : pandas.DataFrame
        As parsed, numbers as numbers.
    content : bytes
        The file. Only a cell that starts with a zero and another digit makes columns suspect,
        so that an ordinary table is not read twice.
    separator : str
        Between its cells.
    known : frozenset of str
        Columns of the contract, whose kind is settled.

    Returns
    -------
    list of str
        To be read again as text and looked at by :func:`code_columns`.
    """
    whole = [name for name in frame.columns if name not in known and _is_whole(frame[name])]
    if not whole:
        return []
    if _has_padded_cell(content, separator):
        return whole
    return [name for name in whole if _is_beyond_floats(frame[name])]


def code_columns(texts: pd.DataFrame) -> list[str]:
    """Return which text columns hold codes: whole numbers only, some padded or too long.

    Examples
    --------
    >>> import pandas as pd
    >>> code_columns(pd.DataFrame({"record": ["007", "12"], "count": ["7", "12"]}))
    ['record']
    """
    return [name for name in texts.columns if _is_code(texts[name])]


def _is_code(column: pd.Series) -> bool:
    cells = column.dropna().astype(str)
    padded = bool(cells.str.fullmatch(_PADDED).any())
    return padded or bool((cells.str.strip().str.len() > len(str(int(EXACT_INTEGERS))) - 1).any())


def _is_whole(column: pd.Series) -> bool:
    """Whether a column was read as whole numbers; with empty cells these are floats."""
    if column.dtype.kind in "iu":
        return True
    if column.dtype != "float64":
        return False
    values = column.to_numpy()
    known = values[~np.isnan(values)]
    return bool(known.size and np.isfinite(known).all() and (known == np.floor(known)).all())


def _is_beyond_floats(column: pd.Series) -> bool:
    return column.dtype == "float64" and bool(column.abs().max() >= EXACT_INTEGERS)


def _has_padded_cell(content: bytes, separator: str) -> bool:
    """Whether some cell starts with a zero and another digit."""
    return any(
        re.search(re.escape(before) + rb"0[0-9]", content)
        for before in (separator.encode(), b"\n", b'"', b" ")
    )
