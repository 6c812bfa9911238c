"""Columns of a cohort table as the survival statistics take them: follow-up, risk, groups."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.column_checks import MAX_OS_MONTHS, check_numbers, check_truth
from dlcs_core.clinical.record import displayable
from dlcs_core.errors import ClinicalError, CohortError
from dlcs_core.report.table_columns import categorical_column
from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.table_one_types import CategoricalColumn

if TYPE_CHECKING:
    import pandas as pd

    from dlcs_core.clinical.column_checks import Checked

MAX_GROUPS = 50
"""More groups than this are no grouping of patients but a measurement or an identifier."""

FILE_ROW_OF_FIRST = 2
"""Row 1 of a file is its header."""


def time_column(table: "pd.DataFrame", name: str) -> FloatArray:
    """Return follow-up times in months, missing as NaN.

    Raises
    ------
    ClinicalError
        If the column is missing, holds text, or a time outside 0 to 600 months.
    """
    time = number_column(table, name)
    outside = (time < 0.0) | (time > MAX_OS_MONTHS)
    if outside.any():
        raise ClinicalError(
            "survival_time_outside_limits",
            column=displayable(name), count=int(outside.sum()), high=MAX_OS_MONTHS,
            row=FILE_ROW_OF_FIRST + int(np.argmax(outside)),
        )  # fmt: skip
    return time


def event_column(table: "pd.DataFrame", name: str) -> FloatArray:
    """Return a 0/1 column of deaths, missing as NaN.

    Raises
    ------
    ClinicalError
        If the column is missing or holds anything but 0, 1, true and false.
    """
    return _checked(table, name, partial(check_truth, "event_not_0_1"))


def number_column(table: "pd.DataFrame", name: str) -> FloatArray:
    """Return a column of numbers, missing as NaN.

    Raises
    ------
    ClinicalError
        If the column is missing or holds text.
    """
    return _checked(table, name, check_numbers)


def group_column(table: "pd.DataFrame", name: str) -> CategoricalColumn:
    """Return the groups of patients, called as their cells are written.

    Raises
    ------
    ClinicalError
        If the column is missing.
    CohortError
        If it is empty or has too many groups.
    """
    found = level_column(table, name)
    if not 0 < len(found.levels) <= MAX_GROUPS:
        raise CohortError(
            "survival_group_levels",
            column=displayable(name), count=len(found.levels), limit=MAX_GROUPS,
        )  # fmt: skip
    return found


def level_column(table: "pd.DataFrame", name: str) -> CategoricalColumn:
    """Return a column as levels, called as its cells are written.

    Raises
    ------
    ClinicalError
        If the column is missing.
    """
    return categorical_column(_truth_as_text(_column(table, name)), name)


def _truth_as_text(column: "pd.Series") -> "pd.Series":
    """Return cells "True" and "False" as text; the contract's own 0/1 columns stay 0 and 1."""
    from pandas.api.types import infer_dtype

    if column.dtype == "boolean" or infer_dtype(column, skipna=True) not in ("boolean", "mixed"):
        return column
    return column.map(lambda cell: str(cell) if isinstance(cell, bool) else cell)


def _column(table: "pd.DataFrame", name: str) -> "pd.Series":
    if name not in table.columns:
        raise ClinicalError("table_column_missing", columns=displayable(name))
    return table[name]


def _checked(
    table: "pd.DataFrame", name: str, check: "Callable[[str, pd.Series], Checked]"
) -> FloatArray:
    """Return a column as numbers; refuse the first cell that is none."""
    import pandas as pd

    column = _column(table, name)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    cells = column.set_axis(range(FILE_ROW_OF_FIRST, len(column) + FILE_ROW_OF_FIRST))
    numbers, findings = check(name, cells)
    for finding in findings:
        if finding.is_breach:
            raise ClinicalError(finding.notice.code, **finding.notice.values)
    return np.asarray(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
