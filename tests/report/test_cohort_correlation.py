"""Correlations are those of scipy, pair by pair, and never a number that means nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from dlcs_core.errors import CohortError
from dlcs_core.report.cohort_correlation import correlations, related_columns

N = 80


@pytest.fixture
def table():
    rng = np.random.default_rng(8)
    score = rng.random(N)
    age = np.round(60 + 10 * score + rng.normal(0, 8, N))
    age[[3, 9, 40]] = np.nan
    stage = rng.choice(["T1", "T2", "T3", "T4"], N)
    marker = rng.choice(["negative", "positive", "unknown"], N)
    return pd.DataFrame(
        {"dlcs": score, "age_years": age, "ct_stage": stage, "cea": marker, "afp": "negative"}
    )


def test_each_pair_is_correlated_on_those_who_have_both(table):
    names = ("dlcs", "age_years", "ct_stage", "cea")
    found = correlations(table, names)
    numbers = {
        "dlcs": table["dlcs"],
        "age_years": table["age_years"],
        "ct_stage": table["ct_stage"].str[1].astype(float),
        "cea": table["cea"].map({"negative": 0.0, "positive": 1.0, "unknown": np.nan}),
    }
    for i, a in enumerate(names):
        for j, b in enumerate(names[:i]):
            both = numbers[a].notna() & numbers[b].notna()
            expected = spearmanr(numbers[a][both], numbers[b][both])
            assert found.n[i, j] == found.n[j, i] == both.sum()
            assert found.rho[i, j] == pytest.approx(expected.statistic, abs=1e-12)
            assert found.rho[j, i] == found.rho[i, j]
            assert found.p[i, j] == pytest.approx(expected.pvalue, rel=1e-9)


def test_a_constant_column_has_no_correlation(table):
    found = correlations(table, ("dlcs", "afp"))
    assert np.isnan(found.rho[1, 0])
    assert np.isnan(found.p[1, 0])


def test_too_few_pairs_have_no_correlation(table):
    table.loc[2:, "age_years"] = np.nan
    found = correlations(table, ("dlcs", "age_years"))
    assert found.n[1, 0] == 2
    assert np.isnan(found.rho[1, 0])


def test_scores_come_first_and_empty_columns_not_at_all(table):
    table["bmi_kg_m2"] = np.nan
    names = related_columns(table, ["dlcs"])
    assert names == ("dlcs", "age_years", "ct_stage", "cea", "afp")


def test_one_column_is_refused(table):
    with pytest.raises(CohortError) as refusal:
        correlations(table, ("dlcs",))
    assert refusal.value.code == "correlation_without_columns"
