import numpy as np
import pytest

from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.time_dependent_auc import time_dependent_auc


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_auc_at_each_horizon_and_its_integral_equal_r(dataset, oracle, tally):
    reference = oracle(dataset, "survival_metrics")
    data, value = reference.data, reference.entries["cd_auc"]["value"]
    found = time_dependent_auc(data["time"], data["status"], data["lp"], value["times"])
    tally.compare("formula", found.auc, value["left_limit"])
    tally.compare("riskRegression", found.auc, value["riskRegression_auc"])
    integrated = reference.entries["iauc"]["value"]["survival_weighted_left"]
    tally.compare("integrated", found.integrated, integrated)
    tally.compare("error", found.se, value["riskRegression_se"])
    tally.compare("low", found.ci95_low, value["riskRegression_low"])
    tally.compare("high", found.ci95_high, value["riskRegression_high"])
    tally.all_agree()


def test_without_censoring_it_is_the_auc_of_dead_against_alive(rng):
    time, risk = rng.exponential(size=80), rng.normal(size=80)
    found = time_dependent_auc(time, np.ones(80), risk, [0.7])
    assert found.auc[0] == pytest.approx(auc_estimate(time <= 0.7, risk).auc)
    assert found.n_cases[0] + found.n_controls[0] == 80


def test_a_horizon_without_cases_or_controls_has_no_auc():
    found = time_dependent_auc([2, 3, 4], [1, 1, 0], [3, 2, 1], [1, 2, 9])
    np.testing.assert_array_equal(np.isnan(found.auc), [True, False, True])
    assert found.integrated is None


def test_the_error_is_that_of_repeated_samples(rng):
    areas, errors = [], []
    for _ in range(200):
        risk = rng.normal(size=300)
        death, censoring = rng.exponential(np.exp(-risk)), rng.exponential(2.0, 300)
        found = time_dependent_auc(np.minimum(death, censoring), death <= censoring, risk, [0.5])
        areas.append(found.auc[0])
        errors.append(found.se[0])
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.15)


def test_months_before_the_first_death_weigh_nothing():
    follow_up = ([2, 3, 4, 9], [1, 1, 0, 0], [3, 2, 1, 0])
    assert time_dependent_auc(*follow_up, [1, 2, 3]).integrated == (
        time_dependent_auc(*follow_up, [2, 3]).integrated
    )
