"""A foreign table becomes a cohort: columns recognised, units converted, bad rows named."""

import numpy as np
import pandas as pd
import pytest

from dlcs_core.clinical.table import RawTable, read_table
from dlcs_core.errors import ClinicalError, CohortError
from dlcs_core.report.cohort_conversions import conversions_of
from dlcs_core.report.cohort_guess import KEPT, LEFT_OUT, guess_columns
from dlcs_core.report.cohort_mapping import ColumnChoice, map_table

HEADER = (
    "患者编号;年龄;性别;最大径(mm);Albumin (g/dL);TRG;OS days;生存状态;Stage;my score;Borrmann分型"
)
ROWS = (
    "P1;61;男;45;3,9;TRG 1;400;1;cT3;0.3;III型",
    "P2;58;女;30;4,1;3;900;2;T4a;0.2;2",
    "P3;70;男;25;4,0;2;100;2;T2;0.7;Ⅳ",
)


def raw_of(rows, tmp_path, header=HEADER, encoding="gb18030"):
    path = tmp_path / "table.csv"
    path.write_bytes("\n".join((header, *rows, "")).encode(encoding))
    return read_table(path)


def as_guessed(raw, **changes):
    """The choices of the assistant, some of them changed by column."""
    return [
        ColumnChoice(guess.column, changes.get(guess.column, guess.target), guess.conversion)
        for guess in guess_columns(raw.frame)
    ]


def raw_frame(**columns):
    frame = pd.DataFrame(columns)
    frame.index = frame.index + 2
    return RawTable(frame)


def conversion(target, code):
    return next(option for option in conversions_of(target) if option.code == code)


def test_names_in_either_language_and_telling_cells_are_recognised(tmp_path):
    found = {g.column: (g.target, g.found_by) for g in guess_columns(raw_of(ROWS, tmp_path).frame)}
    assert found["患者编号"] == ("patient_id", "synonym")
    assert found["最大径(mm)"] == ("max_diameter_cm", "synonym")
    assert found["Albumin (g/dL)"] == ("albumin_g_l", "synonym")
    assert found["OS days"] == ("os_months", "synonym")
    assert found["Stage"] == ("ct_stage", "content")
    assert found["my score"] == (KEPT, "none")


def test_units_codes_and_levels_become_ours(tmp_path):
    raw = raw_of(ROWS, tmp_path)
    table = map_table(raw, as_guessed(raw)).cohort.table
    assert table["max_diameter_cm"].tolist() == [4.5, 3.0, 2.5]
    assert table["albumin_g_l"].tolist() == [39.0, 41.0, 40.0]
    assert table["os_event"].tolist() == [False, True, True]
    assert (table["os_months"] * 30.4375).tolist() == pytest.approx([400, 900, 100])
    assert table["ct_stage"].tolist() == ["T3", "T4", "T2"]
    assert table["borrmann_type"].tolist() == ["III", "II", "IV"]
    assert table["good_response"].tolist() == [True, False, False]
    assert table["my score"].tolist() == [0.3, 0.2, 0.7]


def test_the_contract_s_own_names_are_taken_as_they_are(tmp_path):
    raw = raw_of(("A,1,0.2",), tmp_path, "patient_id,good_response,dlcs", "utf-8")
    assert [g.found_by for g in guess_columns(raw.frame)] == ["name"] * 3


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("P1;70;男;25;4,0;2;100;1;T2;0.7;4", "患者编号", "cell_id_missing_or_twice"),
        ("P9;70;X;25;4,0;2;100;1;T2;0.7;4", "性别", "cell_not_a_level"),
        ("P9;70;男;25;4,0;7;100;1;T2;0.7;4", "TRG", "cell_outside_trg"),
        ("P9;old;男;25;4,0;2;100;1;T2;0.7;4", "年龄", "cell_not_numeric"),
        ("P9;70;男;2500;4,0;2;100;1;T2;0.7;4", "最大径(mm)", "cell_outside_limits"),
        ("P9;70;男;25;4,0;2;99999;1;T2;0.7;4", "OS days", "cell_time_outside_limits"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_reason(tmp_path, row, column, code):
    raw = raw_of((*ROWS, row), tmp_path)
    mapped = map_table(raw, as_guessed(raw))
    assert len(mapped.cohort.table) == len(ROWS)
    (refused,) = mapped.refused
    assert (refused.row, refused.column, refused.reason.code) == (5, column, code)
    assert refused.cell == row.split(";")[HEADER.split(";").index(column)]


def test_a_grade_that_contradicts_the_response_is_refused():
    raw = raw_frame(trg=[0, 3, 3], good_response=[1, 1, 0])
    mapped = map_table(raw, as_guessed(raw))
    assert [(r.row, r.reason.code) for r in mapped.refused] == [(3, "cell_contradicts_response")]


def test_a_response_coded_1_and_2_is_not_guessed():
    raw = raw_frame(response=[1, 2, 2], s=[0.1, 0.2, 0.3])
    with pytest.raises(ClinicalError) as refusal:
        map_table(raw, as_guessed(raw))
    assert refusal.value.code == "mapping_coded_1_2"


@pytest.mark.parametrize(
    ("code", "expected"), [("coded_1_2", [False, True]), ("coded_2_1", [True, False])]
)
def test_the_coding_of_a_response_can_be_chosen(code, expected):
    raw = raw_frame(response=[1, 2])
    choice = ColumnChoice("response", "good_response", conversion("good_response", code))
    assert map_table(raw, [choice]).cohort.table["good_response"].tolist() == expected


def test_a_column_can_be_left_out():
    raw = raw_frame(response=[1, 0], note=["a", "b"])
    table = map_table(raw, as_guessed(raw, note=LEFT_OUT)).cohort.table
    assert list(table.columns) == ["good_response"]


def test_two_columns_of_one_meaning_are_refused():
    raw = raw_frame(age=[60, 61], years=[60, 61])
    with pytest.raises(ClinicalError) as refusal:
        map_table(raw, as_guessed(raw, years="age_years"))
    assert refusal.value.code == "mapping_target_twice"


def test_a_table_of_which_no_row_is_left_is_refused():
    raw = raw_frame(sex=["X", "Y"])
    with pytest.raises(CohortError) as refusal:
        map_table(raw, as_guessed(raw))
    assert refusal.value.code == "mapping_no_row_left"


def test_probabilities_above_one_are_no_percentages_but_percentages_are():
    (slip,) = guess_columns(pd.DataFrame({"dlcs": [0.2, 0.4, 1.3]}))
    (percent,) = guess_columns(pd.DataFrame({"dlcs": [20.0, 40.0, 99.0]}))
    assert (slip.conversion.code, percent.conversion.code) == ("none", "percent")


def test_many_different_bad_cells_are_named_in_seconds():
    n = 20_000
    raw = raw_frame(age=np.r_[np.full(10, 50.0), np.arange(n) + 1000.0], response=np.ones(n + 10))
    assert len(map_table(raw, as_guessed(raw)).refused) == n
