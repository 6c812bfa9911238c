"""A baseline table as plain text, cells apart by bars."""

from collections.abc import Iterator

from dlcs_core.report.table_one import TableOneReport
from dlcs_core.statistics.table_one_types import (
    CountSummary,
    MeanSummary,
    Summary,
    TableOne,
    TableOneRow,
)
from dlcs_core.translation import sentence

NOTHING = "-"
"""What stands where there is no number."""

SMALLEST_P = 0.001


def table_one_lines(report: TableOneReport, language: str) -> Iterator[str]:
    """Return the lines of every table, each cohort under its name.

    Parameters
    ----------
    report : TableOneReport
        The tables.
    language : str
        Language of the heading.

    Yields
    ------
    str
        One line; numbers as in a paper: n (percent), mean (SD) or median (quartiles).
    """
    for name, table in report.tables.items():
        if name:
            yield name
        yield _joined(_heading(table, language))
        for row in table.rows:
            yield _joined(_cells(row, language))


def summary_text(summary: Summary) -> str:
    """Return a summary as a paper prints it.

    Examples
    --------
    >>> summary_text(CountSummary(5, 50.0)), summary_text(MeanSummary(2.5, None))
    ('5 (50.0%)', '2.50 (-)')
    """
    if isinstance(summary, CountSummary):
        percent = NOTHING if summary.percent is None else f"{summary.percent:.1f}%"
        return f"{summary.n} ({percent})"
    if isinstance(summary, MeanSummary):
        return f"{_number(summary.mean)} ({_number(summary.sd)})"
    return f"{_number(summary.median)} [{_number(summary.q1)}, {_number(summary.q3)}]"


def p_text(p: float | None) -> str:
    """Return a P value to three decimals.

    Examples
    --------
    >>> p_text(0.0304), p_text(1e-9), p_text(None)
    ('0.030', '< 0.001', '-')
    """
    if p is None:
        return NOTHING
    return f"< {SMALLEST_P}" if p < SMALLEST_P else f"{p:.3f}"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"


def _heading(table: TableOne, language: str) -> list[str]:
    groups = [f"{table.by} = {group} (n = {n})" for group, n in table.groups.items()]
    titles = ("variable", "level", "p", "test", "smd", "missing")
    variable, level, *others = (sentence(f"table_one_title_{t}", language) for t in titles)
    return [variable, level, *groups, *others]


def _cells(row: TableOneRow, language: str) -> list[str]:
    test = NOTHING
    if row.comparison:
        test = sentence(f"test_{row.comparison.test}", language)
    return [
        row.variable,
        row.level or NOTHING,
        *map(summary_text, row.by_group.values()),
        p_text(row.comparison.p if row.comparison else None),
        test,
        _number(row.smd),
        str(row.missing),
    ]


def _joined(cells: list[str]) -> str:
    return " | ".join(cells)
