import numpy as np
import pandas as pd
import pytest

from dlcs_core.report.cohort_precision import cohort_precision, most_parameters
from dlcs_core.report.profile_document import profile_html
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.sample_size import development_sample_size, largest_cox_snell_r2


@pytest.fixture(scope="module")
def table():
    rng, n = np.random.default_rng(6), 300
    good = rng.random(n) < 0.4
    score = 1 / (1 + np.exp(-(good - 0.5 + rng.normal(0, 1, n))))
    return pd.DataFrame(
        {
            "age_years": rng.uniform(40, 80, n).round(),
            "sex": rng.choice(["female", "male"], n),
            "good_response": pd.array(good, dtype="boolean"),
            "dlcs": score,
            "os_months": rng.exponential(40, n),
            "os_event": (rng.random(n) < 0.5).astype(float),
        }
    )


def test_counts_and_widths_are_judged(table):
    found = {(one.code, one.score): one for one in cohort_precision(table)}
    good = int(table["good_response"].sum())
    assert found["good_responders", None].value == good
    assert found["good_responders", None].is_enough is (good >= 100)
    auc = found["auc", "dlcs"]
    assert auc.ci95 == auc_estimate(table["good_response"].astype(bool), table["dlcs"]).ci95
    assert auc.is_enough is (auc.ci95[1] - auc.ci95[0] <= 0.1)
    assert found["deaths", None].value == table["os_event"].sum()
    measured = table.assign(mask_area_mm2=np.linspace(0.1, 9.9, len(table)))
    assert {one.score for one in cohort_precision(measured)} == {None, "dlcs"}


def test_what_does_not_exist_is_left_out(table):
    one_class = table.assign(good_response=pd.array([True] * len(table), dtype="boolean"))
    codes = {one.code for one in cohort_precision(one_class)}
    assert "auc" not in codes
    assert "slope" not in codes
    assert cohort_precision(table[["age_years"]]) == ()
    assert all(np.isfinite(one.value) for one in cohort_precision(table.assign(os_event=0.0)))
    assert all(np.isfinite(one.value) for one in cohort_precision(table.head(1)))


def test_one_parameter_more_would_need_more_patients():
    n, events = 600, 240
    most = most_parameters(n, events)
    r2 = 0.15 * largest_cox_snell_r2(events / n)
    assert development_sample_size(most, events / n, r2).n <= n
    assert development_sample_size(most + 1, events / n, r2).n > n
    assert most_parameters(50, 0) is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_holds_every_part_and_no_row(table, language):
    named = table.assign(patient_id=[f"X-{i}" for i in range(len(table))])
    html = profile_html(named, "good_response", named, (), language)
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert html.count("<section") >= 5
    assert "X-7" not in html
    assert "explorer_" not in html
