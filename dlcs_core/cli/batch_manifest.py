"""The manifest of a batch, row by row: a bad value is that patient's failure, not the batch's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlcs_core.clinical.column_checks import check_column
from dlcs_core.clinical.table import read_table
from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.errors import ClinicalError, Notice

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("patient_id", "image", "mask")


@dataclass(frozen=True)
class Job:
    """One patient to assess.

    Attributes
    ----------
    patient_id : str
        From the manifest.
    image, mask : Path or None
        None where the cell is empty.
    roi : str or None
        Region of the mask; from the optional column ``roi``.
    form : mapping of str to object
        The clinical cells, unchecked.
    """

    patient_id: str
    image: Path | None
    mask: Path | None
    roi: str | None
    form: dict[str, object]


def read_jobs(manifest: Path) -> tuple[tuple[Job, ...], tuple[Notice, ...]]:
    """Read a training manifest or any table with image, mask and clinical columns.

    Parameters
    ----------
    manifest : Path
        CSV or XLSX; paths in it are relative to it.

    Returns
    -------
    tuple of (tuple of Job, tuple of Notice)
        In the order of the rows.

    Raises
    ------
    ClinicalError
        If the table cannot be read, lacks a needed column, or an identifier is missing or
        repeated.
    """
    raw = read_table(manifest)
    missing = [name for name in REQUIRED if name not in raw.frame.columns]
    if missing:
        raise ClinicalError("table_column_missing", columns=", ".join(missing))
    ids = _identifiers(raw.frame["patient_id"])
    columns = {name: _cells(raw.frame, name) for name in raw.frame.columns if name in _READ}
    folder = manifest.parent
    jobs = (
        _job(patient_id, {name: cells[row] for name, cells in columns.items()}, folder)
        for row, patient_id in enumerate(ids)
    )
    return tuple(jobs), raw.warnings


_READ = (*REQUIRED, "roi", *(variable.name for variable in VARIABLES))


def _identifiers(column: pd.Series) -> Sequence[str]:
    ids, findings = check_column("patient_id", column)
    if findings:
        raise ClinicalError(findings[0].notice.code, **findings[0].notice.values)
    return [str(cell) for cell in ids]


def _cells(frame: pd.DataFrame, name: str) -> list[object]:
    """Return plain values; missing is None."""
    column = frame[name]
    present = column.notna().tolist()
    return [cell if filled else None for cell, filled in zip(column.tolist(), present, strict=True)]


def _job(patient_id: str, row: dict[str, object], folder: Path) -> Job:
    form = {v.name: _value(row.get(v.name), numeric=not v.levels) for v in VARIABLES}
    image, mask = (_path(row.get(name), folder) for name in ("image", "mask"))
    roi = row.get("roi")
    region = f"{roi:g}" if isinstance(roi, float) else roi
    return Job(patient_id, image, mask, None if region is None else str(region), form)


def _value(cell: object, *, numeric: bool) -> object:
    """Return a number where a text column holds one: one bad cell makes a whole column text."""
    if not numeric or not isinstance(cell, str):
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell


def _path(cell: object, folder: Path) -> Path | None:
    return None if cell is None or not str(cell).strip() else folder / str(cell).strip()


def unfinished(jobs: Iterable[Job], finished: frozenset[str]) -> list[Job]:
    """Return the jobs whose patient has no row yet."""
    return [job for job in jobs if job.patient_id not in finished]
