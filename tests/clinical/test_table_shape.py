"""Counting cells without parsing agrees with the CSV reader."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcs_core.clinical import table_shape
from dlcs_core.clinical.table_shape import check_shape
from dlcs_core.errors import ClinicalError

LINES = st.lists(st.text("a1 ,;\"'", max_size=6), min_size=1, max_size=8)
ENDS = st.sampled_from(["\n", "\r\n"])


def outcome(content, n_columns):
    try:
        check_shape(content, "utf-8-sig", ",", n_columns)
    except ClinicalError as error:
        return error.code, error.values.get("row"), error.values.get("cells")
    return None


def expected(content, n_columns):
    rows = list(filter(None, csv.reader(io.StringIO(content.decode(), newline=""))))
    for number, row in enumerate(rows, start=1):
        if len(row) != n_columns:
            return "table_row_ragged", number, len(row)
    return None if len(rows) > 1 else ("table_without_rows", None, None)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(LINES, ENDS, st.booleans(), st.integers(1, 3), st.integers(1, 9))
def test_every_text_is_judged_as_by_the_csv_reader(lines, end, ends, n_columns, chunk):
    content = (end.join(lines) + (end if ends else "")).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_shape, "CHUNK_BYTES", chunk)
        assert outcome(content, n_columns) == expected(content, n_columns)


def test_a_cell_too_long_for_a_table_is_refused():
    content = b"a,b\n1," + b"x" * 200_000 + b"\n"
    assert outcome(content, 2)[0] == "table_not_csv"


def test_chinese_text_has_no_separator_inside_a_character():
    text = "姓名,年龄\n" + "".join(f"{chr(c)},1\n" for c in range(0x4E00, 0x4E00 + 3000))
    check_shape(text.encode("gb18030"), "gb18030", ",", 2)
