import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.statistics.calibration import (
    calibration_in_the_large,
    calibration_slope,
    grouped_calibration,
    hosmer_lemeshow,
)

OUTCOME = {"aSAH": "poor", "birthwt": "low"}
ITERATED = 1e-6


@pytest.mark.parametrize("dataset", OUTCOME)
def test_hosmer_lemeshow_equals_r_on_development_and_outside_data(dataset, oracle, tally):
    reference = oracle(dataset, "calibration")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("hl"):
        by_rank = ".rank." in name
        for external, suffix in ((False, "internal"), (True, "external")):
            risk = reference.data[entry["prob"]]
            found = hosmer_lemeshow(
                outcome, risk, groups=entry["g"], external=external, by_rank=by_rank
            )
            tally.compare(name, found.statistic, value["chi2"])
            tally.compare(name, found.df, value[f"df_{suffix}"])
            tally.compare(name, found.p, value[f"p_{suffix}"])
            tally.compare(name, found.n, value["n"])
            tally.compare(name, found.observed, value["observed"])
            tally.compare(name, found.expected, value["expected"])
    tally.all_agree()


@pytest.mark.parametrize("dataset", OUTCOME)
def test_intercept_and_slope_equal_glm(dataset, oracle, tally):
    reference = oracle(dataset, "calibration")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("recalibration."):
        risk = reference.data[entry["prob"]]
        large, slope = calibration_in_the_large(outcome, risk), calibration_slope(outcome, risk)
        tally.compare(name, large.estimate, value["citl"], ITERATED, atol=1e-10)
        tally.compare(name, large.se, value["citl_se"], ITERATED)
        tally.compare(name, large.ci95, value["citl_ci"], ITERATED)
        tally.compare(name, slope.estimate, value["slope"], ITERATED)
        tally.compare(name, slope.se, value["slope_se"], ITERATED)
        tally.compare(name, slope.ci95, value["slope_ci"], ITERATED)
    tally.all_agree()


def test_halved_log_odds_have_twice_the_slope(rng):
    logit = rng.normal(size=500)
    outcome = rng.random(500) < 1 / (1 + np.exp(-logit))
    slope = calibration_slope(outcome, 1 / (1 + np.exp(-logit))).estimate
    halved = calibration_slope(outcome, 1 / (1 + np.exp(-logit / 2))).estimate
    assert halved == pytest.approx(2 * slope)


def test_tied_quantiles_give_fewer_groups_and_lose_no_patient():
    risk = np.repeat([0.2, 0.5, 0.7], [30, 5, 5])
    found = hosmer_lemeshow(np.arange(40) % 2, risk)
    # The cuts are 0.2, 0.5 and 0.7; groups are closed on the right and hold their lowest value.
    assert found.n.tolist() == [35, 5]
    assert (found.df, found.p) == (0, None)


def test_a_group_that_cannot_hold_what_it_holds_has_no_statistic():
    found = hosmer_lemeshow([1, 0, 1, 0], [0.0, 0.0, 0.9, 0.9], groups=2)
    assert (found.statistic, found.p) == (None, None)


def test_a_constant_risk_has_no_degrees_of_freedom_left():
    assert hosmer_lemeshow([1, 0, 1, 0], [0.5] * 4).p is None


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=4, max_size=60))
def test_groups_hold_every_patient_once_and_in_order_of_risk(rows):
    outcome = np.array([True, False] + [row[0] for row in rows])
    risk = np.array([0.5, 0.5] + [row[1] for row in rows])
    found = grouped_calibration(outcome, risk)
    assert found.n.sum() == outcome.size
    assert (np.diff(found.predicted) >= 0).all()
    assert found.n @ found.predicted == pytest.approx(risk.sum())
    assert found.n @ found.observed == pytest.approx(outcome.sum())
    assert (found.ci95_low <= found.observed + 1e-12).all()
    assert (found.observed <= found.ci95_high + 1e-12).all()


def test_certain_risks_have_no_log_odds():
    with pytest.raises(CohortError) as refusal:
        calibration_slope([1, 0, 1], [1.0, 0.2, 0.4])
    assert refusal.value.code == "statistic_risk_certain"


def test_a_constant_risk_has_no_slope():
    with pytest.raises(ModelError) as refusal:
        calibration_slope([1, 0, 1], [0.4, 0.4, 0.4])
    assert refusal.value.code == "model_columns_dependent"


def test_fewer_than_two_groups_are_refused():
    with pytest.raises(CohortError) as refusal:
        hosmer_lemeshow([1, 0], [0.4, 0.6], groups=1)
    assert refusal.value.code == "statistic_too_few_groups"
