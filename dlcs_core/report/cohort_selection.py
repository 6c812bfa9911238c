"""Which patients of a table a page is about: by cohort, centre and any level."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.column_checks import COHORTS, SCORE_COLUMNS
from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import CohortError
from dlcs_core.report.response_columns import FEW_VALUES
from dlcs_core.report.table_columns import categorical_column, is_continuous

if TYPE_CHECKING:
    import pandas as pd

MAX_LEVELS = 50
"""A column with more levels is no division of patients."""

MAX_SCORES = 6
"""Curves of one figure that a reader can tell apart."""

NOT_FOR_DIVISION = ("patient_id", "image", "mask", "os_months", "os_event")


@dataclass(frozen=True)
class Selection:
    """A part of a cohort.

    Attributes
    ----------
    cohort : str or None
        Value of the ``cohort`` column; None for all patients.
    levels : mapping of str to tuple of str
        Per column the levels that are kept, as they are written; columns left out keep all.
    """

    cohort: str | None = None
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        """What tells this part from another, for a cache."""
        return (self.cohort, *sorted(self.levels.items()))


def select(table: "pd.DataFrame", selection: Selection) -> "pd.DataFrame":
    """Return the patients of a selection.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    selection : Selection
        A column that the table lacks keeps everybody.

    Returns
    -------
    pandas.DataFrame
        At least one row, in the order of the table.

    Raises
    ------
    CohortError
        If nobody is left.
    """
    kept = np.ones(len(table), dtype=np.bool_)
    if selection.cohort is not None and "cohort" in table.columns:
        kept &= (table["cohort"] == selection.cohort).to_numpy(bool)
    for name, levels in selection.levels.items():
        if name in table.columns:
            column = categorical_column(table[name], name)
            codes = [code for code, level in enumerate(column.levels) if level in levels]
            kept &= np.isin(column.codes, codes)
    if not kept.any():
        raise CohortError("selection_empty", count=len(table))
    return table[kept]


def cohorts_of(table: "pd.DataFrame") -> dict[str, int]:
    """Return the contract's cohorts that a table has, validation first, and their sizes."""
    if "cohort" not in table.columns:
        return {}
    sizes = table["cohort"].value_counts()
    return {name: int(sizes[name]) for name in reversed(COHORTS) if sizes.get(name, 0)}


def divisions_of(table: "pd.DataFrame") -> dict[str, tuple[str, ...]]:
    """Return the columns that divide the patients, with the levels that occur.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.

    Returns
    -------
    dict of str to tuple of str
        Columns of 2 to 50 levels in the order of the table; a column of numbers counts where it
        has few of them.
    """
    found = {}
    for name in table.columns:
        if name in NOT_FOR_DIVISION or not _may_divide(table[name], name):
            continue
        levels = categorical_column(table[name], name).levels
        if 1 < len(levels) <= MAX_LEVELS:
            found[name] = levels
    return found


def measurements_of(table: "pd.DataFrame") -> tuple[str, ...]:
    """Return the columns of numbers that vary too finely to divide by level."""
    return tuple(
        name
        for name in table.columns
        if name not in NOT_FOR_DIVISION
        and is_continuous(table[name], name)
        and table[name].nunique() > FEW_VALUES
    )


def scores_of(table: "pd.DataFrame") -> tuple[str, ...]:
    """Return the columns that may be scores: those of the contract first.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.

    Returns
    -------
    tuple of str
        Known scores that hold a number, then unknown columns of numbers with a fraction.
    """
    known = [name for name in SCORE_COLUMNS if name in table.columns and table[name].notna().any()]
    others = [name for name in table.columns if name not in _CONTRACT and _varies(table[name])]
    return (*known, *others)


_CONTRACT = {
    *VARIABLE_BY_NAME, *SCORE_COLUMNS, *NOT_FOR_DIVISION, "center", "cohort", "trg",
    "good_response", "os_linear_predictor",
}  # fmt: skip


def _varies(column: "pd.Series") -> bool:
    """Tell whether an unknown column holds numbers with fractions."""
    if column.dtype != "float64":
        return False
    values = column.dropna().to_numpy()
    return bool(values.size and (values != np.round(values)).any())


def _may_divide(column: "pd.Series", name: str) -> bool:
    """Tell whether a column's levels are few, without listing those of a measurement."""
    return not is_continuous(column, name) or column.nunique() <= FEW_VALUES
