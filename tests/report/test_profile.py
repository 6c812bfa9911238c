"""The cohort profile counts each patient once per variable, or as missing."""

import pandas as pd
import pytest

from dlcs_core.report.profile import cohort_profile


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "good_response": pd.array([True, True, False, None], dtype="boolean"),
            "age_years": [50.0, 60.0, None, 70.0],
            "ct_stage": pd.Categorical(["T2", None, "T4", "T3"], ["T1", "T2", "T3", "T4"]),
        }
    )


def test_a_number_has_mean_and_spread_by_response(table):
    age = cohort_profile(table)[0]
    assert age.variable.name == "age_years"
    assert age.groups["good"].mean == 55
    assert age.groups["good"].sd == pytest.approx(7.0710678)
    assert age.groups["poor"].missing == 1


def test_levels_are_counted_in_order_and_missing_apart(table):
    stage = cohort_profile(table)[1]
    good = stage.groups["good"]
    assert dict(good.counts) == {"T1": 0, "T2": 1, "T3": 0, "T4": 0}
    assert good.missing == 1
    assert good.share("T2") == 1.0


def test_patients_without_outcome_are_in_neither_group(table):
    stage = cohort_profile(table)[1]
    assert sum(sum(group.counts.values()) for group in stage.groups.values()) == 2
