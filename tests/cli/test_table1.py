import csv
import json

import numpy as np
import pytest

from dlcs_core.cli.main import main
from dlcs_core.clinical.variables import VARIABLE_BY_NAME, VARIABLES
from dlcs_core.statistics.contingency import independence_test
from dlcs_core.statistics.two_sample import student_t_test

ROW_FIELDS = {
    "variable", "level", "by_group", "test", "statistic", "df", "p", "smd", "missing",
}  # fmt: skip
N = 240


@pytest.fixture
def columns(rng):
    """Patients of two cohorts; nothing depends on anything."""
    made = {"patient_id": [f"P-{i}" for i in range(N)], "trg": rng.integers(0, 4, N).tolist()}
    made["cohort"] = ["training", "external_validation", "training"] * (N // 3)
    for variable in VARIABLES:
        if variable.levels:
            made[variable.name] = rng.choice(variable.levels, N).tolist()
        else:
            low, high = variable.soft_limits or variable.hard_limits
            drawn = rng.normal((low + high) / 2, (high - low) / 12, N)
            made[variable.name] = np.round(drawn, 0 if variable.whole else 2).tolist()
    return made


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture
def write(tmp_path):
    def written(columns, name="table.csv", delimiter=",", encoding="utf-8"):
        path = tmp_path / name
        with path.open("w", newline="", encoding=encoding) as stream:
            writer = csv.writer(stream, delimiter=delimiter)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
        return path

    return written


@pytest.fixture
def table1(capfd):
    """Run the verb in this process; the object on stdout, or the refusal's line."""

    def run(path, *options):
        code = main(["table1", "--table", str(path), *options, "--json"])
        captured = capfd.readouterr()
        if code == 0:
            assert captured.err == ""
            return json.loads(captured.out, parse_constant=pytest.fail)
        assert (code, captured.out) == (2, "")
        assert captured.err.count("\n") == 1
        return captured.err

    return run


def codes_of(content):
    return [warning["code"] for warning in content["warnings"]]


def rows_of(content, variable):
    return [row for row in content["rows"] if row["variable"] == variable]


def test_object_is_that_of_the_contract(table1, write, columns):
    content = table1(write(columns), "--by", "good_response")
    assert content["schema"] == "dlcs.table1/1"
    assert content["research_use_only"] is True
    assert set(content["groups"]) == {"0", "1"}
    assert list(dict.fromkeys(row["variable"] for row in content["rows"])) == list(VARIABLE_BY_NAME)
    for row in content["rows"]:
        assert set(row) >= ROW_FIELDS
        assert list(row["by_group"]) == ["0", "1"]
        if row["level"] is None:
            kinds = [{"mean", "sd"}, {"median", "q1", "q3"}]
            assert all(set(summary) in kinds for summary in row["by_group"].values())
        else:
            assert all(set(summary) == {"n", "percent"} for summary in row["by_group"].values())


def test_levels_follow_the_variable_list_and_tests_the_rows(table1, write, columns):
    content = table1(write(columns), "--by", "good_response", "--test", "student")
    good = np.array(columns["trg"]) <= 1
    rows = rows_of(content, "differentiation")
    levels = VARIABLE_BY_NAME["differentiation"].levels
    assert [row["level"] for row in rows] == list(levels)
    cells = np.array(columns["differentiation"])
    counts = [[int(((cells == x) & (good == g)).sum()) for g in (False, True)] for x in levels]
    assert {row["p"] for row in rows} == {independence_test(counts).p}
    (age,) = rows_of(content, "age_years")
    ages = np.array(columns["age_years"])
    assert age["test"] == "student_t"
    assert age["p"] == pytest.approx(student_t_test(ages[~good], ages[good]).p, rel=1e-12)
    spread = np.sqrt((ages[~good].var(ddof=1) + ages[good].var(ddof=1)) / 2)
    expected = (ages[~good].mean() - ages[good].mean()) / spread
    assert age["smd"] == pytest.approx(expected, rel=1e-12)


def test_cohorts_get_a_table_each_with_the_same_rows(table1, write, columns):
    content = table1(write(columns), "--by", "good_response", "--cohort", "cohort")
    assert "rows" not in content
    assert list(content["cohorts"]) == ["training", "external_validation"]
    names = [
        [(row["variable"], row["level"]) for row in part["rows"]]
        for part in content["cohorts"].values()
    ]
    assert names[0] == names[1]
    assert sum(content["cohorts"]["training"]["groups"].values()) == 2 * N // 3


def test_options_choose_variables_and_kinds(table1, write, columns):
    columns["nodes"] = [str(i % 3) for i in range(N)]
    columns["weight"] = [f"{50 + i / 7:.1f}" for i in range(N)]
    path = write(columns)
    content = table1(
        path, "--by", "sex", "--variables", "weight,nodes", "--variables", "cea", "--categorical",
        "nodes",
    )  # fmt: skip
    assert list(dict.fromkeys(row["variable"] for row in content["rows"])) == [
        "weight", "nodes", "cea",
    ]  # fmt: skip
    assert [row["level"] for row in rows_of(content, "nodes")] == ["0", "1", "2"]
    assert list(content["rows"][0]["by_group"]) == ["female", "male"]
    content = table1(path, "--by", "sex", "--variables", "nodes")
    assert rows_of(content, "nodes")[0]["level"] is None


@pytest.mark.parametrize(
    ("choice", "test"),
    [("student", "student_t"), ("welch", "welch_t"), ("mann-whitney", "mann_whitney")],
)
def test_the_chosen_test_is_taken(table1, write, columns, choice, test):
    content = table1(write(columns), "--by", "sex", "--variables", "age_years", "--test", choice)
    assert content["rows"][0]["test"] == test


def test_groups_are_sorted_as_numbers_where_they_are_numbers(table1, write, columns):
    columns["ward"] = [str((i % 3) * 5 + 2) for i in range(N)]
    content = table1(write(columns), "--by", "ward", "--variables", "age_years,cea")
    assert list(content["groups"]) == ["2", "7", "12"]
    assert rows_of(content, "age_years")[0]["test"] in {"anova", "kruskal_wallis"}
    assert rows_of(content, "cea")[0]["df"] == 4


def test_group_keys_are_the_text_of_the_cells(table1, write, columns):
    columns |= {
        "ward": [("", "3")[i % 2] for i in range(N)],
        "smoker": ["True", "False"] * (N // 2),
    }
    columns["os_event"], columns["os_months"] = ["0", "1"] * (N // 2), [12.5] * N
    path = write(columns)
    groups = {
        by: list(table1(path, "--by", by, "--variables", "age_years")["groups"])
        for by in ("ward", "smoker", "os_event", "trg")
    }
    assert groups == {
        "ward": ["3"], "smoker": ["False", "True"], "os_event": ["0", "1"],
        "trg": ["0", "1", "2", "3"],
    }  # fmt: skip


def test_missing_cells_are_counted_and_left_out(table1, write, columns):
    columns["bmi_kg_m2"][:10] = [""] * 10
    columns["cea"][:4] = ["NA"] * 4
    columns["trg"][20] = ""
    content = table1(write(columns), "--by", "good_response", "--variables", "bmi_kg_m2,cea")
    assert rows_of(content, "bmi_kg_m2")[0]["missing"] == 10
    cea = rows_of(content, "cea")
    assert {row["missing"] for row in cea} == {4}
    assert sum(row["by_group"]["0"]["percent"] for row in cea) == pytest.approx(100.0)
    assert sum(summary["n"] for row in cea for summary in row["by_group"].values()) == N - 5
    assert "table_one_rows_without_group" in codes_of(content)


def test_nothing_to_compare_is_null_with_a_warning(table1, write, columns):
    columns["albumin_g_l"] = [40] * N
    columns["afp"] = [""] * N
    content = table1(write(columns), "--by", "sex", "--variables", "albumin_g_l,afp")
    assert {(row["test"], row["p"], row["smd"]) for row in content["rows"]} == {(None,) * 3}
    assert {"table_one_variable_constant", "table_one_variable_missing"} <= set(codes_of(content))
    columns["sex"] = ["male"] * N
    content = table1(write(columns), "--by", "sex")
    assert {row["p"] for row in content["rows"]} == {None}
    assert codes_of(content).count("table_one_single_group") == 1


def test_one_row_is_described(table1, write, columns):
    content = table1(write({name: cells[:1] for name, cells in columns.items()}), "--by", "sex")
    assert {row["p"] for row in content["rows"]} == {None}


def test_foreign_tables_in_gb18030_with_semicolons_are_described(table1, write, rng):
    columns = {
        "组别": ["甲", "乙"] * 30,
        "白蛋白": rng.normal(40, 4, 60).round(1),
        "性别": "男女女" * 20,
    }
    path = write(columns, delimiter=";", encoding="gb18030")
    content = table1(path, "--by", "组别")
    assert [(row["variable"], row["level"]) for row in content["rows"]] == [
        ("白蛋白", None), ("性别", "女"), ("性别", "男"),
    ]  # fmt: skip
    assert list(content["groups"]) == ["乙", "甲"]


def test_bad_cells_are_refused_where_used_and_reported_where_not(table1, write, columns):
    columns["bmi_kg_m2"][5] = 900
    path = write(columns)
    assert "bmi_kg_m2" in table1(path, "--by", "sex")
    content = table1(path, "--by", "sex", "--variables", "age_years")
    assert "column_outside_limits" in codes_of(content)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--by", "nothing"), "nothing"),
        (("--by", "sex", "--variables", "nothing"), "nothing"),
        (("--by", "patient_id"), "240 groups"),
        (("--by", "sex", "--variables", "sex"), "sex"),
        (("--by", "sex", "--cohort", "sex"), "sex"),
        (("--by", "sex", "--continuous", "cea"), "cea"),
        (("--by", "sex", "--continuous", "trg", "--categorical", "trg"), "trg"),
        (("--by", "sex", "--variables", "cea,,afp"), "empty name"),
        (("--by", "sex", "--test", "guess"), "guess"),
        ((), "--by"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(table1, write, columns, options, told):
    assert told in table1(write(columns), *options)


@pytest.mark.parametrize("word", ["NaN", "inf", "-Infinity"])
def test_numbers_that_are_none_are_refused_and_never_levels(table1, write, columns, word):
    columns["weight"] = [f"{50 + i % 30}" for i in range(N)]
    columns["weight"][3] = word
    told = table1(write(columns), "--by", "sex", "--variables", "weight")
    assert "weight has 1 cells" in told


def test_free_text_is_left_out_with_a_warning(table1, write, columns):
    columns["comment"] = [f"seen by {i}" for i in range(N)]
    content = table1(write(columns), "--by", "sex", "--variables", "comment,cea")
    assert rows_of(content, "comment") == []
    assert "table_one_too_many_levels" in codes_of(content)


def test_words_carry_the_same_table_and_the_research_use_line(write, columns, run_cli):
    path = write(columns)
    done = run_cli("table1", "--table", path, "--by", "sex", "--cohort", "cohort")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert lines[0] == "training"
    assert sum(line.startswith("age_years | ") for line in lines) == 2
    assert lines[-1].startswith("Research use only")
    chinese = run_cli("table1", "--table", path, "--by", "sex", DLCS_LANGUAGE="zh")
    assert "变量" in chinese.out.splitlines()[0]
