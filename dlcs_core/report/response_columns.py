"""Outcome, scores and subgroups of a cohort table as the statistics take them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dlcs_core.clinical.column_checks import SCORE_COLUMNS, Finding, check_numbers, check_truth
from dlcs_core.clinical.record import displayable
from dlcs_core.errors import ClinicalError, CohortError
from dlcs_core.report.table_columns import categorical_column, is_continuous

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

GOOD_RESPONSE = "good_response"

FEW_VALUES = 6
"""A number column with at most so many values divides the patients by value."""

MAX_LEVELS = 50
"""More levels than this are no grouping of patients but a measurement or an identifier."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """A division of the patients.

    Attributes
    ----------
    name : str
        The column.
    levels : tuple of str
        What the parts are called, in order.
    codes : array of int, shape (n_patients,)
        Part of each patient; -1 where unknown.
    """

    name: str
    levels: tuple[str, ...]
    codes: NDArray[np.intp]


def scores_found(table: "pd.DataFrame") -> tuple[str, ...]:
    """Return the score columns of the contract that a table has."""
    return tuple(name for name in SCORE_COLUMNS if name in table.columns)


def outcome_column(table: "pd.DataFrame", name: str) -> FloatArray:
    """Return a 0/1 outcome, missing as NaN.

    Raises
    ------
    ClinicalError
        If the column is missing or holds anything but 0, 1, true and false.
    CohortError
        If the table has no ``good_response`` and no ``trg``.
    """
    from pandas.api.types import is_bool_dtype

    if name == GOOD_RESPONSE and name not in table.columns:
        raise CohortError("report_outcome_missing")
    column = _column(table, name)
    if not is_bool_dtype(column):
        column, findings = check_truth("outcome_not_0_1", name, _as_cells(column))
        _refuse(findings)
    return _numbers(column)


def score_column(table: "pd.DataFrame", name: str) -> FloatArray:
    """Return a score, missing as NaN.

    Raises
    ------
    ClinicalError
        If the column is missing or holds text.
    """
    from pandas.api.types import is_numeric_dtype

    column = _column(table, name)
    if not is_numeric_dtype(column):
        column, findings = check_numbers(name, _as_cells(column))
        _refuse(findings)
    return _numbers(column)


def grouping(table: "pd.DataFrame", name: str) -> Grouping:
    """Divide the patients by a column: by its levels, a measurement at its median.

    Raises
    ------
    ClinicalError
        If the column is missing.
    CohortError
        If it is empty or has too many levels.
    """
    column = _column(table, name)
    if is_continuous(column, name) and column.nunique() > FEW_VALUES:
        return _halves(name, _numbers(column))
    return level_grouping(table, name)


def level_grouping(table: "pd.DataFrame", name: str) -> Grouping:
    """Divide the patients by the values of a column, whatever they are.

    Raises
    ------
    ClinicalError
        If the column is missing.
    CohortError
        If it is empty or has too many levels.
    """
    levels = categorical_column(_column(table, name), name)
    if not 0 < len(levels.levels) <= MAX_LEVELS:
        raise CohortError(
            "report_subgroup_levels",
            column=displayable(name), count=len(levels.levels), limit=MAX_LEVELS,
        )  # fmt: skip
    return Grouping(name, levels.levels, levels.codes)


def _column(table: "pd.DataFrame", name: str) -> "pd.Series":
    if name not in table.columns:
        raise ClinicalError("table_column_missing", columns=displayable(name))
    return table[name]


def _halves(name: str, values: FloatArray) -> Grouping:
    """Divide at the median, which belongs to the lower part."""
    median = float(np.nanmedian(values))
    codes = np.where(np.isnan(values), -1, (values > median).astype(np.intp))
    return Grouping(name, (f"up to {median:g}", f"above {median:g}"), codes.astype(np.intp))


def _as_cells(column: "pd.Series") -> "pd.Series":
    """Return the column indexed by file row, levels as their text."""
    import pandas as pd

    is_levels = isinstance(column.dtype, pd.CategoricalDtype)
    cells = column.astype(object) if is_levels else column.copy(deep=False)
    return cells.set_axis(range(2, len(cells) + 2))


def _numbers(column: "pd.Series") -> FloatArray:
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def _refuse(findings: list[Finding]) -> None:
    for finding in findings:
        if finding.is_breach:
            raise ClinicalError(finding.notice.code, **finding.notice.values)
