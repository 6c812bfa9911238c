"""Table 1: the patients' characteristics by group, tested and with standardised differences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError, Notice
from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.comparison import Comparison
from dlcs_core.statistics.contingency import independence_test
from dlcs_core.statistics.effect_size import (
    mean_of_pairs,
    proportion_difference,
    standardized_mean_difference,
)
from dlcs_core.statistics.table_one_types import (
    NO_CODE,
    CategoricalColumn,
    ContinuousColumn,
    CountSummary,
    MeanSummary,
    MedianSummary,
    Summary,
    TableOne,
    TableOneRow,
)
from dlcs_core.statistics.two_sample import Choice, compare_groups, is_summarized_by_mean


@dataclass(frozen=True)
class _Compared:
    """What the groups of one variable gave."""

    comparison: Comparison | None
    smd: float | None
    notices: tuple[Notice, ...]


def table_one(
    columns: Sequence[ContinuousColumn | CategoricalColumn],
    by: CategoricalColumn,
    choice: Choice = "auto",
) -> TableOne:
    """Describe every variable in every group and test whether the groups differ.

    Parameters
    ----------
    columns : sequence of ContinuousColumn or CategoricalColumn
        The variables.
    by : CategoricalColumn
        The groups; levels sorted, since the sign of the standardised difference is theirs.
        Patients without a group are left out.
    choice : {"auto", "student", "welch", "mann-whitney"}
        Test of the continuous variables, see
        :func:`dlcs_core.statistics.two_sample.compare_groups`. Categorical ones follow
        :func:`dlcs_core.statistics.contingency.independence_test`.

    Returns
    -------
    TableOne
        A missing cell is left out of its variable's test and percentages.

    Raises
    ------
    CohortError
        If nobody belongs to a group.

    Examples
    --------
    >>> ages = ContinuousColumn("age_years", np.array([50.0, 60.0, 55.0, 65.0, 61.0, 70.0]))
    >>> response = CategoricalColumn("good_response", ("0", "1"), np.array([0, 0, 0, 1, 1, 1]))
    >>> row = table_one([ages], response).rows[0]
    >>> row.comparison.test, row.by_group["0"], round(row.smd, 2)
    ('student_t', MeanSummary(mean=55.0, sd=5.0), -2.17)
    """
    sizes = np.bincount(by.codes[by.codes != NO_CODE], minlength=len(by.levels))
    if not sizes.sum():
        raise CohortError("table_one_without_groups", column=by.name)
    described = [_describe(column, by, choice) for column in columns]
    return TableOne(
        by=by.name,
        groups={name: int(n) for name, n in zip(by.levels, sizes, strict=True)},
        rows=tuple(row for rows, _ in described for row in rows),
        warnings=(*_grouping_notices(by, sizes), *(n for _, found in described for n in found)),
    )


def _grouping_notices(by: CategoricalColumn, sizes: NDArray[np.intp]) -> list[Notice]:
    notices = []
    if np.count_nonzero(sizes) < 2:
        notices.append(Notice("table_one_single_group", {"column": displayable(by.name)}))
    if count := int(np.count_nonzero(by.codes == NO_CODE)):
        values = {"column": displayable(by.name), "count": count}
        notices.append(Notice("table_one_rows_without_group", values))
    return notices


def _describe(
    column: ContinuousColumn | CategoricalColumn, by: CategoricalColumn, choice: Choice
) -> tuple[tuple[TableOneRow, ...], tuple[Notice, ...]]:
    """Return the rows of one variable and why parts of them are missing."""
    if isinstance(column, ContinuousColumn):
        return _describe_continuous(column, by, choice)
    return _describe_categorical(column, by)


def _describe_continuous(
    column: ContinuousColumn, by: CategoricalColumn, choice: Choice
) -> tuple[tuple[TableOneRow, ...], tuple[Notice, ...]]:
    has_value = np.isfinite(column.numbers)
    groups = [column.numbers[has_value & (by.codes == group)] for group in range(len(by.levels))]
    compared = _compare_continuous(column.name, groups, choice)
    filled = [group for group in groups if group.size]
    by_mean = bool(filled) and is_summarized_by_mean(filled, choice)
    summaries = [_mean_summary(g) if by_mean else _median_summary(g) for g in groups]
    return (_row(column.name, None, summaries, compared, has_value, by),), compared.notices


def _describe_categorical(
    column: CategoricalColumn, by: CategoricalColumn
) -> tuple[tuple[TableOneRow, ...], tuple[Notice, ...]]:
    has_value = column.codes != NO_CODE
    counts = _counts(column, by)
    compared = _compare_categorical(column.name, counts)
    totals = counts.sum(axis=0)
    # A variable that nobody has still gets its row.
    lines = zip(column.levels or (None,), counts if column.levels else (totals,), strict=True)
    rows = [
        _row(column.name, level, list(map(_count_summary, line, totals)), compared, has_value, by)
        for level, line in lines
    ]
    return tuple(rows), compared.notices


def _row(
    variable: str,
    level: str | None,
    summaries: Sequence[Summary],
    compared: _Compared,
    has_value: NDArray[np.bool_],
    by: CategoricalColumn,
) -> TableOneRow:
    grouped = by.codes[~has_value & (by.codes != NO_CODE)]
    missing = np.bincount(grouped, minlength=len(by.levels))
    return TableOneRow(
        variable,
        level,
        dict(zip(by.levels, summaries, strict=True)),
        compared.comparison,
        compared.smd,
        missing=int(missing.sum()),
        missing_by_group={name: int(n) for name, n in zip(by.levels, missing, strict=True)},
    )


def _counts(column: CategoricalColumn, by: CategoricalColumn) -> NDArray[np.intp]:
    """Count patients per level and group, those with both only."""
    both = (column.codes != NO_CODE) & (by.codes != NO_CODE)
    shape = len(column.levels), len(by.levels)
    cell = column.codes[both] * shape[1] + by.codes[both]
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)


def _compare_continuous(name: str, groups: Sequence[FloatArray], choice: Choice) -> _Compared:
    filled = [group for group in groups if group.size]
    constant = bool(filled) and len({(float(g.min()), float(g.max())) for g in filled}) == 1
    constant = constant and float(filled[0].min()) == float(filled[0].max())
    notices, testable = _before_test(name, len(groups), len(filled), constant)
    if not testable:
        return _Compared(None, None, notices)

    def difference(i: int, j: int) -> float | None:
        return standardized_mean_difference(filled[i], filled[j])

    try:
        comparison = compare_groups(filled, choice)
    except CohortError:
        comparison = None
        notices += (Notice("table_one_without_test", {"variable": displayable(name)}),)
    return _with_difference(name, comparison, mean_of_pairs(len(filled), difference), notices)


def _compare_categorical(name: str, counts: NDArray[np.intp]) -> _Compared:
    filled = counts[:, counts.any(axis=0)]
    constant = np.count_nonzero(counts.any(axis=1)) == 1
    notices, testable = _before_test(name, counts.shape[1], filled.shape[1], constant)
    if not testable:
        return _Compared(None, None, notices)

    def difference(i: int, j: int) -> float | None:
        pair = filled[:, [i, j]]
        # Two groups of three may share their only level: no difference, and no table to test.
        return proportion_difference(pair) if np.count_nonzero(pair.any(axis=1)) > 1 else 0.0

    smd = mean_of_pairs(filled.shape[1], difference)
    return _with_difference(name, independence_test(filled), smd, notices)


def _before_test(
    name: str, n_groups: int, n_filled: int, constant: bool
) -> tuple[tuple[Notice, ...], bool]:
    """Return what stands in the way of a test, and whether one is possible."""
    values = {"variable": displayable(name)}
    if not n_filled:
        return (Notice("table_one_variable_missing", values),), False
    if constant:
        return (Notice("table_one_variable_constant", values),), False
    empty = n_groups - n_filled
    found = (Notice("table_one_groups_empty", {**values, "count": empty}),) if empty else ()
    return found, n_filled > 1


def _with_difference(
    name: str, comparison: Comparison | None, smd: float | None, notices: tuple[Notice, ...]
) -> _Compared:
    if smd is None:
        notices += (Notice("table_one_without_smd", {"variable": displayable(name)}),)
    return _Compared(comparison, smd, notices)


def _count_summary(n: int, total: int) -> CountSummary:
    return CountSummary(int(n), 100.0 * float(n) / float(total) if total else None)


def _mean_summary(values: FloatArray) -> MeanSummary:
    return MeanSummary(
        float(values.mean()) if values.size else None,
        float(values.std(ddof=1)) if values.size > 1 else None,
    )


def _median_summary(values: FloatArray) -> MedianSummary:
    if not values.size:
        return MedianSummary(None, None, None)
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    return MedianSummary(float(median), float(q1), float(q3))
