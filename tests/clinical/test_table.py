import io
import tracemalloc
import zipfile

import openpyxl
import pytest

from dlcs_core.clinical.table import read_table
from dlcs_core.errors import ClinicalError


def workbook(*rows, sheets=1):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for _ in range(sheets - 1):
        book.create_sheet()
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def bomb():
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(500):
            member.write(bytes(1 << 20))
    return content.getvalue()


def with_entities():
    content = io.BytesIO(workbook(["a"], [1]))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/other.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "table_empty"),
        (b"\n\n", "table_empty"),
        (b"a,b\n", "table_without_rows"),
        (b"a,b\n,\n,\n", "table_without_rows"),
        (b"a,b\n1,2\n1\n", "table_row_ragged"),
        (b"a,b\n1,2,3\n", "table_row_ragged"),
        (b'a,b\n"1,2\n3,4\n', "table_row_ragged"),
        (b"a,a\n1,2\n", "table_column_twice"),
        (b"a,\n1,2\n", "table_column_without_name"),
        (b",".join(b"c%d" % i for i in range(3000)) + b"\n", "table_too_wide"),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", "table_not_csv"),
        ("a,b\n1,2\n".encode("utf-16"), "table_not_text"),
        (bytes(range(256)), "table_not_text"),
        (b"PK\x03\x04" + b"junk" * 50, "table_not_xlsx"),
        (workbook(["a"], [1])[:2000], "table_not_xlsx"),
        (with_entities(), "table_not_xlsx"),
        (workbook(), "table_empty"),
        (workbook(["a", "b"]), "table_without_rows"),
        (workbook(["a"], [1, 2]), "table_row_ragged"),
        (workbook(["a", None, "b"], [1, 2, 3]), "table_column_without_name"),
    ],
)
def test_a_broken_table_is_refused_by_name(write_table, content, code):
    with pytest.raises(ClinicalError, match=f"^{code}\\b"):
        read_table(write_table(content))


def test_a_workbook_that_unpacks_without_end_is_stopped_early(write_table):
    path = write_table(bomb())
    tracemalloc.start()
    with pytest.raises(ClinicalError, match="table_too_large"):
        read_table(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20


def test_a_sheet_that_claims_to_be_huge_is_read_as_it_is(write_table):
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, 2])
    book.active["A20000"] = 3
    content = io.BytesIO()
    book.save(content)
    raw = read_table(write_table(content.getvalue()))
    assert len(raw.frame) == 2
    assert [warning.code for warning in raw.warnings] == ["table_blank_rows_left_out"]


def test_further_sheets_are_warned_of(write_table):
    raw = read_table(write_table(workbook(["a"], [1], sheets=2)))
    assert [warning.code for warning in raw.warnings] == ["table_first_sheet_used"]


def test_blank_rows_are_left_out_with_a_warning(write_table):
    raw = read_table(write_table(b"a,b\n1,2\n,\n3,4\n"))
    assert list(raw.frame["a"]) == [1, 3]
    assert list(raw.frame.index) == [2, 4]
    assert [warning.code for warning in raw.warnings] == ["table_blank_rows_left_out"]


def test_identifiers_keep_their_zeros(write_table):
    assert list(read_table(write_table(b"patient_id,x\n007,1\n")).frame["patient_id"]) == ["007"]


def test_a_missing_file_or_folder_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "absent.csv"):
        with pytest.raises(ClinicalError, match="table_not_found"):
            read_table(path)
