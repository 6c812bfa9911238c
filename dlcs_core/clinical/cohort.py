"""A table of patients: read, every known column checked, canonical types.

A cell that breaks a rule is refused when its column is used; otherwise it is emptied and
reported, so that a slip in a column that nobody asked for does not stop an evaluation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlcs_core.clinical.column_checks import Finding, check_column
from dlcs_core.clinical.table import read_table
from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import ClinicalError, Notice

if TYPE_CHECKING:
    import pandas as pd

GOOD_RESPONSE_TRG = (0, 1)
"""Tumour regression grades (CAP/NCCN, 0-3) that count as good response."""


@dataclass(frozen=True)
class Cohort:
    """Patients analysed together.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per patient, index 0..n-1. ``patient_id`` and ``center`` str; ``cohort`` and the
        categorical variables pandas categoricals with all their levels in order; continuous
        variables, ``trg``, ``os_months`` and known scores float64; ``good_response`` (derived
        from ``trg`` where absent) and ``os_event`` nullable boolean. Missing stays missing.
        Other columns keep the type of their cells.
    warnings : tuple of Notice
        What the checks found and accepted.
    """

    table: pd.DataFrame
    warnings: tuple[Notice, ...] = ()


def read_cohort(
    path: Path, *, required: Collection[str] = (), used: Collection[str] | None = None
) -> Cohort:
    """Read and check a cohort table or training manifest.

    Parameters
    ----------
    path : Path
        CSV or XLSX, see :func:`dlcs_core.clinical.table.read_table`.
    required : collection of str
        Columns that must be there; ``good_response`` is also met by ``trg``.
    used : collection of str, optional
        Columns whose bad cells are refused; in other columns they are emptied with a warning.
        By default every known column.

    Returns
    -------
    Cohort
        At least one patient.

    Raises
    ------
    ClinicalError
        If the file cannot be read, a required column is missing, or a used column breaks a rule.
    """
    import pandas as pd

    raw = read_table(path)
    table = raw.frame.copy(deep=False)
    findings = [f for name in table.columns for f in _settle(table, name)]
    findings += _derive_good_response(table)
    missing = [name for name in required if name not in table.columns]
    if missing:
        raise ClinicalError("table_column_missing", columns=", ".join(missing))
    notices = tuple(_refuse_used(findings, used))
    table.index = pd.RangeIndex(len(table))  # not reset_index, which copies every column
    return Cohort(table, (*raw.warnings, *notices))


def _settle(table: pd.DataFrame, name: str) -> list[Finding]:
    """Replace a column by its canonical form and return what was found in it."""
    column, findings = check_column(name, table[name])
    table[name] = column
    return findings


def _derive_good_response(table: pd.DataFrame) -> list[Finding]:
    """Derive ``good_response`` from ``trg``, or hold the two against each other."""
    if "trg" not in table.columns:
        return []
    derived = table["trg"].isin(GOOD_RESPONSE_TRG).astype("boolean").mask(table["trg"].isna())
    if "good_response" not in table.columns:
        table["good_response"] = derived
        return []
    differs = (table["good_response"] != derived).fillna(False)
    if not differs.any():
        return []
    values = {"count": int(differs.sum()), "row": table.index[differs.to_numpy(bool)][0]}
    return [Finding("good_response", Notice("good_response_contradicts_trg", values), True)]


def _refuse_used(findings: Iterable[Finding], used: Collection[str] | None) -> Iterable[Notice]:
    for finding in findings:
        if finding.is_breach and (used is None or finding.column in used):
            raise ClinicalError(finding.notice.code, **finding.notice.values)
        yield finding.notice


def missing_variables(table: pd.DataFrame) -> tuple[str, ...]:
    """Return which of the 22 variables a table has no column for."""
    return tuple(name for name in VARIABLE_BY_NAME if name not in table.columns)
