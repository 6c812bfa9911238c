"""Whether every row of a CSV has as many cells as its header, counted without parsing cells."""

import csv
import io
from collections.abc import Iterator

import numpy as np

from dlcs_core.errors import ClinicalError

CHUNK_BYTES = 1 << 23

LONGEST_CELL = csv.field_size_limit()

_NEWLINE, _RETURN = 0x0A, 0x0D


def check_shape(content: bytes, encoding: str, separator: str, n_columns: int) -> None:
    """Refuse ragged rows, which pandas would fill, and a table without rows.

    Parameters
    ----------
    content : bytes
        The file, in UTF-8 or GB18030: neither has a separator or line end inside a character.
    encoding : str
        Its encoding.
    separator : str
        One of comma, semicolon and tab.
    n_columns : int
        Cells of the header.

    Raises
    ------
    ClinicalError
        If a row has more or fewer cells, quotes are broken, or only the header is there.
    """
    quoted = b'"' in content or content.count(b"\r") != content.count(b"\r\n")
    counts = _parsed(content, encoding, separator) if quoted else _counted(content, separator)
    n_rows = 0
    for cells in counts:
        wrong = np.flatnonzero(cells != n_columns)
        if wrong.size:
            row, found = n_rows + int(wrong[0]) + 1, int(cells[wrong[0]])
            raise ClinicalError("table_row_ragged", row=row, cells=found, columns=n_columns)
        n_rows += cells.size
    if n_rows < 2:
        raise ClinicalError("table_without_rows")


def _parsed(content: bytes, encoding: str, separator: str) -> Iterator[np.ndarray]:
    """Count the cells of each row that is not empty, with quotes and odd line ends."""
    stream = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    try:
        for row in csv.reader(stream, delimiter=separator):
            if row:
                yield np.array([len(row)])
    except csv.Error as error:
        raise ClinicalError("table_not_csv") from error


def _counted(content: bytes, separator: str) -> Iterator[np.ndarray]:
    """Count the cells of each row that is not empty, chunk by chunk of whole lines."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + CHUNK_BYTES) + 1 or len(content)
        yield _cells(np.frombuffer(content, np.uint8, end - start, start), ord(separator))
        start = end


def _cells(characters: np.ndarray, separator: int) -> np.ndarray:
    ends = np.flatnonzero(characters == _NEWLINE)
    if not ends.size or ends[-1] != characters.size - 1:
        ends = np.append(ends, characters.size)
    separators = np.flatnonzero(characters == separator)
    if np.diff(np.sort(np.concatenate([separators, ends])), prepend=0).max() > LONGEST_CELL:
        raise ClinicalError("table_not_csv")
    length = ends - np.append(0, ends[:-1] + 1)
    length -= (length > 0) & (characters[ends - 1] == _RETURN)
    before = np.searchsorted(separators, np.append(0, ends))
    return np.asarray((np.diff(before) + 1)[length > 0])
