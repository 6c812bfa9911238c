import time

import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.contingency import independence_test
from dlcs_core.statistics.table_one import table_one
from dlcs_core.statistics.table_one_types import (
    CategoricalColumn,
    ContinuousColumn,
    CountSummary,
    MeanSummary,
    MedianSummary,
)

NAN = float("nan")


def grouping(codes, names="ab"):
    return CategoricalColumn("arm", tuple(names), np.array(codes, dtype=np.intp))


def continuous(numbers, name="x"):
    return ContinuousColumn(name, np.array(numbers, dtype=float))


def categorical(codes, levels=("no", "yes"), name="c"):
    return CategoricalColumn(name, tuple(levels), np.array(codes, dtype=np.intp))


def codes_of(table):
    return [notice.code for notice in table.warnings]


def test_missing_cells_are_left_out_of_test_percentages_and_moments():
    by = grouping([0, 0, 0, 0, 1, 1, 1, 1])
    table = table_one(
        [continuous([1, 2, 3, NAN, 2, 3, 4, NAN]), categorical([0, 1, 1, -1, 0, 0, 1, 1])], by
    )
    x, no, _ = table.rows
    assert x.by_group == {"a": MeanSummary(2.0, 1.0), "b": MeanSummary(3.0, 1.0)}
    assert (x.missing, x.missing_by_group) == (2, {"a": 1, "b": 1})
    assert (x.comparison.test, x.comparison.df, x.smd) == ("student_t", 4, -1.0)
    assert no.by_group == {"a": CountSummary(1, 100 / 3), "b": CountSummary(2, 50.0)}
    assert (no.missing, no.missing_by_group) == (1, {"a": 1, "b": 0})


def test_every_level_has_a_row_with_the_test_of_its_variable(rng):
    codes, by = rng.integers(0, 3, 200), grouping(rng.integers(0, 2, 200))
    rows = table_one([categorical(codes, ("x", "y", "z"))], by).rows
    assert [row.level for row in rows] == ["x", "y", "z"]
    counts = [[row.by_group["a"].n, row.by_group["b"].n] for row in rows]
    assert {row.comparison for row in rows} == {independence_test(counts)}
    assert sum(row.by_group["a"].percent for row in rows) == pytest.approx(100.0)


def test_skewed_variables_show_median_and_quartiles(rng):
    numbers, by = rng.lognormal(size=400), grouping(np.arange(400) % 2)
    (row,) = table_one([continuous(numbers)], by).rows
    assert row.comparison.test == "mann_whitney"
    q1, median, q3 = np.quantile(numbers[::2], [0.25, 0.5, 0.75])
    assert row.by_group["a"] == MedianSummary(median, q1, q3)
    (row,) = table_one([continuous(numbers)], by, "student").rows
    assert row.by_group["a"] == MeanSummary(numbers[::2].mean(), numbers[::2].std(ddof=1))


def test_one_group_is_described_without_a_test_and_with_one_warning():
    table = table_one([continuous([1, 2, 3]), categorical([0, 1, 1])], grouping([0, 0, 0], "a"))
    assert [row.comparison for row in table.rows] == [None, None, None]
    assert [row.smd for row in table.rows] == [None, None, None]
    assert set(codes_of(table)) == {"table_one_single_group"}


@pytest.mark.parametrize("column", [continuous([2, 2, 2, 2]), categorical([1, 1, 1, 1])])
def test_a_constant_variable_has_no_test_and_says_so(column):
    table = table_one([column], grouping([0, 0, 1, 1]))
    assert {row.comparison for row in table.rows} == {None}
    assert codes_of(table) == ["table_one_variable_constant"]


@pytest.mark.parametrize("column", [continuous([NAN] * 4), categorical([-1] * 4, levels=())])
def test_a_variable_that_nobody_has_keeps_its_row(column):
    table = table_one([column], grouping([0, 0, 1, 1]))
    (row,) = table.rows
    assert (row.missing, row.comparison, row.smd, row.level) == (4, None, None, None)
    assert codes_of(table) == ["table_one_variable_missing"]


