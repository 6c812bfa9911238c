"""A cohort table as it stands in the file: CSV or XLSX to columns, nothing judged yet.

Encoding and separator are found out, the shape is checked (header, ragged rows, size), and cells
get their plain type. What the values mean is :mod:`dlcs_core.clinical.cohort`'s business.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcs_core.clinical.record import displayable
from dlcs_core.clinical.table_codes import code_columns, suspected_codes
from dlcs_core.clinical.table_shape import check_shape
from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.errors import ClinicalError, Notice

if TYPE_CHECKING:
    import pandas as pd

MAX_TABLE_BYTES = 400 << 20
"""A million patients with 40 columns have about 250 MiB."""

MAX_COLUMNS = 2_000

MISSING_CELLS = ("", "NA")
"""Cells that say "missing"; R writes NA. NaN and inf are numbers gone wrong and are reported."""

TEXT_COLUMNS = ("patient_id", "image", "mask")
LEVEL_COLUMNS = ("center", "cohort", *(v.name for v in VARIABLES if v.levels))

NUMBER_COLUMNS = (
    "trg", "good_response", "os_months", "os_event", "dl_signature", "dl_score",
    "clinical_signature", "dlcs", "os_linear_predictor",
    *(v.name for v in VARIABLES if not v.levels),
)  # fmt: skip
"""Columns of the contract that are numbers however they are written."""

_KNOWN = frozenset((*TEXT_COLUMNS, *LEVEL_COLUMNS, *NUMBER_COLUMNS))
_SEPARATORS = (",", ";", "\t")
_CHUNK_BYTES = 1 << 22
_XLSX_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True)
class RawTable:
    """Cells by column with plain types.

    Attributes
    ----------
    frame : pandas.DataFrame
        Text columns as str, columns with levels as category, the others as their cells are;
        missing is NaN. The index is the row of the file, the header being row 1.
    warnings : tuple of Notice
        What reading had to accept.
    """

    frame: pd.DataFrame
    warnings: tuple[Notice, ...] = ()


def read_table(path: Path) -> RawTable:
    """Read a table without judging its values.

    Parameters
    ----------
    path : Path
        CSV (UTF-8 with or without byte order mark, or GB18030; comma, semicolon or tab) or XLSX
        (first sheet). The kind is taken from the content, not from the name.

    Returns
    -------
    RawTable
        At least one row and one column.

    Raises
    ------
    ClinicalError
        If the file is missing, too large, neither CSV nor XLSX, empty, ragged, or its header
        repeats or lacks a name.
    """
    content = _read_bytes(path)
    if content.startswith(_XLSX_MAGIC):
        from dlcs_core.clinical.spreadsheet import read_sheet

        rows, notices = read_sheet(content)
        frame = _frame_of_rows(rows)
    else:
        frame, notices = _frame_of_text(content), ()
    return _without_blank_rows(frame, notices)


def check_header(names: Sequence[str]) -> None:
    """Refuse a header with a missing or repeated name, or with too many columns."""
    if len(names) > MAX_COLUMNS:
        raise ClinicalError("table_too_wide", limit=MAX_COLUMNS)
    if not all(names):
        raise ClinicalError("table_column_without_name", column=list(names).index("") + 1)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise ClinicalError("table_column_twice", column=displayable(repeated[0]))


def _read_bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise ClinicalError("table_not_found")
        with path.open("rb") as stream:
            # read() allocates what it is allowed to read, so not more than the file says it has.
            content = stream.read(min(MAX_TABLE_BYTES, os.fstat(stream.fileno()).st_size) + 1)
    except OSError as error:
        raise ClinicalError("table_not_readable") from error
    if len(content) > MAX_TABLE_BYTES:
        raise ClinicalError("table_too_large", limit_mib=MAX_TABLE_BYTES >> 20)
    if content.isspace() or not content:
        raise ClinicalError("table_empty")
    return content


def _encoding_of(content: bytes) -> str:
    """Return the encoding of a text table; a NUL byte is UTF-16 or no text at all."""
    for encoding in ("utf-8-sig", "gb18030") if b"\0" not in content else ():
        if _decodes(content, encoding):
            return encoding
    raise ClinicalError("table_not_text")


def _decodes(content: bytes, encoding: str) -> bool:
    """Return whether bytes are text in an encoding, without a copy of all of it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for start in range(0, len(content), _CHUNK_BYTES):
            decoder.decode(content[start : start + _CHUNK_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _header_and_separator(content: bytes, encoding: str) -> tuple[list[str], str]:
    """Return the names of the first row, cut by the separator that gives the most of them."""
    line = _first_line(content).decode(encoding, errors="replace")
    headers = [next(csv.reader([line], delimiter=separator)) for separator in _SEPARATORS]
    best = max(range(len(_SEPARATORS)), key=lambda index: len(headers[index]))
    return [name.strip() for name in headers[best]], _SEPARATORS[best]


def _first_line(content: bytes) -> bytes:
    """Return the first line that is not empty; a header has its end within the first columns."""
    with io.BytesIO(content) as stream:
        line = b""
        while not line.strip(b"\r\n"):
            line = stream.readline()
    return line.strip(b"\r\n").splitlines()[0]


def _frame_of_text(content: bytes) -> pd.DataFrame:
    encoding = _encoding_of(content)
    names, separator = _header_and_separator(content, encoding)
    check_header(names)
    check_shape(content, encoding, separator, len(names))
    return _parse_text(content, encoding, separator, names)


def _parse_text(content: bytes, encoding: str, separator: str, names: list[str]) -> pd.DataFrame:
    import pandas as pd

    types: dict[Hashable, Any] = {name: "str" for name in names if name in TEXT_COLUMNS}
    types |= {name: "category" for name in names if name in LEVEL_COLUMNS}

    def parse(*, piecewise: bool, texts: list[Hashable] | None = None) -> pd.DataFrame:
        return pd.read_csv(
            io.BytesIO(content), sep=separator, encoding=encoding, names=names, header=0,
            dtype=types if texts is None else dict.fromkeys(texts, "str"), usecols=texts,
            index_col=False, keep_default_na=False, na_values=list(MISSING_CELLS),
            skipinitialspace=True, low_memory=piecewise, float_precision="round_trip",
        )  # fmt: skip

    frame = _parsed(parse)
    if suspected := suspected_codes(frame, content, separator, _KNOWN):
        texts = parse(piecewise=False, texts=[*suspected])
        for name in code_columns(texts):
            frame[name] = texts[name]
    return frame


def _parsed(parse: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.DtypeWarning)
            return parse(piecewise=True)
    except pd.errors.DtypeWarning:
        # Text among numbers: a column read piece by piece would be of several kinds.
        return _parsed_at_once(parse)
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        raise ClinicalError("table_not_csv") from error


def _parsed_at_once(parse: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    try:
        return parse(piecewise=False)
    except (ValueError, OverflowError, pd.errors.ParserError) as error:
        raise ClinicalError("table_not_csv") from error


def _frame_of_rows(rows: list[list[object]]) -> pd.DataFrame:
    """Return the frame of a sheet's rows, typed as a text table would be."""
    import pandas as pd

    names = [str(cell).strip() if cell is not None else "" for cell in rows[0]]
    check_header(names)
    if len(rows) < 2:
        raise ClinicalError("table_without_rows")
    frame = pd.DataFrame(rows[1:], columns=names, dtype=object)
    frame = frame.mask(frame.isin(MISSING_CELLS)).infer_objects()
    for name in names:
        if name in TEXT_COLUMNS or name in LEVEL_COLUMNS:
            text = frame[name].map(str, na_action="ignore")
            frame[name] = text.astype("category" if name in LEVEL_COLUMNS else object)
    return frame


def _without_blank_rows(frame: pd.DataFrame, notices: tuple[Notice, ...]) -> RawTable:
    frame.index = frame.index + 2
    blank = frame.isna().all(axis=1)
    if blank.all():
        raise ClinicalError("table_without_rows")
    if not blank.any():
        return RawTable(frame, notices)
    notice = Notice("table_blank_rows_left_out", {"count": int(blank.sum())})
    return RawTable(frame.loc[~blank], (*notices, notice))
