"""The survival report splits at the training cut and refuses what cannot be counted."""

import numpy as np
import pandas as pd
import pytest

from dlcs_core.clinical.cohort import Cohort
from dlcs_core.errors import ClinicalError, CohortError
from dlcs_core.report.survival import EVERYBODY, SurvivalRequest, survival_report, training_cutoff
from dlcs_core.statistics.group_tests import log_rank_test


@pytest.fixture
def table():
    rng = np.random.default_rng(2)
    risk = rng.normal(size=80)
    return pd.DataFrame(
        {
            "cohort": ["training"] * 60 + ["external_validation"] * 20,
            "os_linear_predictor": risk,
            "os_months": rng.exponential(30 * np.exp(-risk)).clip(0.5, 60),
            "os_event": pd.array(rng.random(80) < 0.7, dtype="boolean"),
        }
    )


def test_the_cut_is_the_training_median(table):
    expected = table["os_linear_predictor"][:60].median()
    assert training_cutoff(Cohort(table)) == expected


def test_groups_hold_everybody_once(table):
    report = survival_report(table, SurvivalRequest(cutoff=0.0))
    assert sum(group.curve.n for group in report.groups.values()) == report.n == 80
    assert report.groups["high"].curve.n == int((table["os_linear_predictor"] > 0).sum())


def test_the_test_is_that_of_the_statistics(table):
    groups = np.where(table["os_linear_predictor"] > 0, "high", "low")
    expected = log_rank_test(table["os_months"], table["os_event"].astype(bool), groups)
    assert survival_report(table, SurvivalRequest(cutoff=0.0)).log_rank == expected


def test_a_single_group_has_no_test(table):
    report = survival_report(table, SurvivalRequest(cutoff=1e9))
    assert list(report.groups) == ["low"]
    assert report.log_rank is None


def test_incomplete_rows_are_left_out(table):
    table.loc[:9, "os_months"] = np.nan
    assert survival_report(table, SurvivalRequest(cutoff=0.0)).n == 70


@pytest.mark.parametrize("column", ["os_months", "os_event"])
def test_a_missing_column_is_named(table, column):
    with pytest.raises(ClinicalError) as refusal:
        survival_report(table.drop(columns=column), SurvivalRequest(cutoff=0.0))
    assert refusal.value.values["columns"] == column


def test_without_the_default_risk_the_curve_of_everybody_remains(table):
    report = survival_report(table.drop(columns="os_linear_predictor"), SurvivalRequest(cutoff=0.0))
    assert list(report.groups) == [EVERYBODY]
    assert report.ranking is None
    assert "survival_risk_missing" in [notice.code for notice in report.warnings]


def test_nobody_with_follow_up_is_refused(table):
    table["os_months"] = np.nan
    with pytest.raises(CohortError) as refusal:
        survival_report(table, SurvivalRequest(cutoff=0.0))
    assert refusal.value.code == "survival_no_follow_up"


def test_no_training_risk_is_refused(table):
    with pytest.raises(CohortError) as refusal:
        training_cutoff(Cohort(table[60:]))
    assert refusal.value.code == "report_no_training_risk"
