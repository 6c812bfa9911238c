"""Digits that are names stay as they are written; digits that are numbers become numbers."""

import io

import openpyxl
import pytest

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.clinical.table import read_table


@pytest.fixture
def read(tmp_path):
    def written(content):
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(path).frame

    return written


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_foreign_record_number_keeps_its_zeros(read, separator):
    rows = [["record", "age", "score"], ["007", "61", "0.25"], ["0100", "7", "0.5"]]
    frame = read("\n".join(separator.join(row) for row in rows) + "\n")
    assert frame["record"].tolist() == ["007", "0100"]
    assert frame["age"].tolist() == [61, 7]
    assert frame["score"].tolist() == [0.25, 0.5]
    assert frame["age"].dtype == "int64"


@pytest.mark.parametrize(
    "table",
    [
        "age,record\n61,007\n7,12\n",
        "age,record\r\n61,007\r\n7,12\r\n",
        'record,age\n"007",61\n"12",7\n',
        "record, age\n007, 61\n12, 7\n",
        "住院号,age\n007,61\n12,7\n".encode("gb18030"),
    ],
)
def test_one_padded_cell_anywhere_makes_a_column_of_names(read, table):
    frame = read(table)
    record = next(name for name in frame.columns if name != "age")
    assert frame[record].tolist() == ["007", "12"]
    assert frame["age"].tolist() == [61, 7]


def test_an_empty_cell_does_not_cost_the_zeros(read):
    frame = read("record,age\n007,61\n,7\n0012,\n")
    assert frame["record"].tolist()[::2] == ["007", "0012"]
    assert frame["record"].isna().tolist() == [False, True, False]
    assert frame["age"].tolist()[:2] == [61.0, 7.0]


def test_long_numbers_keep_their_last_digits_beside_an_empty_cell(read):
    frame = read("record,age\n330106196001011234,61\n,7\n")
    assert frame["record"].tolist()[0] == "330106196001011234"


@pytest.mark.parametrize("column", ["age_years", "trg", "os_months", "dlcs"])
def test_columns_of_the_contract_stay_numbers_however_they_are_padded(read, column):
    frame = read(f"{column},record\n01,007\n00,12\n")
    assert frame[column].tolist() == [1, 0]
    assert frame["record"].tolist() == ["007", "12"]


def test_decimals_and_signs_are_no_names(read):
    frame = read("a,b,c\n0.07,-07,00.5\n0.5,3,1.5\n")
    assert [frame[name].dtype.kind for name in "abc"] == ["f", "i", "f"]


def test_text_cells_of_a_workbook_keep_their_zeros(tmp_path):
    book = openpyxl.Workbook()
    for row in (["record", "age"], ["007", 61], ["0100", 7]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    path = tmp_path / "table.xlsx"
    path.write_bytes(content.getvalue())
    frame = read_table(path).frame
    assert frame["record"].tolist() == ["007", "0100"]
    assert frame["age"].tolist() == [61, 7]


def test_a_text_among_numbers_is_told_of_and_codes_are_not(tmp_path):
    cells = ["size,code,kind"] + [f"{i}.5,00{i},{'ab'[i % 2]}" for i in range(8)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join([*cells, "high,009,a"]) + "\n")
    notices = read_cohort(path).warnings
    assert [notice.code for notice in notices] == ["column_has_text_among_numbers"]
    assert notices[0].values == {"column": "size", "count": 1, "row": 10}
