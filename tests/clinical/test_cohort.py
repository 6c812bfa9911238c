import time

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.errors import ClinicalError
from dlcs_core.translation import sentence_of


def changed(table, column, value, row=3):
    table = table.copy()
    table[column] = table[column].astype(object)
    table.loc[row, column] = value
    return table


def test_types_are_canonical_and_nothing_is_lost(table, write_table):
    cohort = read_cohort(write_table(table))
    assert cohort.warnings == ()
    read = cohort.table
    for variable in VARIABLES:
        if variable.levels:
            assert tuple(read[variable.name].cat.categories) == variable.levels
            assert list(read[variable.name]) == list(table[variable.name])
        else:
            np.testing.assert_array_equal(read[variable.name], table[variable.name])
            assert read[variable.name].dtype == np.float64
    np.testing.assert_array_equal(read["dlcs"], table["dlcs"])
    assert read["good_response"].dtype == "boolean"
    assert list(read["good_response"]) == list(table["trg"] <= 1)
    assert list(read["os_event"]) == list(table["os_event"] == 1)
    assert list(read.index) == list(range(20))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_separator_and_encoding_are_found_out(table, write_table, separator, encoding):
    table["center"] = "浙江肿瘤医院"
    content = table.to_csv(index=False, sep=separator).encode(encoding)
    read = read_cohort(write_table(content)).table
    assert set(read["center"]) == {"浙江肿瘤医院"}
    np.testing.assert_array_equal(read["age_years"], table["age_years"])


def test_a_workbook_reads_as_the_text_table_does(table, write_table, tmp_path):
    table.loc[2, "albumin_g_l"] = np.nan
    table["os_event"] = table["os_event"] == 1
    table.to_excel(tmp_path / "table.xlsx", index=False)
    from_sheet = read_cohort(tmp_path / "table.xlsx")
    from_text = read_cohort(write_table(table))
    # A workbook keeps 16 digits.
    assert_frame_equal(from_sheet.table, from_text.table, rtol=1e-14)
    assert from_sheet.warnings == from_text.warnings


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("age_years", 5000, "column_outside_limits"),
        ("albumin_g_l", 4.1, "column_outside_limits_unit_slip"),
        ("albumin_g_l", "3,5", "column_not_numeric"),
        ("albumin_g_l", "NaN", "column_not_numeric"),
        ("albumin_g_l", "inf", "column_not_finite"),
        ("dlcs", "-inf", "column_not_finite"),
        ("enlarged_lymph_nodes", 2.5, "column_not_whole"),
        ("sex", "mal", "column_has_other_levels"),
        ("cohort", "test", "column_has_other_levels"),
        ("patient_id", "P000001", "patient_id_twice"),
        ("patient_id", None, "patient_id_missing"),
        ("os_months", -1, "survival_time_outside_limits"),
        ("os_months", 900, "survival_time_outside_limits"),
        ("os_event", 2, "event_not_0_1"),
        ("trg", 5, "trg_outside_scale"),
        ("trg", 1.5, "trg_outside_scale"),
    ],
)
def test_a_cell_that_breaks_a_rule_is_refused_where_used_and_emptied_elsewhere(
    table, write_table, column, value, code
):
    path = write_table(changed(table, column, value))
    with pytest.raises(ClinicalError, match=f"^{code}\\(") as refusal:
        read_cohort(path)
    assert "row 5" in sentence_of(refusal.value)
    cohort = read_cohort(path, used=())
    assert code in [warning.code for warning in cohort.warnings]
    if column != "patient_id":
        assert cohort.table[column].isna().sum() == 1


def test_a_refusal_repeats_no_text_cell(table, write_table):
    with pytest.raises(ClinicalError) as refusal:
        read_cohort(write_table(changed(table, "sex", "Secret Name")))
    assert "Secret" not in sentence_of(refusal.value)


def test_events_coded_1_2_are_refused_and_not_guessed(table, write_table):
    table["os_event"] += 1
    with pytest.raises(ClinicalError, match="column_coded_1_2"):
        read_cohort(write_table(table))


def test_true_and_false_are_0_and_1(table, write_table):
    expected = list(table["os_event"] == 1)
    table["os_event"] = np.where(expected, "TRUE", "False")
    assert list(read_cohort(write_table(table)).table["os_event"]) == expected


def test_missing_cells_stay_missing_and_are_counted(table, write_table):
    table.loc[[1, 4], "cea"] = np.nan
    table.loc[0, "trg"] = np.nan
    cohort = read_cohort(write_table(table))
    assert cohort.table["cea"].isna().sum() == 2
    assert cohort.table["good_response"].isna().sum() == 1
    counts = {w.values["column"]: w.values["count"] for w in cohort.warnings}
    assert counts == {"cea": 2, "trg": 1}


def test_response_that_contradicts_the_grade_is_refused(table, write_table):
    table["good_response"] = (table["trg"] > 1).astype(int)
    with pytest.raises(ClinicalError, match="good_response_contradicts_trg"):
        read_cohort(write_table(table))


def test_a_score_outside_0_1_is_a_warning(table, write_table):
    cohort = read_cohort(write_table(changed(table, "dlcs", 1.5)))
    assert [warning.code for warning in cohort.warnings] == ["score_outside_unit_interval"]
    assert cohort.table["dlcs"].max() == 1.5


def test_required_columns_are_named_when_absent(table, write_table):
    path = write_table(table.drop(columns=["os_months", "trg"]))
    with pytest.raises(ClinicalError, match="table_column_missing") as refusal:
        read_cohort(path, required=("good_response", "os_months", "age_years"))
    assert refusal.value.values["columns"] == "good_response, os_months"
    assert read_cohort(write_table(table), required=("good_response",)).table.shape[0] == 20


def test_columns_of_ones_own_keep_their_kind(table, write_table):
    table["risk"] = np.linspace(-3, 3, 20)
    table["stage group"] = "II"
    read = read_cohort(write_table(table)).table
    np.testing.assert_array_equal(read["risk"], table["risk"])
    assert set(read["stage group"]) == {"II"}


def test_numbers_are_read_to_the_last_digit(write_table):
    text = "score\n0.1\n0.30000000000000004\n1e-300\n"
    read = read_cohort(write_table(text.encode())).table["score"]
    assert list(read) == [0.1, 0.30000000000000004, 1e-300]


def test_a_hundred_thousand_patients_take_seconds(large_table, write_table):
    path = write_table(large_table)
    start = time.process_time()
    assert len(read_cohort(path).table) == 100_000
    assert time.process_time() - start < 10


def test_text_far_down_a_long_number_column_is_found(write_table):
    rows = "".join(f"P{i},{i % 90}.5,{i}\n" for i in range(200_000))
    path = write_table(f"patient_id,score,other\n{rows}P-last,high,low\n".encode())
    table = read_cohort(path).table
    # Every cell of a column with text is text: none is read as a number by chance of its place.
    assert set(map(type, table["score"])) == {str}
    assert table["score"].iloc[0] == "0.5"
    assert table["score"].iloc[-1] == "high"
