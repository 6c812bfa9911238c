"""The baseline table of a cohort, whole or cohort by cohort, and its JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.column_checks import COHORTS
from dlcs_core.clinical.record import displayable
from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import CohortError, Notice
from dlcs_core.report.table_columns import (
    categorical_column,
    continuous_column,
    is_continuous,
    refuse_non_finite,
    sorted_groups,
)
from dlcs_core.statistics.checks import BoolArray
from dlcs_core.statistics.table_one import table_one
from dlcs_core.statistics.table_one_types import (
    NO_CODE,
    CategoricalColumn,
    ContinuousColumn,
    TableOne,
    TableOneRow,
)
from dlcs_core.statistics.two_sample import Choice

if TYPE_CHECKING:
    import pandas as pd

MAX_GROUPS = 50
"""More groups than this are no grouping of patients but a measurement or an identifier."""

MAX_LEVELS = 100
"""More levels than this are free text or a measurement."""

NO_BASELINE = (
    "patient_id", "center", "cohort", "trg", "good_response", "os_months", "os_event", "image",
    "mask", "dl_signature", "dl_score", "clinical_signature", "dlcs", "os_linear_predictor",
)  # fmt: skip
"""Columns of the contract that describe no patient before treatment."""

Column = ContinuousColumn | CategoricalColumn


@dataclass(frozen=True)
class TableOneRequest:
    """What a baseline table shall show.

    Attributes
    ----------
    by : str
        Column that divides the patients.
    cohort : str or None
        Column whose values get a table each; None for one table.
    variables : tuple of str
        Variables in order; empty for the 22 that the table has, else for every other column.
    continuous, categorical : tuple of str
        Variables whose kind is set against what their cells say; added where not listed.
    test : {"auto", "student", "welch", "mann-whitney"}
        Test of the continuous variables.
    """

    by: str
    cohort: str | None = None
    variables: tuple[str, ...] = ()
    continuous: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    test: Choice = "auto"

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that the request names, each once."""
        grouping = (self.by,) if self.cohort is None else (self.by, self.cohort)
        listed = (*grouping, *self.variables, *self.continuous, *self.categorical)
        return tuple(dict.fromkeys(listed))


@dataclass(frozen=True)
class TableOneReport:
    """Baseline tables.

    Attributes
    ----------
    request : TableOneRequest
        What was asked.
    tables : mapping of str to TableOne
        Per value of the cohort column in order; the only key is "" where none was asked for.
    warnings : tuple of Notice
        What was left out and why parts are missing.
    """

    request: TableOneRequest
    tables: Mapping[str, TableOne]
    warnings: tuple[Notice, ...]


def table_one_report(table: "pd.DataFrame", request: TableOneRequest) -> TableOneReport:
    """Describe and compare the patients of a table.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    request : TableOneRequest
        Grouping, variables and test; every column that it names must be there.

    Returns
    -------
    TableOneReport
        All cohorts show the same groups and levels, those of the whole table.

    Raises
    ------
    CohortError
        If the grouping is also a variable or the cohort, has too many groups or none, no variable
        is left, or a continuous one holds text.
    """
    _check_request(request)
    by = sorted_groups(table[request.by], request.by)
    if len(by.levels) > MAX_GROUPS:
        values = {"column": displayable(request.by), "groups": len(by.levels)}
        raise CohortError("table_one_too_many_groups", **values, limit=MAX_GROUPS)
    columns, notices = _columns(table, request)
    if not columns:
        raise CohortError("table_one_without_variables")
    cohorts = None if request.cohort is None else _cohorts(table, request.cohort)
    tables, found = _tables(columns, by, cohorts, request)
    return TableOneReport(request, tables, (*notices, *found))


def table_one_json(report: TableOneReport) -> dict[str, object]:
    """Return the tables as ``dlcs.table1/1``, without schema and warnings."""
    content: dict[str, object] = {"by": report.request.by}
    if report.request.cohort is None:
        return content | _table_json(report.tables[""])
    return content | {"cohorts": {name: _table_json(t) for name, t in report.tables.items()}}


def _table_json(table: TableOne) -> dict[str, object]:
    return {"groups": dict(table.groups), "rows": [_row_json(row) for row in table.rows]}


