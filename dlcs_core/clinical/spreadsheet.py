"""The first sheet of an XLSX file, read within bounds.

An XLSX is a zip of XML: its sizes are claims and its XML may define entities, so every member is
unpacked as a bounded stream and looked at before the workbook library sees the file.
"""

import io
import warnings
import zipfile
import zlib
from datetime import date, datetime, time, timedelta

from dlcs_core.errors import ClinicalError, Notice

MAX_MEMBERS = 2_000
MAX_UNPACKED_BYTES = 400 << 20
MAX_CELLS = 40_000_000
MAX_ROWS = 1_048_576
MAX_COLUMNS = 2_000

_CHUNK_BYTES = 1 << 20
_SHORTEST_DOCTYPE = b"<!DOCTYPE"

Cell = object


def read_sheet(content: bytes) -> tuple[list[list[Cell]], tuple[Notice, ...]]:
    """Return the rows of the first sheet, the header first, trailing empty columns cut.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    tuple of (list of list of object, tuple of Notice)
        Numbers, text and None; formulas give their stored value, True and False become 1 and 0.

    Raises
    ------
    ClinicalError
        If the file is no workbook, is encrypted, or unpacks to more than the limits.
    """
    _check_members(content)
    from openpyxl import load_workbook

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # missing default style and the like: no data
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            sheets = book.worksheets
            rows = _rows_of(sheets[0]) if sheets else []
    except ClinicalError:
        raise
    except Exception as error:  # the library raises whatever broken XML leads it to
        raise ClinicalError("table_not_xlsx") from error
    if not rows:
        raise ClinicalError("table_empty")
    notices = (Notice("table_first_sheet_used", {"count": len(sheets)}),) if sheets[1:] else ()
    return rows, notices


def _check_members(content: bytes) -> None:
    """Unpack every member as a stream that stops at real bytes; refuse entity definitions."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or not all(map(_is_plain, members)):
                raise ClinicalError("table_not_xlsx")
            left = MAX_UNPACKED_BYTES
            for member in members:
                left = _check_member(archive, member, left)
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ClinicalError("table_not_xlsx") from error


def _is_plain(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is neither encrypted nor packed in a way no spreadsheet uses."""
    return not member.flag_bits & 1 and member.compress_type in (
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    )


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> int:
    tail = b""
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise ClinicalError("table_too_large", limit_mib=MAX_UNPACKED_BYTES >> 20)
            if _SHORTEST_DOCTYPE in (tail + chunk).upper():
                raise ClinicalError("table_not_xlsx")
            tail = chunk[-len(_SHORTEST_DOCTYPE) :]
    return left


def _rows_of(sheet: object) -> list[list[Cell]]:
    """Return the rows up to the last filled one, each as wide as the header."""
    sheet.reset_dimensions()  # type: ignore[attr-defined]  # the stated size is a claim
    rows: list[list[Cell]] = []
    n_cells = n_filled = 0
    for row in sheet.iter_rows(values_only=True, max_row=MAX_ROWS):  # type: ignore[attr-defined]
        cells = _trimmed([_plain(cell) for cell in row])
        if len(cells) > MAX_COLUMNS:
            raise ClinicalError("table_too_wide", limit=MAX_COLUMNS)
        n_cells += len(cells)
        if n_cells > MAX_CELLS:
            raise ClinicalError("table_too_large", limit_mib=MAX_UNPACKED_BYTES >> 20)
        rows.append(cells)
        n_filled = len(rows) if cells else n_filled
    return _padded(rows[:n_filled])


def _padded(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Return rows as wide as the first; a filled cell beyond the header is ragged."""
    if not rows:
        return []
    width = len(rows[0])
    for number, row in enumerate(rows, start=1):
        if len(row) > width:
            raise ClinicalError("table_row_ragged", row=number, cells=len(row), columns=width)
        row.extend([None] * (width - len(row)))
    return rows


def _trimmed(cells: list[Cell]) -> list[Cell]:
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _plain(cell: Cell) -> Cell:
    """Return a number, a text or None; a date becomes text, which no number column accepts."""
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, datetime | date | time | timedelta):
        return str(cell)
    return cell
