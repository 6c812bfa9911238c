"""Another table as a cohort of ours: columns renamed, units converted, bad rows named."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.cohort import GOOD_RESPONSE_TRG, Cohort
from dlcs_core.clinical.column_checks import Finding, check_column
from dlcs_core.clinical.record import displayable
from dlcs_core.clinical.table import RawTable
from dlcs_core.errors import ClinicalError, CohortError, Notice
from dlcs_core.report.cohort_conversions import Conversion, converted
from dlcs_core.report.cohort_guess import KEPT, LEFT_OUT, TARGETS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MAX_REASONS = 500
"""Different cells of one column whose reason is worded; further ones share a general reason."""


@dataclass(frozen=True)
class ColumnChoice:
    """What one column of the other table shall be: see :class:`ColumnGuess`."""

    column: str
    target: str
    conversion: Conversion


@dataclass(frozen=True)
class RefusedRow:
    """A row that was left out.

    Attributes
    ----------
    row : int
        Row of the file; the header is row 1.
    column : str
        Where the first cell stands that cannot be used.
    cell : str
        What stands there.
    reason : Notice
        Why it cannot be used.
    """

    row: int
    column: str
    cell: str
    reason: Notice


@dataclass(frozen=True, eq=False)
class MappedTable:
    """A table after mapping.

    Attributes
    ----------
    cohort : Cohort
        The rows that can be used, in canonical form.
    refused : tuple of RefusedRow
        The others, in the order of the file.
    """

    cohort: Cohort
    refused: tuple[RefusedRow, ...]


def map_table(raw: RawTable, choices: Sequence[ColumnChoice]) -> MappedTable:
    """Turn another table into a cohort.

    Parameters
    ----------
    raw : RawTable
        As read.
    choices : sequence of ColumnChoice
        One per column.

    Returns
    -------
    MappedTable
        At least one usable row.

    Raises
    ------
    ClinicalError
        If two columns have one target, or a 0/1 column is coded 1 and 2.
    CohortError
        If no row can be used.
    """
    _check_targets(choices)
    columns: dict[str, pd.Series] = {}
    refused: dict[int, RefusedRow] = {}
    findings: list[Notice] = []
    for choice in choices:
        if choice.target == LEFT_OUT:
            continue
        name = choice.target or _own_name(choice.column)
        cells = converted(raw.frame[choice.column], choice.target or None, choice.conversion)
        columns[name], found = check_column(name, cells)
        findings += [finding.notice for finding in found if not finding.is_breach]
        _refuse(refused, raw.frame[choice.column], name, cells, columns[name], found)
    table = _assembled(columns, raw, refused)
    if table.empty:
        raise CohortError("mapping_no_row_left", count=len(raw.frame))
    rows = tuple(refused[row] for row in sorted(refused))
    notices = (*raw.warnings, *(n for n in findings if n.code != "column_has_missing_cells"))
    return MappedTable(Cohort(table.reset_index(drop=True), notices), rows)


def _check_targets(choices: Sequence[ColumnChoice]) -> None:
    seen: set[str] = set()
    for choice in choices:
        if choice.target in (KEPT, LEFT_OUT):
            continue
        if choice.target in seen:
            raise ClinicalError("mapping_target_twice", column=choice.target)
        seen.add(choice.target)


def _own_name(name: str) -> str:
    """Return the name of a column that is kept; one of ours may not mean something else."""
    return f"{name} (2)" if name in TARGETS else name


def _refuse(
    refused: dict[int, RefusedRow],
    column: "pd.Series",
    name: str,
    cells: "pd.Series",
    settled: "pd.Series",
    findings: Sequence[Finding],
) -> None:
    """Name each row whose cell a check emptied; a wrong coding of the whole column ends here."""
    for finding in findings:
        if finding.notice.code == "column_coded_1_2":
            raise ClinicalError("mapping_coded_1_2", column=displayable(str(column.name)))
    if not any(finding.is_breach for finding in findings):
        return
    bad = (settled.isna() & cells.notna()).to_numpy(bool)
    if name == "patient_id":
        bad = (settled.isna() | (settled == "") | settled.duplicated()).to_numpy(bool)
    reasons: dict[str, Notice] = {}
    for row in cells.index[bad]:
        text = "" if cells.isna()[row] else displayable(str(column[row]))
        if text not in reasons:
            reasons[text] = _reason(name, cells, row, findings, known=len(reasons))
        refused.setdefault(int(row), RefusedRow(int(row), str(column.name), text, reasons[text]))


def _reason(
    name: str, cells: "pd.Series", row: int, findings: Sequence[Finding], *, known: int
) -> Notice:
    """Return why a cell cannot be used: what the check says of it alone."""
    if name != "patient_id" and known < MAX_REASONS:
        _, alone = check_column(name, cells.loc[[row]])
        findings = [finding for finding in alone if finding.is_breach] or findings
    first = next(finding.notice for finding in findings if finding.is_breach)
    return Notice(_CELL_CODES.get(first.code, "cell_unusable"), dict(first.values))


_CELL_CODES = {
    "column_not_numeric": "cell_not_numeric",
    "column_not_finite": "cell_not_numeric",
    "column_outside_limits": "cell_outside_limits",
    "column_outside_limits_unit_slip": "cell_outside_limits_unit_slip",
    "column_not_whole": "cell_not_whole",
    "column_has_other_levels": "cell_not_a_level",
    "patient_id_missing": "cell_id_missing_or_twice",
    "patient_id_twice": "cell_id_missing_or_twice",
    "trg_outside_scale": "cell_outside_trg",
    "good_response_not_0_1": "cell_not_0_1",
    "event_not_0_1": "cell_not_0_1",
    "survival_time_outside_limits": "cell_time_outside_limits",
}
"""What a check says of a column, said of one of its cells."""


def _assembled(
    columns: "dict[str, pd.Series]", raw: RawTable, refused: dict[int, RefusedRow]
) -> "pd.DataFrame":
    """Return the usable rows, with the response derived from the grade where it is not given."""
    import pandas as pd

    table = pd.DataFrame(columns, index=raw.frame.index)
    if "trg" in table.columns:
        _settle_response(table, refused)
    keep: NDArray[np.bool_] = ~table.index.isin(list(refused))
    return table.loc[keep]


def _settle_response(table: "pd.DataFrame", refused: dict[int, RefusedRow]) -> None:
    derived = table["trg"].isin(GOOD_RESPONSE_TRG).astype("boolean").mask(table["trg"].isna())
    if "good_response" not in table.columns:
        table["good_response"] = derived
        return
    differs = (table["good_response"] != derived).fillna(False).to_numpy(bool)
    for row in table.index[differs]:
        text = f"{table['trg'][row]:g}"
        refused.setdefault(
            int(row), RefusedRow(int(row), "trg", text, Notice("cell_contradicts_response"))
        )