def _row_json(row: TableOneRow) -> dict[str, object]:
    test = asdict(row.comparison) if row.comparison else {}
    names = ("test", "statistic", "df", "df_denominator", "p")
    return {
        "variable": row.variable,
        "level": row.level,
        "by_group": {group: asdict(summary) for group, summary in row.by_group.items()},
        **{name: test.get(name) for name in names},
        "smd": row.smd,
        "missing": row.missing,
        "missing_by_group": dict(row.missing_by_group),
    }


def _check_request(request: TableOneRequest) -> None:
    listed = (*request.variables, *request.continuous, *request.categorical)
    for grouping in (request.by, request.cohort):
        if grouping in listed:
            raise CohortError("table_one_variable_is_group", column=displayable(str(grouping)))
    if request.by == request.cohort:
        raise CohortError("table_one_variable_is_group", column=displayable(request.by))
    both = sorted(set(request.continuous) & set(request.categorical))
    if both:
        raise CohortError("table_one_two_kinds", column=displayable(both[0]))


def _columns(table: "pd.DataFrame", request: TableOneRequest) -> tuple[list[Column], list[Notice]]:
    """Return the variables to describe; one with too many levels is left out with a warning."""
    columns: list[Column] = []
    notices = []
    for name in _variable_names(list(table.columns), request):
        column = _column(table[name], name, request)
        if isinstance(column, CategoricalColumn) and len(column.levels) > MAX_LEVELS:
            values = {"column": displayable(name), "limit": MAX_LEVELS}
            notices.append(Notice("table_one_too_many_levels", values))
        else:
            columns.append(column)
    return columns, notices


def _column(cells: "pd.Series", name: str, request: TableOneRequest) -> Column:
    refuse_non_finite(cells, name)
    by_option = name in request.continuous
    if by_option or (name not in request.categorical and is_continuous(cells, name)):
        return continuous_column(cells, name)
    return categorical_column(cells, name)


def _variable_names(present: Sequence[str], request: TableOneRequest) -> Iterable[str]:
    """Return the names asked for, else the 22 that there are, else every other column."""
    grouping = (request.by, request.cohort)
    names = request.variables or tuple(
        name for name in VARIABLE_BY_NAME if name in present and name not in grouping
    )
    set_kind = (*request.continuous, *request.categorical)
    if not names:
        names = tuple(n for n in present if n not in NO_BASELINE and n not in grouping)
    return dict.fromkeys((*names, *set_kind))


def _cohorts(table: "pd.DataFrame", name: str) -> CategoricalColumn:
    """Return the cohorts: the contract's three in their order, others sorted."""
    found = sorted_groups(table[name], name)
    if len(found.levels) > MAX_GROUPS:
        values = {"column": displayable(name), "groups": len(found.levels)}
        raise CohortError("table_one_too_many_groups", **values, limit=MAX_GROUPS)
    first = [level for level in COHORTS if level in found.levels]
    levels = (*first, *(level for level in found.levels if level not in first))
    place = np.array([*(levels.index(level) for level in found.levels), NO_CODE], dtype=np.intp)
    return CategoricalColumn(name, levels, place[found.codes])


def _tables(
    columns: Sequence[Column],
    by: CategoricalColumn,
    cohorts: CategoricalColumn | None,
    request: TableOneRequest,
) -> tuple[dict[str, TableOne], list[Notice]]:
    if cohorts is None:
        made = table_one(columns, by, request.test)
        return {"": made}, list(made.warnings)
    tables, notices = {}, []
    if count := int(np.count_nonzero(cohorts.codes == NO_CODE)):
        values = {"column": displayable(cohorts.name), "count": count}
        notices.append(Notice("table_one_rows_without_cohort", values))
    for code, name in enumerate(cohorts.levels):
        rows = cohorts.codes == code
        if not (by.codes[rows] != NO_CODE).any():
            notices.append(
                Notice("table_one_cohort_without_groups", {"column": displayable(by.name)})
            )
            continue
        part = [_part(column, rows) for column in columns]
        tables[name] = table_one(part, replace(by, codes=by.codes[rows]), request.test)
        notices.extend(tables[name].warnings)
    if not tables:
        raise CohortError("table_one_without_groups", column=displayable(by.name))
    return tables, notices


def _part(column: Column, rows: BoolArray) -> Column:
    if isinstance(column, ContinuousColumn):
        return replace(column, numbers=column.numbers[rows])
    return replace(column, codes=column.codes[rows])
