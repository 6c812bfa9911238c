"""Columns of a cohort table as statistics take them: numbers, or levels with their text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import CohortError
from dlcs_core.statistics.table_one_types import NO_CODE, CategoricalColumn, ContinuousColumn

if TYPE_CHECKING:
    import pandas as pd


NOT_FINITE = frozenset({"nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"})
"""How programs write numbers that are none."""


def is_continuous(column: "pd.Series", name: str) -> bool:
    """Return whether a column is described by numbers: as the variable list says, else its cells.

    Parameters
    ----------
    column : pandas.Series
        A column of a :class:`dlcs_core.clinical.cohort.Cohort`.
    name : str
        Its name.
    """
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if name in VARIABLE_BY_NAME:
        return VARIABLE_BY_NAME[name].kind == "continuous"
    return bool(is_numeric_dtype(column) and not is_bool_dtype(column))


def refuse_non_finite(column: "pd.Series", name: str) -> None:
    """Refuse a column of numbers among which NaN or infinity was written out.

    Such a column reads as text and would be taken for one with levels.

    Raises
    ------
    CohortError
        If every cell is a number or such a word, and at least one is such a word.
    """
    if column.dtype != object:
        return
    texts = column.dropna().map(lambda cell: str(cell).strip().casefold())
    is_word = texts.isin(NOT_FINITE)
    if is_word.any() and all(map(_is_number, texts[~is_word].unique())):
        count = int(is_word.sum())
        raise CohortError("table_one_not_finite", column=displayable(name), count=count)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def continuous_column(column: "pd.Series", name: str) -> ContinuousColumn:
    """Return a column as numbers, missing as NaN.

    Raises
    ------
    CohortError
        If it holds text or levels.
    """
    from pandas.api.types import is_numeric_dtype

    if not is_numeric_dtype(column):
        raise CohortError("table_one_not_numeric", column=displayable(name))
    return ContinuousColumn(name, column.to_numpy(dtype=np.float64, na_value=np.nan))


def categorical_column(column: "pd.Series", name: str) -> CategoricalColumn:
    """Return a column as levels: those that occur, in the order of the variable list, else sorted.

    Numbers are written as the shortest decimal. A cell of blanks is missing.
    """
    import pandas as pd

    # The contract's 0/1 columns are nullable booleans; a foreign True stays "True".
    is_code = column.dtype == "boolean"
    found, cells = pd.factorize(column.astype("Int8") if is_code else column)
    texts = [_cell_text(cell) for cell in cells]
    known = VARIABLE_BY_NAME[name].levels if name in VARIABLE_BY_NAME else ()
    occurring = {text for text in texts if text}
    levels = [level for level in known if level in occurring]
    levels += in_order(sorted(occurring.difference(levels)))
    position = {level: code for code, level in enumerate(levels)}
    codes = np.array([*(position.get(text, NO_CODE) for text in texts), NO_CODE], dtype=np.intp)
    return CategoricalColumn(name, tuple(levels), codes[found])


def sorted_groups(column: "pd.Series", name: str) -> CategoricalColumn:
    """Return a column as groups in sorted order, whatever order the variable list has."""
    grouped = categorical_column(column, name)
    levels = in_order(sorted(grouped.levels))
    place = np.array([*(levels.index(level) for level in grouped.levels), NO_CODE], dtype=np.intp)
    return CategoricalColumn(name, tuple(levels), place[grouped.codes])


def in_order(texts: Sequence[str]) -> list[str]:
    """Return sorted texts, by their number where all of them are numbers ("2" before "10")."""
    try:
        return sorted(texts, key=float)
    except ValueError:
        return list(texts)


def _cell_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()
