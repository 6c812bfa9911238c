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
    "bundle_sha256",
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

    def __init__(self, stream: BinaryIO, finished: frozenset[str], bundle_sha256: str) -> None:
        self._stream = stream
        self._bundle_sha256 = bundle_sha256
        self.finished = finished

    def append(self, row: Row) -> None:
        """Append one line and have it on disk before returning."""
        whole: Row = {**row, "bundle_sha256": self._bundle_sha256}
        self._stream.write(_line([_cell(whole.get(name)) for name in COLUMNS]))
        self._stream.flush()
        os.fsync(self._stream.fileno())


@contextmanager
def open_results(path: Path, bundle_sha256: str) -> Iterator[ResultTable]:
    """Open a result table; an earlier run's lines stay, a line cut by a kill goes.

    Parameters
    ----------
    path : Path
        Made with a header where it does not exist.
    bundle_sha256 : str
        The model of this run; stands in every line.

    Yields
    ------
    ResultTable
        Ready to append.

    Raises
    ------
    UsageError
        If the file is there but is no result table, or holds another model's results.
    """
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    header = _line(list(COLUMNS))
    if whole and not whole.startswith(header):
        raise UsageError("batch_output_is_another_file")
    lines = list(csv.DictReader(io.StringIO(whole.decode("utf-8", errors="replace"))))
    if any(line["bundle_sha256"] != bundle_sha256 for line in lines):
        raise UsageError("batch_output_of_another_bundle")
    with path.open("r+b" if content else "wb") as stream:
        stream.truncate(len(whole))
        stream.seek(0, os.SEEK_END)
        stream.write(b"" if whole else header)
        finished = frozenset(_unquoted(line["patient_id"]) for line in lines)
        yield ResultTable(stream, finished, bundle_sha256)


def _unquoted(cell: str) -> str:
    """Return an identifier as it stood in the manifest."""
    return cell[1:] if _is_quoted_formula(cell) else cell


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
