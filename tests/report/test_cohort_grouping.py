"""Groups for survival curves."""

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.report.cohort_grouping import (
    GROUP_COLUMN,
    Division,
    divided,
    median_risk,
    monthly_grid,
    predictions_of,
)


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "cohort": ["training"] * 6 + ["external_validation"] * 6,
            "risk": [*np.arange(11.0), np.nan],
            "os_months": np.arange(12.0) + 0.5,
            "os_event": pd.array([True, False] * 6, dtype="boolean"),
            "survival_12": 0.9,
            "S24m": 0.7,
            "survival_35": 1.7,
        }
    )


def test_high_risk_lies_above_the_cutoff_and_unknown_risk_in_no_group(table):
    groups = divided(table, Division("risk", "risk", 5.0))[GROUP_COLUMN]
    assert groups.value_counts().to_dict() == {"low": 6, "high": 5}
    assert groups.isna().sum() == 1
    assert GROUP_COLUMN not in table


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_quantiles_divide_equally(table, parts):
    sizes = divided(table, Division("quantile", "risk", parts=parts))[GROUP_COLUMN].value_counts()
    assert sorted(sizes.index) == [f"Q{part}" for part in range(1, parts + 1)]
    assert sizes.max() - sizes.min() <= 1


def test_tied_quantiles_give_fewer_groups(table):
    ties = table.assign(risk=[0.0] * 9 + [1.0, 2.0, 3.0])
    groups = divided(ties, Division("quantile", "risk", parts=4))[GROUP_COLUMN]
    assert sorted(groups.unique()) == ["Q1", "Q2"]


def test_a_constant_measurement_divides_nobody(table):
    with pytest.raises(CohortError) as refusal:
        divided(table.assign(risk=1.0), Division("quantile", "risk"))
    assert refusal.value.code == "grouping_constant"


def test_the_cutoff_is_the_training_median_where_there_is_training(table):
    assert median_risk(table, "risk") == (2.5, True)
    assert median_risk(table.drop(columns="cohort"), "risk") == (5.0, False)


def test_months_run_to_the_last_death(table):
    assert monthly_grid(table) == tuple(float(month) for month in range(1, 11))


def test_predicted_survival_is_found_by_its_month(table):
    assert predictions_of(table) == {12.0: "survival_12", 24.0: "S24m"}
