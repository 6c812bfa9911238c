"""Distributions, missing cells and drift of a cohort."""

import numpy as np
import pandas as pd
import pytest

from dlcs_core.report.cohort_profile import (
    distribution,
    drift,
    missing_cells,
    profile_variables,
    training_rows,
)


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "patient_id": list("abcdef"),
            "cohort": ["training"] * 3 + ["external_validation"] * 3,
            "age_years": [50.0, 60.0, np.nan, 50.0, 60.0, 70.0],
            "sex": ["female", "male", "male", "male", None, "female"],
            "dlcs": 0.5,
        }
    )


def test_identifiers_outcomes_and_scores_are_no_profile_variables(table):
    assert profile_variables(table) == ("age_years", "sex")


def test_numbers_by_group_leave_missing_values_out(table):
    found = distribution(table, "age_years", "cohort").numbers
    assert found["training"].tolist() == [50.0, 60.0]


def test_shares_are_of_those_with_a_value(table):
    found = distribution(table, "sex", "cohort")
    assert found.levels == ("female", "male")
    assert found.shares["external_validation"].tolist() == [0.5, 0.5]


def test_without_groups_everybody_is_one(table):
    assert distribution(table, "age_years", None).numbers[""].size == 5


def test_missing_cells_are_counted_by_variable_and_together(table):
    found = missing_cells(table)
    assert found.missing == {"age_years": 1, "sex": 1}
    assert found.complete == 4


def test_a_cohort_does_not_drift_from_itself(table):
    found = drift(table, table)
    assert [one.variable for one in found] == ["age_years", "sex", "dlcs"]
    assert [one.found.psi for one in found] == [0.0, 0.0, 0.0]


def test_a_level_that_training_never_had_is_named(table):
    women = table[table["sex"] == "male"]
    (_, sex, _) = drift(women, table)
    assert sex.found.unseen == ("female",)


def test_a_variable_without_values_has_no_drift(table):
    (age, *_) = drift(table.assign(age_years=np.nan), table)
    assert age.found is None


def test_training_patients_are_found_where_there_are_any(table):
    assert len(training_rows(table)) == 3
    assert training_rows(table.drop(columns="cohort")) is None