def test_groups_without_a_value_are_named_and_the_others_compared():
    by = grouping([0, 0, 0, 1, 1, 1, 2, 2, 2], "abc")
    numbers = [1, 2, 3, 2, 3, 5, NAN, NAN, NAN]
    table = table_one([continuous(numbers), categorical([0, 0, 1, 0, 1, 1, -1, -1, -1])], by)
    assert table.rows[0].comparison.test == "student_t"
    assert table.rows[0].by_group["c"] == MeanSummary(None, None)
    assert table.rows[1].by_group["c"] == CountSummary(0, None)
    assert codes_of(table) == ["table_one_groups_empty", "table_one_groups_empty"]


def test_a_group_of_one_patient_has_no_spread_and_no_difference():
    table = table_one([continuous([1, 2, 3, 4])], grouping([0, 0, 0, 1]), "student")
    (row,) = table.rows
    assert row.by_group["b"] == MeanSummary(4.0, None)
    assert row.comparison.test == "student_t"
    assert row.smd is None
    assert codes_of(table) == ["table_one_without_smd"]


def test_a_test_that_is_impossible_is_left_empty_with_its_reason():
    table = table_one([continuous([1, 1, 2, 2])], grouping([0, 0, 1, 1]), "student")
    assert table.rows[0].comparison is None
    assert codes_of(table) == ["table_one_without_test", "table_one_without_smd"]


def test_patients_without_a_group_are_counted_and_left_out():
    table = table_one([continuous([1, 2, 3, 99, 4])], grouping([0, 0, 1, -1, 1]), "student")
    assert table.groups == {"a": 2, "b": 2}
    assert table.rows[0].by_group["b"].mean == 3.5
    assert table.warnings[0].values == {"column": "arm", "count": 1}


def test_nobody_in_a_group_is_refused():
    with pytest.raises(CohortError) as refusal:
        table_one([continuous([1, 2])], grouping([-1, -1]))
    assert refusal.value.code == "table_one_without_groups"


def test_more_than_two_groups_get_tests_of_several_groups(rng):
    by = grouping(np.arange(300) % 3, "abc")
    skewed, codes = rng.exponential(size=300), rng.integers(0, 2, 300)
    table = table_one([continuous(skewed), categorical(codes)], by)
    assert table.rows[0].comparison.test == "kruskal_wallis"
    assert table.rows[1].comparison.df == 2
    assert all(row.smd >= 0.0 for row in table.rows)


def test_order_of_patients_is_irrelevant_and_inputs_stay_as_they_are(rng):
    numbers, codes = rng.normal(size=300), rng.integers(-1, 3, 300)
    by, order = rng.integers(-1, 2, 300), rng.permutation(300)
    kept = numbers.copy(), codes.copy(), by.copy()
    made = table_one([continuous(numbers), categorical(codes, "xyz")], grouping(by))
    moved = table_one(
        [continuous(numbers[order]), categorical(codes[order], "xyz")], grouping(by[order])
    )
    assert [row.comparison.p for row in made.rows] == pytest.approx(
        [row.comparison.p for row in moved.rows]
    )
    for array, before in zip((numbers, codes, by), kept, strict=True):
        np.testing.assert_array_equal(array, before)


def test_a_million_patients_take_seconds(rng):
    n = 1_000_000
    by = grouping(rng.integers(0, 2, n))
    columns = [continuous(rng.lognormal(size=n)), continuous(rng.normal(size=n).round(1))]
    columns.append(categorical(rng.integers(-1, 4, n), "wxyz"))
    started = time.process_time()
    table = table_one(columns, by)
    assert time.process_time() - started < 5.0
    tests = [row.comparison.test for row in table.rows[:3]]
    assert tests == ["mann_whitney", "student_t", "pearson_chi_square"]
