"""The result table of a batch: one line per finished patient, safe against being killed."""

import csv
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dlcs_core.errors import UsageError

COLUMNS = (
    "patient_id",
    "status",
    "reason",
    "dl_score",
    "dl_signature",
    "clinical_signature",
    "dlcs",
    "os_linear_predictor",
    "risk_group",
)

Row = Mapping[str, object]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class ResultTable:
    """A result table that is open for appending.

    Attributes
    ----------
    finished : frozenset of str
        Patients that an earlier run has finished.
    """

    def __init__(self, stream: BinaryIO, finished: frozenset[str]) -> None:
        self._stream = stream
        self.finished = finished

    def append(self, row: Row) -> None:
        """Append one line and have it on disk before returning."""
        self._stream.write(_line([_cell(row.get(name)) for name in COLUMNS]))
        self._stream.flush()
        os.fsync(self._stream.fileno())


@contextmanager
def open_results(path: Path) -> Iterator[ResultTable]:
    """Open a result table; an earlier run's lines stay, a line cut by a kill goes.

    Parameters
    ----------
    path : Path
        Made with a header where it does not exist.

    Yields
    ------
    ResultTable
        Ready to append.

    Raises
    ------
    UsageError
        If the file is there but is no result table.
    """
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    header = _line(list(COLUMNS))
    if whole and not whole.startswith(header):
        raise UsageError("batch_output_is_another_file")
    with path.open("r+b" if content else "wb") as stream:
        stream.truncate(len(whole))
        stream.seek(0, os.SEEK_END)
        stream.write(b"" if whole else header)
        yield ResultTable(stream, _patients(whole))


def _patients(content: bytes) -> frozenset[str]:
    """Return the identifiers of complete lines, as they stood in the manifest."""
    rows = csv.reader(io.StringIO(content.decode("utf-8", errors="replace")))
    cells = [row[0] for row in rows if row][1:]
    return frozenset(cell[1:] if _is_quoted_formula(cell) else cell for cell in cells)


def _is_quoted_formula(cell: str) -> bool:
    return cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS)


def _cell(value: object) -> str:
    """Return a cell; text that a spreadsheet would run as a formula is quoted."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _line(cells: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode("utf-8", errors="replace")
